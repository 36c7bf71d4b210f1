"""Rate limits and running-turn slots: all of them in one round trip, all or nothing.

The script takes several keys (user, workspace, address, slots), so all of them must live on one
node: a single server, a primary with replicas, or a cluster that keeps ``rate:`` and ``slots:``
keys together by a hash tag.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from billing.locallimit import LocalLimiter
from billing.windows import (
    SLOTS_SCOPE,
    Remaining,
    Slots,
    Told,
    Window,
    fresh_only,
    moment,
    refusal,
    untold,
)
from server.domain.clock import Clock, utc_now
from server.domain.errors import ServiceUnavailable
from server.domain.ids import UserId
from server.persistence.redis import rate_key, slots_key
from server.telemetry.logs import fields

__all__ = ["SLOTS_SCOPE", "Limiter", "Remaining", "Slots", "Window"]

_FOLDER = Path(__file__).parent
_ADMIT = (_FOLDER / "ratelimit.lua").read_text(encoding="utf-8")
_PEEK = (_FOLDER / "peek.lua").read_text(encoding="utf-8")

FREE_AFTER_S = 0.01
"""How long the slot of an ended turn waits for others to be freed together with it. Its user's next
turn in this process, if it comes sooner, takes it along."""

_log = logging.getLogger(__name__)


class Limiter:
    """Counts requests and running turns in Redis.

    With ``fail_open`` an outage of Redis leaves a limiter of this process in charge, which admits
    the limit ÷ ``processes()``; else everything is refused while it lasts.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        fail_open: bool = False,
        processes: Callable[[], int] = lambda: 1,
        clock: Clock = utc_now,
    ) -> None:
        self._redis = redis
        self._fail_open = fail_open
        self._processes = processes
        self._clock = clock
        self._local = LocalLimiter()
        self._is_local = False
        self._freed = defaultdict[UserId, set[str]](set)
        self._admit = redis.register_script(_ADMIT)
        self._peek = redis.register_script(_PEEK)

    async def admit(
        self,
        *,
        member: str,
        windows: Sequence[Window],
        slots: Slots | None = None,
        told: Told = untold,
    ) -> list[Remaining]:
        """Count ``member`` (unique per request) in every window and give it a slot, or neither.

        A member that is there already is admitted and not counted again. Answers how each window
        stands, in their order, then the slots (scope ``turns``) where they were asked for; ``told``
        hears the same, also where one of them refuses.

        Raises:
            RateLimited: a window is full; ``retry_after`` and ``metadata`` say until when.
            TooManyTurns: all slots are taken.
            ServiceUnavailable: Redis does not answer, and ``fail_open`` is off.
        """
        if not windows and slots is None:
            return []
        freed = self._freed.pop(slots.user_id, set()) if slots is not None else set[str]()
        try:
            arguments = _arguments(member, windows, slots)
            answer = await self._ask(_keys(windows, slots), [*arguments, *freed])
        except (RedisError, OSError) as error:
            if slots is not None and freed:
                self._freed[slots.user_id] |= freed
            return self._admit_locally(error, member, windows, slots, told)
        if self._is_local:
            self._is_local = False
            self._local.clear()
        return _read(answer, windows, slots, told)

    async def peek(self, windows: Sequence[Window]) -> list[Remaining] | None:
        """How windows stand, in their order; nothing is counted. None: Redis does not answer."""
        arguments = [
            figure for window in windows for figure in (window.limit, _millis(window.seconds))
        ]
        try:
            figures = await self._peek(keys=_keys(windows, None), args=arguments)
        except (RedisError, OSError):
            return None
        return [
            Remaining(
                scope=window.scope,
                limit=window.limit,
                remaining=figures[2 * place],
                resets_at=moment(figures[2 * place + 1]),
                fresh=False,
                seconds=window.seconds,
            )
            for place, window in enumerate(windows)
        ]

    async def _ask(self, keys: list[str], arguments: list[str | int]) -> list[Any]:
        """Asks again over a new connection when the old one was closed under us: the script
        counts a member once, however often it runs."""
        try:
            answer: list[Any] = await self._admit(keys=keys, args=arguments)
        except RedisConnectionError:
            answer = await self._admit(keys=keys, args=arguments)
        return answer

    def _admit_locally(
        self,
        error: Exception,
        member: str,
        windows: Sequence[Window],
        slots: Slots | None,
        told: Told,
    ) -> list[Remaining]:
        if not self._fail_open:
            raise ServiceUnavailable(
                "Requests cannot be counted at the moment.", retry_after=2
            ) from error
        if not self._is_local:
            self._is_local = True
            _log.warning("limits.counted_here", extra=fields(error=repr(error)))
        return self._local.admit(
            self._clock(),
            member=member,
            windows=windows,
            slots=slots,
            processes=max(1, self._processes()),
            told=told,
        )

    async def withdraw(
        self,
        member: str,
        windows: Sequence[Window],
        slots: Slots | None = None,
        *,
        taken: Sequence[Remaining] | None = None,
    ) -> None:
        """Give back what a request took that was refused later on.

        ``taken``, the answer of ``admit``, keeps a repeated request from giving back what the
        first one took. An outage of Redis is no error: entries leave by themselves.
        """
        windows, slots = fresh_only(windows, slots, taken)
        self._local.withdraw(member, windows, slots)
        keys = _keys(windows, slots)
        if not keys:
            return
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    _ = pipe.zrem(key, member)
                await pipe.execute()
        except (RedisError, OSError) as error:
            _log.warning("limits.not_withdrawn", extra=fields(error=repr(error)))

    async def free_slot(self, user_id: UserId, member: str) -> None:
        """The turn has ended. An outage of Redis is no error: the lease ends by itself."""
        self._local.free_slot(str(user_id), member)
        self._freed[user_id].add(member)
        await asyncio.sleep(FREE_AFTER_S)
        if not self._freed:
            return  # by somebody else's call, or the user's next turn
        freed, self._freed = self._freed, defaultdict(set)
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for user, members in freed.items():
                    _ = pipe.zrem(slots_key(user), *members)
                await pipe.execute()
        except (RedisError, OSError) as error:
            _log.warning("limits.slots_not_freed", extra=fields(error=repr(error)))


def _keys(windows: Sequence[Window], slots: Slots | None) -> list[str]:
    keys = [rate_key(window.scope, window.name) for window in windows]
    return [*keys, slots_key(slots.user_id)] if slots is not None else keys


def _arguments(member: str, windows: Sequence[Window], slots: Slots | None) -> list[str | int]:
    arguments: list[str | int] = [member, len(windows)]
    for window in windows:
        arguments += [window.limit, _millis(window.seconds)]
    if slots is not None:
        arguments += [slots.limit, _millis(slots.lease_s)]
    return arguments


def _millis(seconds: float) -> int:
    return round(seconds * 1_000)


def _read(
    answer: list[Any], windows: Sequence[Window], slots: Slots | None, told: Told
) -> list[Remaining]:
    refused, now, *figures = answer
    limits: list[tuple[str, int, int | None]] = [
        (window.scope, window.limit, window.seconds) for window in windows
    ]
    if slots is not None:
        limits.append((SLOTS_SCOPE, slots.limit, None))
    stood = [
        Remaining(
            scope=scope,
            limit=limit,
            remaining=figures[3 * place],
            resets_at=moment(figures[3 * place + 1]),
            fresh=not figures[3 * place + 2],
            seconds=seconds,
        )
        for place, (scope, limit, seconds) in enumerate(limits)
    ]
    told(stood)
    if refused:
        raise refusal(stood[refused - 1], moment(now))
    return stood
