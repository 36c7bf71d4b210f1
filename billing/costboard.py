"""One rolling window of live costs, kept up to date call by call instead of added up anew. Pure.

A view of a busy book adds up a hundred thousand cells, which ten times a second would be more than
the turns themselves. A board has each sum ready: it hears every call, and what grows too old leaves
by the book's own buckets, which are there until all boards have seen them leave.
"""

import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, date

from billing.costbook import DEAREST_MAX, Cell, Cost, CostBook, Key, Tier
from billing.costcurves import Curves, Drawing, Name, text_of
from billing.costviews import (
    CHANGE_S,
    DAY_S,
    GROUPS_MAX,
    MINUTE_S,
    SMOOTH_S,
    Errors,
    Group,
    Query,
    Running,
    Totals,
    change_percent,
    forecast,
    observed_s,
    running_of,
)
from billing.live import LiveCost
from server.domain.money import NanoUsd

TODAY_MAX = 2 * GROUPS_MAX
"""Dearest groups of today that are at hand: for whatever share of them the window has as well, a
full ranking is left."""


class Span:
    """Sums by group of the buckets that began between ``youngest`` (inclusive) and ``oldest``
    (exclusive) seconds ago."""

    def __init__(self, tier: Tier, youngest: int, oldest: int) -> None:
        self.tier, self.youngest, self.oldest = tier, youngest, oldest
        self.sums: dict[Name, Cell] = {}
        self.total = Cell()

    def covers(self, bucket: int, now: int) -> bool:
        return self.youngest <= now - bucket < self.oldest

    def add(self, name: Name, usd: int, calls: int, failed: int) -> None:
        self.total.add(usd, calls, failed)
        cell = self.sums.get(name)
        if cell is None:
            cell = self.sums[name] = Cell()
        cell.add(usd, calls, failed)
        if not cell.calls:
            del self.sums[name]

    def passed(self, age: int, before: int, now: int) -> Iterator[tuple[int, dict[Key, Cell]]]:
        """Buckets that became ``age`` seconds old after ``before``, until ``now``."""
        first = before - age + 1
        for bucket in range(first + -first % self.tier.step, now - age + 1, self.tier.step):
            cells = self.tier.buckets.get(bucket)
            if cells:
                yield bucket, cells


SLICE_CELLS = 1_000
"""Cells read in one go: a millisecond or two."""


