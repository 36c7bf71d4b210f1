"""Costs of the last day in bounded memory: what a live feed is drawn from. Pure.

Three tiers of buckets (seconds of ten minutes, ten seconds of an hour, minutes of a day) hold
nano-dollars and calls per creator, feature, agent, model and provider together, so that any filter
and any grouping can be answered. A bucket that has seen too many combinations puts further ones
under ``OTHER``: sums stay exact, names are lost first.
"""

import heapq
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct

from server.domain.ids import CallId
from server.domain.money import NanoUsd


class Key(NamedTuple):
    """What a call is grouped and filtered by."""

    creator: UUID
    feature: str
    agent: str
    model: str
    provider: str


OTHER = Key(UUID(int=0), "other", "other", "other", "other")

BUCKET_KEYS_MAX = 256
"""Combinations in one bucket. 2 400 buckets of them are 370 MB at the very worst, if no two have
one in common, and 80 if all have the same."""

PERIOD_KEYS_MAX = 50_000
"""Combinations in a day or month: some 10 MB."""

DEAREST_MAX = 10
"""Calls remembered of each minute, and shown of the window."""


class Cost(Struct, frozen=True, kw_only=True, gc=False):
    """One call as the live feed sees it."""

    call_id: CallId
    key: Key
    cost_usd: NanoUsd
    failed: bool
    at: datetime


class Cell:
    """Nano-dollars, calls, failed calls."""

    __slots__ = ("calls", "failed", "usd")

    def __init__(self, usd: int = 0, calls: int = 0, failed: int = 0) -> None:
        self.usd, self.calls, self.failed = usd, calls, failed

    def add(self, usd: int, calls: int, failed: int) -> None:
        self.usd += usd
        self.calls += calls
        self.failed += failed


class Tier:
    """The last ``count`` buckets of ``step`` seconds each, and their sums."""

    def __init__(self, step: int, count: int) -> None:
        self.step, self.count = step, count
        self.buckets: dict[int, dict[Key, Cell]] = {}
        self.sums: dict[Key, Cell] = {}

    def add(self, second: int, now: int, key: Key, usd: int, calls: int, failed: int) -> None:
        """Count at ``second`` (Unix time), unless that has left the tier already."""
        bucket = second - second % self.step
        if bucket <= now - self.step * self.count:
            return
        cells = self.buckets.setdefault(bucket, {})
        if key not in cells and len(cells) >= BUCKET_KEYS_MAX:
            key = OTHER
        cells.setdefault(key, Cell()).add(usd, calls, failed)
        self.sums.setdefault(key, Cell()).add(usd, calls, failed)

    def expire(self, now: int) -> None:
        """Forget the buckets that have left."""
        for bucket in [b for b in self.buckets if b <= now - self.step * self.count]:
            for key, cell in self.buckets.pop(bucket).items():
                total = self.sums[key]
                total.add(-cell.usd, -cell.calls, -cell.failed)
                if not total.calls:
                    del self.sums[key]

    def between(self, start: int, end: int) -> Iterator[tuple[int, Key, Cell]]:
        """Cells of the buckets that begin in ``[start, end)``, in the order of time."""
        first = start - start % self.step
        if (end - first) // self.step > len(self.buckets):
            found = sorted(bucket for bucket in self.buckets if first <= bucket < end)
        else:
            found = [b for b in range(first, end, self.step) if b in self.buckets]
        for bucket in found:
            for key, cell in self.buckets[bucket].items():
                yield bucket, key, cell


class Period:
    """A calendar day or month in UTC, from its beginning on."""

    def __init__(self) -> None:
        self.start: date | None = None
        self.cells: dict[Key, Cell] = {}

    def turn_to(self, start: date) -> None:
        if self.start != start:
            self.start, self.cells = start, {}

    def add(self, key: Key, usd: int, calls: int, failed: int) -> None:
        if key not in self.cells and len(self.cells) >= PERIOD_KEYS_MAX:
            key = OTHER
        self.cells.setdefault(key, Cell()).add(usd, calls, failed)


