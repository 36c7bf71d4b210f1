"""Looks after everybody once in a while, a few at a time: one timer for all of a process."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

STEPS = 61
"""Of one round. Each has its share, so that thousands are not looked after in one moment. A prime:
shares go by addresses, which have common divisors."""


class Rounds(Generic[T]):
    """Calls ``look_after``, which must not wait, with each member once in ``period_s``, the first
    time within it. Idle while nobody is there."""

    def __init__(self, period_s: float, look_after: Callable[[T], None]) -> None:
        self._step_s = period_s / STEPS
        self._look_after = look_after
        self._shares: list[set[T]] = [set() for _ in range(STEPS)]
        self._at = 0
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, member: T) -> None:
        self._shares[hash(member) % STEPS].add(member)
        if self._timer is None:
            self._wait()

    def leave(self, member: T) -> None:
        """Nothing happens if it is not there."""
        self._shares[hash(member) % STEPS].discard(member)

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._step_s, self._step)

    def _step(self) -> None:
        self._timer = None
        if any(self._shares):
            self._wait()  # first of all: nobody's trouble may end the rounds
        self._at = (self._at + 1) % STEPS
        for member in tuple(self._shares[self._at]):
            self._look_after(member)
