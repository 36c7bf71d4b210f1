"""What a rate limit is asked and answers: windows, slots of running turns, what remains."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from msgspec import Struct, structs

from billing.quotas import moment_text
from server.domain.errors import RateLimited, TooManyTurns
from server.domain.ids import UserId

SLOTS_SCOPE = "turns"


class Window(Struct, frozen=True, kw_only=True, gc=False):
    """At most ``limit`` requests in any ``seconds`` for ``name`` (an id or address) of ``scope``
    (``user``, ``workspace``, ``address``, ``test``)."""

    scope: str
    name: str
    limit: int
    seconds: int


class Slots(Struct, frozen=True, kw_only=True, gc=False):
    """At most ``limit`` turns of a user at once. A slot that nobody has given back is free again
    after ``lease_s``, longer than any turn: nothing leaks one."""

    user_id: UserId
    limit: int
    lease_s: float


class Remaining(Struct, frozen=True, kw_only=True, gc=False):
    """How one limit stands after the request. ``resets_at``: when its oldest entry leaves, or where
    nothing is left, the one whose end makes room. ``seconds``: the length of a window; None: slots.

    ``fresh`` False: the member was counted before, so giving it back would take it from whoever
    came first.
    """

    scope: str
    limit: int
    remaining: int
    resets_at: datetime
    fresh: bool
    seconds: int | None


Told: TypeAlias = Callable[[Sequence[Remaining]], None]
"""Hears how limits stand each time that a request has asked them, also where one refused it."""


def untold(stood: Sequence[Remaining]) -> None:
    """Nobody wants to hear."""


def given_back(taken: Sequence[Remaining]) -> list[Remaining]:
    """How limits stand when what a request took of them has been withdrawn."""
    return [
        structs.replace(stood, remaining=stood.remaining + 1) if stood.fresh else stood
        for stood in taken
    ]


def refusal(stood: Remaining, now: datetime) -> RateLimited | TooManyTurns:
    """The error for the limit that was reached, with its figures."""
    wait = max(0.001, (stood.resets_at - now).total_seconds())
    figures = {
        "limit": stood.limit,
        "remaining": 0,
        "resetsAt": moment_text(stood.resets_at),
        "scope": stood.scope,
    }
    if stood.seconds is not None:
        figures["windowSeconds"] = stood.seconds
    if stood.scope == SLOTS_SCOPE:
        # The end of a lease says nothing about the end of a turn: ask again soon.
        return TooManyTurns(
            "Too many turns of this user run already.", retry_after=1.0, metadata=figures
        )
    return RateLimited("Too many requests.", retry_after=round(wait + 0.0005, 3), metadata=figures)


def moment(micros: float) -> datetime:
    """Microseconds of Unix time as a moment in UTC."""
    return datetime.fromtimestamp(micros / 1e6, UTC)


def fresh_only(
    windows: Sequence[Window], slots: Slots | None, taken: Sequence[Remaining] | None
) -> tuple[list[Window], Slots | None]:
    """What of a request may be given back: all of it, or where ``taken`` is known, the fresh."""
    if taken is None:
        return list(windows), slots
    kept = [w for w, stood in zip(windows, taken, strict=False) if stood.fresh]
    return kept, slots if slots is not None and taken[len(windows)].fresh else None