class Listener(Protocol):
    """Keeps figures of its own of what a book has."""

    def add(self, cost: Cost) -> None:
        """It was counted."""

    def advance(self, now: int) -> None:
        """It is ``now`` (Unix time); what leaves by that has not left yet."""


class CostBook:
    """Everything counted, up to a moment that ``advance`` moves on. ``listeners`` hear of it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.seconds, self.tens, self.minutes = Tier(1, 600), Tier(10, 360), Tier(60, 1_440)
        self.today, self.month = Period(), Period()
        self._dearest: dict[int, list[tuple[int, CallId, Cost]]] = {}
        self.listeners: set[Listener] = set()
        self._keys: dict[Key, Key] = {}
        self.advance(now)

    def advance(self, now: datetime) -> None:
        """Let time pass: buckets leave, a new day or month begins empty."""
        self.now = now
        second = int(now.timestamp())
        for listener in self.listeners:
            listener.advance(second)
        for tier in (self.seconds, self.tens, self.minutes):
            tier.expire(second)
        day = now.astimezone(UTC).date()
        self.today.turn_to(day)
        self.month.turn_to(day.replace(day=1))
        for minute in [m for m in self._dearest if m <= second - 86_400]:
            del self._dearest[minute]

    def _same(self, key: Key) -> Key:
        """One object for all buckets: a key weighs more than what is counted under it."""
        known = self._keys.get(key)
        if known is None:
            if len(self._keys) >= PERIOD_KEYS_MAX:
                self._keys.clear()
            known = self._keys[key] = key
        return known

    def add(self, cost: Cost) -> None:
        """Count one call; whoever calls makes sure that it is counted once."""
        failed, key = int(cost.failed), self._same(cost.key)
        second, now = int(cost.at.timestamp()), int(self.now.timestamp())
        for tier in (self.seconds, self.tens, self.minutes):
            tier.add(second, now, key, cost.cost_usd, 1, failed)
        day = cost.at.astimezone(UTC).date()
        if day == self.today.start:
            self.today.add(key, cost.cost_usd, 1, failed)
        if day.replace(day=1) == self.month.start:
            self.month.add(key, cost.cost_usd, 1, failed)
        self.remember(cost)
        for listener in self.listeners:
            listener.add(cost)

    def seed_minute(self, second: int, key: Key, usd: int, calls: int, failed: int) -> None:
        """What a snapshot has of one minute: the coarse tier, and today."""
        key = self._same(key)
        self.minutes.add(second, int(self.now.timestamp()), key, usd, calls, failed)
        if datetime.fromtimestamp(second, UTC).date() == self.today.start:
            self.today.add(key, usd, calls, failed)

    def seed_second(self, second: int, key: Key, usd: int, calls: int, failed: int) -> None:
        """What a snapshot has of one second: the two fine tiers."""
        key = self._same(key)
        now = int(self.now.timestamp())
        self.seconds.add(second, now, key, usd, calls, failed)
        self.tens.add(second, now, key, usd, calls, failed)

    def remember(self, cost: Cost) -> None:
        """Keep a call among the dearest of its minute, if it is one."""
        second = int(cost.at.timestamp())
        if second <= int(self.now.timestamp()) - 86_400:
            return
        heap = self._dearest.setdefault(second - second % 60, [])
        entry = (int(cost.cost_usd), cost.call_id, cost)
        if any(call == cost.call_id for _, call, _ in heap):
            return
        if len(heap) < DEAREST_MAX:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)

    def remembered(self, since: int) -> Iterator[Cost]:
        """The dearest calls of every minute of the last day that ends after ``since`` (Unix
        time)."""
        for minute, heap in self._dearest.items():
            if minute + 60 > since:
                for _, _, cost in heap:
                    yield cost

    def tier_of(self, seconds: int) -> Tier:
        """The finest tier that has a window of that length which ends now."""
        return self.tier_for(self.now - timedelta(seconds=seconds), self.now)

    def tier_for(self, start: datetime, end: datetime) -> Tier:
        """The finest tier that reaches back to ``start`` and whose steps suit the length."""
        length = (end - start).total_seconds()
        age = (self.now - start).total_seconds()
        for tier in (self.seconds, self.tens):
            if max(length, age) <= tier.step * tier.count:
                return tier
        return self.minutes
