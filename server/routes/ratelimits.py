"""How rate limits are told over HTTP: fields of an answer, and how the hour stands.

The fields are those of draft-ietf-httpapi-ratelimit-headers-11 (May 2026): ``RateLimit-Policy`` is
a list of policies, each a string with ``q``, "the quota allocated by this policy measured in quota
units", ``w``, its time window in seconds, and ``qu``, the unit where it is not ``"requests"``;
``RateLimit`` says of each what remains (``r``) and in how many seconds more will (``t``), which
"SHOULD reference the same point in time as the Retry-After field value".
"""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from billing.windows import Remaining
from server.domain.errors import AppError

Fields: TypeAlias = list[tuple[bytes, bytes]]


class RateView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Requests of the last ``windowSeconds``: ``remaining`` of ``limit`` may follow at once.
    ``resetsAt``: when the oldest of them leaves; now, where there are none."""

    limit: int
    remaining: int
    resets_at: datetime
    window_seconds: int | None


class RateFields:
    """What an answer says of the limits that its request was counted against: the newest word on
    each, in the order in which they were asked."""

    def __init__(self) -> None:
        self._stood: dict[str, Remaining] = {}

    def take(self, stood: Sequence[Remaining]) -> None:
        self._stood |= {limit.scope: limit for limit in stood}

    def __bool__(self) -> bool:
        """Whether the request was counted at all."""
        return bool(self._stood)

    def fields(self, now: datetime) -> Fields:
        """Of a request that no limit counts there are none."""
        if not self:
            return []
        policies = ", ".join(map(_policy, self._stood.values()))
        states = ", ".join(_state(limit, now) for limit in self._stood.values())
        return [(b"ratelimit-policy", policies.encode()), (b"ratelimit", states.encode())]


def refused_fields(error: AppError, now: datetime) -> Fields:
    """The same of a limit that is not counted as turns are, from the figures of its refusal."""
    figures = error.metadata
    scope, limit, left = figures.get("scope"), figures.get("limit"), figures.get("remaining")
    if not isinstance(scope, str) or not isinstance(limit, int) or not scope.isidentifier():
        return []
    policy, state = f'"{scope}";q={limit}', f'"{scope}";r={left if isinstance(left, int) else 0}'
    if isinstance(seconds := figures.get("windowSeconds"), int):
        policy += f";w={seconds}"
    resets = _moment(figures.get("resetsAt"))
    if resets is not None:
        state += f";t={_seconds_to(resets, now)}"
    elif error.retry_after is not None:
        state += f";t={math.ceil(error.retry_after)}"
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return moment if isinstance(moment, datetime) and moment.tzinfo else None


def _policy(limit: Remaining) -> str:
    if limit.seconds is None:
        return f'"{limit.scope}";q={limit.limit};qu="concurrent-requests"'
    return f'"{limit.scope}";q={limit.limit};w={limit.seconds}'


def _state(limit: Remaining, now: datetime) -> str:
    state = f'"{limit.scope}";r={limit.remaining}'
    if limit.seconds is None:
        return state  # nobody knows when a turn will end
    return f"{state};t={_seconds_to(limit.resets_at, now)}"


def _seconds_to(moment: datetime, now: datetime) -> int:
    return max(0, math.ceil((moment - now).total_seconds()))


def rate_view(stood: Remaining | None) -> RateView | None:
    """None where Redis, which counts, does not answer."""
    if stood is None:
        return None
    return RateView(
        limit=stood.limit,
        remaining=stood.remaining,
        resets_at=stood.resets_at,
        window_seconds=stood.seconds,
    )
