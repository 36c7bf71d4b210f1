"""The sessions of this process: how many a user or an address may hold, who ends them, and when."""

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol
from uuid import UUID

import anyio
from msgspec import Struct

from server.domain.clock import Clock, utc_now
from server.domain.errors import Draining, TooManySessions, Unauthenticated
from server.protocol.events import ServerDraining, ServerEvent
from server.sockets.access import IDLE_S
from server.sockets.rounds import Rounds

RETRY_S = 5.0
"""When somebody turned away for too many sessions may try again: a closed page is noticed by its
next missed ping, or sooner."""

BATCH = 50
"""Sessions closed at once while draining: each reconnects elsewhere, and not all in one moment."""

ENDED_MAX = 256
"""Credentials that ended last, and users who did or who changed: one of somebody who has been let
in and has not joined yet is found among them, for that takes milliseconds."""

NOT_ALLOWED = "You may not be here any more."


class Member(Protocol):
    """A session, as far as the hub deals with it. None of its methods waits."""

    @property
    def user_id(self) -> UUID: ...
    @property
    def credential_id(self) -> UUID: ...
    @property
    def sponsor_id(self) -> UUID | None:
        """The owner of the credential, where that is not the user."""

    @property
    def expires_at(self) -> datetime | None:
        """When the credential ends by itself."""

    @property
    def address(self) -> str: ...
    @property
    def is_idle(self) -> bool:
        """It follows no running turn."""

    def tell(self, event: ServerEvent) -> None: ...
    def end(self, code: int, reason: str) -> None: ...
    def look_after(self) -> None:
        """Called once in ``access.IDLE_S``."""

    def doubt(self) -> None:
        """Called when its user may do other things than before."""


class HubLimits(Struct, frozen=True, kw_only=True):
    """Sessions at once, in this process. Figures: the specification's table of limits."""

    sessions_per_user: int = 16
    sessions_per_address: int = 1_000


