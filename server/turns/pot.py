"""What is held for one running turn, whoever of its agents uses it.

An ordinary turn has one purse, and that holds all of the pot. Where several agents work, each has
its own: what one does not need the others may draw, before anything more is held.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from server.domain.errors import AppError, QuotaExceeded
from server.domain.money import MicroCredits, credits_text

Extend = Callable[[int, MicroCredits, MicroCredits], Awaitable[MicroCredits]]
"""Holds step number so-and-so, of so many credits or of what is there of them, but not of fewer
than so many; answers how many, raises why none. Asked again for the same step, it holds it once."""


class Pot:
    """``held`` credits are set aside. ``shares``: a first step of each call that is planned, in the
    order in which they are expected to begin; each is kept for one that has not begun yet."""

    def __init__(self, extend: Extend, shares: Sequence[MicroCredits]) -> None:
        self.held = MicroCredits(sum(shares))
        self._free: int = self.held
        self._shares = deque(shares)
        self._extend = extend
        self._steps = 1
        self._asking = asyncio.Lock()

    @property
    def drawn(self) -> int:
        """Micro-credits that are somebody's."""
        return self.held - self._free

    @property
    def kept(self) -> int:
        """Micro-credits that wait for those that have not begun."""
        return sum(self._shares)

    def admit(self) -> None:
        """One more has begun: its share is there for it."""
        if self._shares:
            self._shares.popleft()

    def draw(self, wanted: int) -> int:
        """Up to ``wanted`` micro-credits of what nobody has and is kept for nobody."""
        drawn = max(min(wanted, self._free - self.kept), 0)
        self._free -= drawn
        return drawn

    def give_back(self, credits: int) -> None:
        self._free += credits

    async def grow(self, wanted: int, least: int) -> int:
        """Draw ``wanted``, holding more where there is too little; never fewer than ``least``.

        One question at a time: the next may be answered by what another agent gave back.

        Raises:
            AppError: what ``extend`` raises.
        """
        async with self._asking:
            drawn = self.draw(wanted)
            if drawn >= least:
                return drawn
            try:
                held = await self._extend(
                    self._steps + 1, MicroCredits(wanted - drawn), MicroCredits(least - drawn)
                )
            except BaseException:
                self.give_back(drawn)
                raise
            self._steps += 1
            self.held = MicroCredits(self.held + held)
            return drawn + held


class Purse:
    """What one agent has of the pot: ``held`` credits, at most ``cap``; None: no cap."""

    def __init__(self, pot: Pot, cap: MicroCredits | None = None) -> None:
        self.held = MicroCredits(0)
        self._pot = pot
        self._cap = cap
        self._has_begun = False
        self._keeps: int | None = None

    @property
    def room(self) -> float:
        """Micro-credits that it may still draw."""
        return math.inf if self._cap is None else self._cap - self.held

    def is_full(self) -> AppError:
        """Why its agent goes no further, though others may."""
        most = credits_text(self._cap or 0)
        return QuotaExceeded(f"One of several agents may take {most} credits in one turn.")

    def fill(self, wanted: int) -> None:
        """Before a call: what is there of so many more, its share included before the first."""
        self._begin()
        self._add(self._pot.draw(self._within(wanted)))

    async def grow(self, wanted: int, least: int) -> None:
        """Have ``wanted`` more, or what can be held of them and there is room for; never fewer
        than ``least``.

        Raises:
            AppError: what the pot's ``extend`` raises.
        """
        self._add(await self._pot.grow(self._within(wanted), least))

    def close(self, keeps: int) -> None:
        """Its agent is done, and owes so many: what is beyond goes back, also what arrives now. So
        does the share of one that never began a call."""
        self._begin()
        self._keeps = keeps
        spare = max(self.held - keeps, 0)
        self.held = MicroCredits(self.held - spare)
        self._pot.give_back(spare)

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._pot.admit()

    def _within(self, wanted: int) -> int:
        return wanted if self._cap is None else min(wanted, max(self._cap - self.held, 0))

    def _add(self, credits: int) -> None:
        self.held = MicroCredits(self.held + credits)
        if self._keeps is not None:
            self.close(self._keeps)