class Board:
    """What ``query``, whose window ends now, sees of ``book``; to be registered there, which then
    calls ``add`` and ``advance``, and to be read through once before it is looked at."""

    def __init__(self, book: CostBook, query: Query) -> None:
        seconds = query.seconds or CHANGE_S
        self._book = book
        self._accept = query.filters.accept
        self._place = Key._fields.index(query.group_by)
        self._at = int(book.now.timestamp())
        tier = book.tier_of(seconds)
        self._window = Span(tier, 0, seconds)
        self._smooth = Span(book.seconds, 1, SMOOTH_S + 1)
        self._minute = Span(book.seconds, 0, MINUTE_S)
        self._now = Span(book.seconds, 0, CHANGE_S)
        self._before = Span(book.seconds, CHANGE_S, 2 * CHANGE_S)
        self._day = Span(book.minutes, 0, DAY_S)
        self._spans = (self._smooth, self._minute, self._now, self._before, self._day, self._window)
        self._drawing = Drawing()
        self._today: dict[Name, int] = {}
        self._today_top: dict[Name, int] = {}
        self._today_usd = 0
        self._today_of: date | None = None
        self._month_usd, self._month_of = 0, book.month.start
        self._unread = {
            span: {bucket for bucket in span.tier.buckets if span.covers(bucket, self._at)}
            for span in self._spans
        }
        self._is_read = False

    @property
    def step(self) -> int:
        return self._window.tier.step

    def window_start(self) -> int:
        """Points before it have left (Unix time)."""
        return self._at - self._window.oldest + 1

    def read(self) -> Iterator[None]:
        """Take what the book has already, a slice with each step. Calls may be counted and time may
        pass in between: a bucket counts from the moment at which it is read."""
        cells_read = 0
        for span, unread in self._unread.items():
            while unread:
                bucket = unread.pop()
                cells = span.tier.buckets.get(bucket, {})
                self._enter(span, bucket, cells)
                cells_read += len(cells)
                if cells_read >= SLICE_CELLS:
                    cells_read = 0
                    yield
        self._drawing.close(self._at - self.step)
        self._is_read = True
        self._turn()
        for key, cell in self._book.today.cells.items():
            if self._accept(key):
                self._add_today(self._name(key), cell.usd)
        self._month_usd = sum(
            cell.usd for key, cell in self._book.month.cells.items() if self._accept(key)
        )

    def _name(self, key: Key) -> Name:
        name: Name = key[self._place]
        return name

    def add(self, cost: Cost) -> None:
        """A call that the book has counted."""
        if not self._accept(cost.key):
            return
        name, usd, failed = self._name(cost.key), cost.cost_usd, int(cost.failed)
        second = int(cost.at.timestamp())
        for span in self._spans:
            bucket = second - second % span.tier.step
            if span.covers(bucket, self._at) and bucket not in self._unread[span]:
                span.add(name, usd, 1, failed)
                if span is self._window:
                    self._drawing.add(bucket, name, usd)
        if not self._is_read:
            return
        self._turn()
        day = cost.at.astimezone(UTC).date()
        if day == self._today_of:
            self._add_today(name, usd)
        if day.replace(day=1) == self._month_of:
            self._month_usd += usd

    def advance(self, now: int) -> None:
        """Let time pass until ``now`` (Unix time), while the book still has what leaves by that."""
        if now <= self._at:
            return
        for span in self._spans:
            for bucket, cells in span.passed(span.youngest, self._at, now):
                self._enter(span, bucket, cells)
            for bucket, cells in span.passed(span.oldest, self._at, now):
                if bucket in self._unread[span]:
                    self._unread[span].discard(bucket)
                    continue
                for key, cell in cells.items():
                    if self._accept(key):
                        span.add(self._name(key), -cell.usd, -cell.calls, -cell.failed)
                if span is self._window:
                    self._drawing.leave(bucket)
        self._drawing.close(now - self.step)
        self._at = now

    def _enter(self, span: Span, bucket: int, cells: dict[Key, Cell]) -> None:
        for key, cell in cells.items():
            if self._accept(key):
                name = self._name(key)
                span.add(name, cell.usd, cell.calls, cell.failed)
                if span is self._window:
                    self._drawing.add(bucket, name, cell.usd)

    def _turn(self) -> None:
        if self._today_of != self._book.today.start:
            self._today_of, self._today_usd = self._book.today.start, 0
            self._today, self._today_top = {}, {}
        if self._month_of != self._book.month.start:
            self._month_of, self._month_usd = self._book.month.start, 0

    def _add_today(self, name: Name, usd: int) -> None:
        """Sums of a day only grow, so that the dearest need not be looked for among all."""
        self._today_usd += usd
        spent = self._today[name] = self._today.get(name, 0) + usd
        top = self._today_top
        if name not in top and len(top) >= TODAY_MAX:
            least = min(top, key=top.__getitem__)
            if spent <= top[least]:
                return
            del top[least]
        top[name] = spent

    def totals(self) -> Totals:
        self._turn()
        day = self._day.total.usd
        return Totals(
            per_second=NanoUsd(self._smooth.total.usd // SMOOTH_S),
            per_minute=NanoUsd(self._minute.total.usd),
            usual_per_second=NanoUsd(day // observed_s(self._book)),
            today=NanoUsd(self._today_usd),
            month=NanoUsd(self._month_usd),
            month_forecast=NanoUsd(forecast(self._book, self._month_usd, day)),
        )

    def running(self, items: Iterable[LiveCost]) -> Running:
        return running_of(item for item in items if self._accept(item))

    def errors(self) -> Errors:
        total = self._window.total
        rate = round(total.failed / total.calls, 4) if total.calls else 0.0
        return Errors(rate=rate, calls=total.calls)

    def groups(self) -> list[Group]:
        """The dearest of the window, then of today."""
        self._turn()
        window, today = self._window.sums, self._today
        order = heapq.nsmallest(
            GROUPS_MAX,
            window.items(),
            key=lambda item: (-item[1].usd, -today.get(item[0], 0), item[0]),
        )
        names = [name for name, _ in order]
        if len(names) < GROUPS_MAX:
            rest = ((-spent, name) for name, spent in self._today_top.items() if name not in window)
            names += [name for _, name in heapq.nsmallest(GROUPS_MAX - len(names), rest)]
        return [self._group(name) for name in names]

    def _group(self, name: Name) -> Group:
        none = Cell()
        return Group(
            key=text_of(name),
            per_second=NanoUsd(self._smooth.sums.get(name, none).usd // SMOOTH_S),
            per_minute=NanoUsd(self._minute.sums.get(name, none).usd),
            today=NanoUsd(self._today.get(name, 0)),
            calls=self._window.sums.get(name, none).calls,
            change_percent=change_percent(
                self._now.sums.get(name, none).usd, self._before.sums.get(name, none).usd
            ),
        )

    def group_count(self) -> int:
        self._turn()
        today = self._today
        return len(today) + sum(name not in today for name in self._window.sums)

    def dearest(self) -> list[Cost]:
        """The calls of the window that cost most."""
        start, end = self.window_start(), self._at + 1
        return heapq.nlargest(
            DEAREST_MAX,
            (
                cost
                for cost in self._book.remembered(start)
                if start <= cost.at.timestamp() < end and self._accept(cost.key)
            ),
            key=lambda cost: (cost.cost_usd, cost.call_id),
        )

    def curves(self) -> Curves:
        """What changed of the curves since the last time, or all of them."""
        return self._drawing.curves(self._window.sums, self._at)