class Hub:
    """One a process. ``counted`` is told the number of sessions whenever it changes; ``watch`` is
    told whose session has come, and answers what to call when it has gone; of a session with a
    sponsor, also theirs."""

    def __init__(
        self,
        limits: HubLimits,
        *,
        counted: Callable[[float], None] = lambda _: None,
        watch: Callable[[UUID], Callable[[], None]] = lambda _: lambda: None,
        clock: Clock = utc_now,
    ) -> None:
        self._limits = limits
        self._counted = counted
        self._watch = watch
        self._clock = clock
        self._members: set[Member] = set()
        self._by_user: dict[UUID, set[Member]] = defaultdict(set)
        self._by_sponsor: dict[UUID, set[Member]] = defaultdict(set)
        self._by_address: dict[str, int] = defaultdict(int)
        self._ended: deque[UUID] = deque(maxlen=ENDED_MAX)
        self._changed: deque[UUID] = deque(maxlen=ENDED_MAX)
        self._emptied = anyio.Event()
        self._rounds = Rounds[Member](IDLE_S, self._look_after)
        self.is_draining = False

    def __len__(self) -> int:
        return len(self._members)

    @contextmanager
    def joined(self, member: Member) -> Iterator[None]:
        """Count ``member`` in for as long as the block lasts.

        Raises:
            Draining: this process opens no sessions any more.
            Unauthenticated: the credential has ended since it was checked.
            TooManySessions: of this user, or from this address.
        """
        self._check(member)
        user, sponsor, address = member.user_id, member.sponsor_id, member.address
        people = (user,) if sponsor is None else (user, sponsor)
        if not self._members:
            self._emptied = anyio.Event()
        self._members.add(member)
        self._by_user[user].add(member)
        if sponsor is not None:
            self._by_sponsor[sponsor].add(member)
        self._by_address[address] += 1
        self._rounds.enter(member)
        self._counted(len(self._members))
        unwatch = [self._watch(one) for one in people]
        self._watch_expiry(member)
        if any(one in self._changed for one in people):
            member.doubt()
        try:
            yield
        finally:
            for stop in unwatch:
                stop()
            self._rounds.leave(member)
            self._members.discard(member)
            _leave(self._by_user, user, member)
            if sponsor is not None:
                _leave(self._by_sponsor, sponsor, member)
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
            if not self._members:
                self._emptied.set()
            self._counted(len(self._members))

    def _check(self, member: Member) -> None:
        if self.is_draining:
            raise Draining("The server is restarting; try again.", retry_after=1)
        if member.credential_id in self._ended:
            raise Unauthenticated("You are not signed in any more.")
        for scope, held, limit in (
            ("user", len(self._by_user.get(member.user_id, ())), self._limits.sessions_per_user),
            (
                "address",
                self._by_address.get(member.address, 0),
                self._limits.sessions_per_address,
            ),
        ):
            if held >= limit:
                raise TooManySessions(
                    f"There may be {limit} sessions of one {scope}.",
                    retry_after=RETRY_S,
                    metadata={"scope": scope, "limit": limit, "remaining": 0},
                )

    def of_user(self, user: UUID) -> tuple[Member, ...]:
        return tuple(self._by_user.get(user, ()))

    def tell_user(self, user: UUID, event: ServerEvent) -> None:
        """Send ``event`` to every session of ``user`` in this process."""
        for member in self.of_user(user):
            member.tell(event)

    def end_credential(self, credential: UUID) -> None:
        """Close what was opened with a cookie session or key that has just been revoked, also what
        is just being opened."""
        self._ended.append(credential)
        for member in tuple(self._members):
            if member.credential_id == credential:
                member.end(4401, "signed out")

    def end_user(self, user: UUID) -> None:
        """Close all sessions of a user who was suspended or deleted, also those that their service
        keys opened."""
        self._changed.append(user)
        for member in self._concerned(user):
            member.end(4403, NOT_ALLOWED)

    def doubt_user(self, user: UUID) -> None:
        """Let all sessions of a user who has changed ask what they may do now."""
        self._changed.append(user)
        for member in self._concerned(user):
            member.doubt()

    def _concerned(self, user: UUID) -> tuple[Member, ...]:
        return *self._by_user.get(user, ()), *self._by_sponsor.get(user, ())

    def _look_after(self, member: Member) -> None:
        member.look_after()
        self._watch_expiry(member)

    def _watch_expiry(self, member: Member) -> None:
        """Close it when its credential expires. Only what expires before the next look is waited
        for: most never does, and a timer a session would be kept for nothing."""
        ends = member.expires_at
        if ends is not None and (left := (ends - self._clock()).total_seconds()) <= IDLE_S:
            asyncio.get_running_loop().call_later(max(0.0, left), self._expire, member)

    def _expire(self, member: Member) -> None:
        if member in self._members:
            member.end(4401, "the sign-in has expired")

    def start_draining(self, grace_s: float) -> None:
        """Open nothing more, and tell everybody that the server stops within ``grace_s``."""
        self.is_draining = True
        for member in tuple(self._members):
            member.tell(ServerDraining(grace_seconds=round(grace_s)))

    async def close_all(self, *, only_idle: bool = False, within_s: float = 1.0) -> None:
        """Close sessions with 1012, in batches spread at random over ``within_s``.

        ``only_idle`` spares those that still follow a running turn.
        """
        closing = [m for m in self._members if m.is_idle or not only_idle]
        random.shuffle(closing)
        batches = [closing[i : i + BATCH] for i in range(0, len(closing), BATCH)]
        for number, batch in enumerate(batches):
            if number:
                await anyio.sleep(random.uniform(0, 2 * within_s / len(batches)))  # noqa: S311
            for member in batch:
                if member in self._members:
                    member.end(1012, "the server restarts")

    async def empty(self, within_s: float) -> bool:
        """Wait until every session has gone; False: some are left after ``within_s``."""
        if self._members:
            with anyio.move_on_after(within_s):
                await self._emptied.wait()
        return not self._members


def _leave(groups: dict[UUID, set[Member]], one: UUID, member: Member) -> None:
    groups[one].discard(member)
    if not groups[one]:
        del groups[one]
