"""What one watcher of live costs sees: a window, grouped, filtered. Pure, over a ``CostBook``."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from billing.costbook import DEAREST_MAX, OTHER, Cell, Cost, CostBook, Key
from billing.live import LiveCost
from server.domain.clock import next_month
from server.domain.money import NanoUsd

Dimension: TypeAlias = Literal["creator", "feature", "agent", "model", "provider"]

SERIES_MAX = 8
"""Curves with a colour of their own; all others are one, ``OTHERS``."""
OTHERS = "other"
GROUPS_MAX = 50
SMOOTH_S = 10
"""Seconds that "per second" is the mean of: single calls end, and cost, in one instant."""
MINUTE_S, CHANGE_S, DAY_S = 60, 300, 86_400


class Filters(Struct, frozen=True, kw_only=True):
    """Any value of each set, all sets together; None: no matter which."""

    creator: frozenset[UUID] | None = None
    feature: frozenset[str] | None = None
    agent: frozenset[str] | None = None
    model: frozenset[str] | None = None
    provider: frozenset[str] | None = None

    def accept(self, key: Key | LiveCost) -> bool:
        return (
            (self.creator is None or key.creator in self.creator)
            and (self.feature is None or key.feature in self.feature)
            and (self.agent is None or key.agent in self.agent)
            and (self.model is None or key.model in self.model)
            and (self.provider is None or key.provider in self.provider)
        )


class Query(Struct, frozen=True, kw_only=True):
    """``seconds``: a window that ends now. Else ``start`` and ``end`` (exclusive), which stand."""

    seconds: int | None = 300
    start: datetime | None = None
    end: datetime | None = None
    group_by: Dimension = "model"
    filters: Filters = Filters()

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        if self.start is not None and self.end is not None:
            return self.start, self.end
        end = now + timedelta(seconds=1)  # the second that runs is part of it
        return end - timedelta(seconds=self.seconds or 300), end


class Totals(Struct, frozen=True, kw_only=True, gc=False):
    per_second: NanoUsd
    per_minute: NanoUsd
    usual_per_second: NanoUsd
    today: NanoUsd
    month: NanoUsd
    month_forecast: NanoUsd


class Running(Struct, frozen=True, kw_only=True, gc=False):
    turns: int
    cost_usd: NanoUsd
    held_usd: NanoUsd


class Errors(Struct, frozen=True, kw_only=True, gc=False):
    """``rate``: failed calls of all ``calls`` in the window, 0 to 1."""

    rate: float
    calls: int


class Series(Struct, frozen=True, kw_only=True):
    """Nano-dollars of each step (its first second in Unix time) in which there was a call."""

    key: str
    points: list[tuple[int, NanoUsd]]


class Group(Struct, frozen=True, kw_only=True, gc=False):
    """``change_percent``: the last five minutes against the five before; None: those were empty."""

    key: str
    per_second: NanoUsd
    per_minute: NanoUsd
    today: NanoUsd
    calls: int
    change_percent: float | None


class View(Struct, frozen=True, kw_only=True):
    """One answer. Groups and dearest calls: most first; ``group_count`` counts those cut off."""

    step: int
    totals: Totals
    running: Running
    errors: Errors
    series: list[Series]
    groups: list[Group]
    group_count: int
    dearest: list[Cost]


def view(book: CostBook, running: Sequence[LiveCost], query: Query) -> View:
    """What ``query`` sees at ``book.now``."""
    start, end = query.window(book.now)
    accept, name = query.filters.accept, grouping(query.group_by)
    tier = book.tier_for(start, end)
    cells = [
        (bucket, name(key), cell)
        for bucket, key, cell in tier.between(_floor(start), _floor(end))
        if accept(key)
    ]
    window = _by_group((group, cell) for _, group, cell in cells)
    recent = _recent(book, accept, name)
    today = _by_group((name(k), cell) for k, cell in book.today.cells.items() if accept(k))
    groups = rank(window, recent, today)
    return View(
        step=tier.step,
        totals=_totals(book, accept, recent, today),
        running=running_of(item for item in running if accept(item)),
        errors=errors(window.values()),
        series=curves((bucket, group, cell.usd) for bucket, group, cell in cells),
        groups=groups[:GROUPS_MAX],
        group_count=len(groups),
        dearest=dearest(
            cost
            for cost in book.remembered(_floor(start))
            if start <= cost.at < end and accept(cost.key)
        ),
    )


def grouping(dimension: Dimension) -> Callable[[Key], str]:
    """How a key is called in that dimension."""
    place = Key._fields.index(dimension)
    return lambda key: OTHERS if key == OTHER else str(key[place])


def curves(points: Iterable[tuple[int, str, int]]) -> list[Series]:
    """A curve for each of the dearest groups, and one for all others; time goes forward."""
    groups: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for bucket, group, usd in points:
        groups[group][bucket] += usd
    order = sorted(groups, key=lambda group: (-sum(groups[group].values()), group))
    kept, rest = order[:SERIES_MAX], order[SERIES_MAX:]
    drawn = {group: groups[group] for group in kept}
    for group in rest:
        others = drawn.setdefault(OTHERS, defaultdict(int))
        for bucket, usd in groups[group].items():
            others[bucket] += usd
    return [
        Series(key=key, points=[(second, NanoUsd(usd)) for second, usd in sorted(steps.items())])
        for key, steps in drawn.items()
    ]


class Recent(Struct, kw_only=True):
    """The last ten minutes of a group in the four spans that its figures are made of."""

    seconds: int = 0
    minute: int = 0
    now: int = 0
    before: int = 0


def rank(window: dict[str, Cell], recent: dict[str, Recent], today: dict[str, Cell]) -> list[Group]:
    """All groups that cost anything in the window or today, the dearest of the window first."""
    names = {*window, *today}
    none, quiet = Cell(), Recent()
    order = sorted(
        names,
        key=lambda group: (-window.get(group, none).usd, -today.get(group, none).usd, group),
    )
    return [
        Group(
            key=group,
            per_second=NanoUsd(recent.get(group, quiet).seconds // SMOOTH_S),
            per_minute=NanoUsd(recent.get(group, quiet).minute),
            today=NanoUsd(today.get(group, none).usd),
            calls=window.get(group, none).calls,
            change_percent=change_percent(
                recent.get(group, quiet).now, recent.get(group, quiet).before
            ),
        )
        for group in order
    ]


def errors(cells: Iterable[Cell]) -> Errors:
    """The share of failed calls; none were made: 0."""
    calls = failed = 0
    for cell in cells:
        calls += cell.calls
        failed += cell.failed
    return Errors(rate=round(failed / calls, 4) if calls else 0.0, calls=calls)


def dearest(costs: Iterable[Cost]) -> list[Cost]:
    return heapq.nlargest(DEAREST_MAX, costs, key=lambda cost: (cost.cost_usd, cost.call_id))


def _recent(
    book: CostBook, accept: Callable[[Key], bool], name: Callable[[Key], str]
) -> dict[str, Recent]:
    now = _floor(book.now)
    found: defaultdict[str, Recent] = defaultdict(Recent)
    for second, key, cell in book.seconds.between(now - 2 * CHANGE_S, now + 1):
        if not accept(key):
            continue
        spans = found[name(key)]
        # The second that runs is not over: counting it would make every rate sag at its start.
        if now - SMOOTH_S <= second < now:
            spans.seconds += cell.usd
        if second > now - MINUTE_S:
            spans.minute += cell.usd
        if second > now - CHANGE_S:
            spans.now += cell.usd
        else:
            spans.before += cell.usd
    return found


def _totals(
    book: CostBook,
    accept: Callable[[Key], bool],
    recent: dict[str, Recent],
    today: dict[str, Cell],
) -> Totals:
    day = sum(cell.usd for key, cell in book.minutes.sums.items() if accept(key))
    month = sum(cell.usd for key, cell in book.month.cells.items() if accept(key))
    return Totals(
        per_second=NanoUsd(sum(spans.seconds for spans in recent.values()) // SMOOTH_S),
        per_minute=NanoUsd(sum(spans.minute for spans in recent.values())),
        usual_per_second=NanoUsd(day // observed_s(book)),
        today=NanoUsd(sum(cell.usd for cell in today.values())),
        month=NanoUsd(month),
        month_forecast=NanoUsd(forecast(book, month, day)),
    )


def observed_s(book: CostBook) -> int:
    """Seconds since the first call of the last day: a young installation has no whole day."""
    first = min(book.minutes.buckets, default=_floor(book.now))
    return min(DAY_S, max(MINUTE_S, _floor(book.now) - first))


def forecast(book: CostBook, month: int, day: int) -> int:
    """The month at its end, if the rest goes like the last day; a day that is not whole counts
    for what it was."""
    begin = book.now.astimezone(UTC).date().replace(day=1)
    left = max(0, int((next_month(begin) - book.now).total_seconds()))
    return month + day * left // DAY_S


def running_of(items: Iterable[LiveCost]) -> Running:
    """All those turns together."""
    turns = cost = held = 0
    for item in items:
        turns += item.turns
        cost += item.cost_usd
        held += item.held_usd
    return Running(turns=turns, cost_usd=NanoUsd(cost), held_usd=NanoUsd(held))


def _by_group(cells: Iterable[tuple[str, Cell]]) -> dict[str, Cell]:
    sums: defaultdict[str, Cell] = defaultdict(Cell)
    for group, cell in cells:
        sums[group].add(cell.usd, cell.calls, cell.failed)
    return sums


def change_percent(now: int, before: int) -> float | None:
    return round((now - before) * 100 / before, 1) if before else None


def _floor(moment: datetime) -> int:
    return int(moment.timestamp())
