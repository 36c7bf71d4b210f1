"""What a watcher of live costs is sent: views as events, and the difference between two of them.

Pure. ``billing`` knows figures and no wire; this knows both.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from msgspec import UNSET, UnsetType, structs

from billing.costbook import Cost
from billing.costviews import Filters, Group, Query, Series, View
from server.domain.errors import Invalid
from server.domain.money import usd_text
from server.protocol.feed import (
    DearestCall,
    FeedErrors,
    FeedFilters,
    FeedGroup,
    FeedRunning,
    FeedSeries,
    FeedSnapshot,
    FeedTotals,
    FeedUpdate,
    Span,
    SubscribeFeed,
)

Value = TypeVar("Value", str, UUID)

RANGES = {"5m": 300, "1h": 3_600, "24h": 86_400}
"""Seconds of the rolling windows."""


def query_of(command: SubscribeFeed) -> Query:
    """What to look at.

    Raises:
        Invalid: a window that ends before it begins, or moments without their offset from UTC.
    """
    filters = _filters(command.filters)
    group_by = "model" if isinstance(command.group_by, UnsetType) else command.group_by
    if not isinstance(command.range, Span):
        name = "5m" if isinstance(command.range, UnsetType) else command.range
        return Query(seconds=RANGES[name], group_by=group_by, filters=filters)
    start, end = command.range.from_, command.range.to
    if start.tzinfo is None or end.tzinfo is None:
        raise Invalid("A moment needs its offset from UTC.", path="$.range")
    if start >= end:
        raise Invalid("The window ends before it begins.", path="$.range.to")
    return Query(seconds=None, start=start, end=end, group_by=group_by, filters=filters)


def snapshot(view: View, *, re: str, watermark: int, name_of: Callable[[str], str]) -> FeedSnapshot:
    """All of ``view``. ``name_of`` gives a group's key the name that people know."""
    return FeedSnapshot(
        re=re,
        watermark=watermark,
        totals=totals(view),
        running=running(view),
        errors=FeedErrors(rate=round(view.errors.rate, 4), calls=view.errors.calls),
        series=[_series(series) for series in view.series],
        groups=[_group(group, name_of) for group in view.groups],
        group_count=view.group_count,
        dearest=[_dearest(cost) for cost in view.dearest],
        alerts=[],
    )


def with_figures_of(past: FeedSnapshot, live: FeedSnapshot) -> FeedSnapshot:
    """``past`` with what goes on at this moment, whatever window is looked at."""
    return structs.replace(past, watermark=live.watermark, totals=live.totals, running=live.running)


def totals(view: View) -> FeedTotals:
    return FeedTotals(
        per_second_usd=usd_text(view.totals.per_second),
        per_minute_usd=usd_text(view.totals.per_minute),
        usual_per_second_usd=usd_text(view.totals.usual_per_second),
        today_usd=usd_text(view.totals.today),
        month_usd=usd_text(view.totals.month),
        month_forecast_usd=usd_text(view.totals.month_forecast),
    )


def running(view: View) -> FeedRunning:
    return FeedRunning(
        turns=view.running.turns,
        cost_usd=usd_text(view.running.cost_usd),
        held_usd=usd_text(view.running.held_usd),
    )


def difference(before: FeedSnapshot, after: FeedSnapshot, start: datetime) -> FeedUpdate | None:
    """The update that makes ``after`` of ``before``; None: only a snapshot can.

    ``start`` is that of the window: a point before it has left by itself, but an update has no
    words for a point or a curve that is taken back.
    """
    series = _new_points(before.series, after.series, start)
    if series is None:
        return None
    return FeedUpdate(
        watermark=after.watermark,
        totals=UNSET if after.totals == before.totals else after.totals,
        running=UNSET if after.running == before.running else after.running,
        errors=UNSET if after.errors == before.errors else after.errors,
        series=series or UNSET,
        groups=UNSET if after.groups == before.groups else after.groups,
        group_count=UNSET if after.group_count == before.group_count else after.group_count,
        dearest=UNSET if after.dearest == before.dearest else after.dearest,
    )


def says_anything(update: FeedUpdate) -> bool:
    """Whether it has more than a watermark."""
    fields = structs.asdict(update)
    return any(value is not UNSET for name, value in fields.items() if name != "watermark")


def _new_points(
    before: list[FeedSeries], after: list[FeedSeries], start: datetime
) -> list[FeedSeries] | None:
    known = {series.key: dict(series.points) for series in before}
    now = {series.key: dict(series.points) for series in after}
    first = int(start.timestamp())
    for key, points in known.items():
        present = now.get(key, {})
        if any(second >= first and second not in present for second in points):
            return None
    changed = []
    for series in after:
        old = known.get(series.key, {})
        news = [(second, usd) for second, usd in series.points if old.get(second) != usd]
        if news:
            changed.append(FeedSeries(key=series.key, points=news))
    return changed


def _filters(given: FeedFilters | UnsetType) -> Filters:
    if isinstance(given, UnsetType):
        return Filters()
    return Filters(
        creator=_among(given.creator_id),
        feature=_among(given.feature),
        agent=_among(given.agent),
        model=_among(given.model),
        provider=_among(given.provider),
    )


def _among(values: list[Value] | UnsetType) -> frozenset[Value] | None:
    """An empty list is no filter: nothing at all is never what somebody wants to watch."""
    return frozenset(values) if not isinstance(values, UnsetType) and values else None


def _series(series: Series) -> FeedSeries:
    return FeedSeries(
        key=series.key, points=[(second, usd_text(usd)) for second, usd in series.points]
    )


def _group(group: Group, name_of: Callable[[str], str]) -> FeedGroup:
    return FeedGroup(
        key=group.key,
        name=name_of(group.key),
        per_second_usd=usd_text(group.per_second),
        per_minute_usd=usd_text(group.per_minute),
        today_usd=usd_text(group.today),
        calls=group.calls,
        change_percent=group.change_percent,
    )


def _dearest(cost: Cost) -> DearestCall:
    return DearestCall(
        call_id=cost.call_id,
        creator_id=cost.key.creator,
        feature=cost.key.feature,
        model=cost.key.model,
        cost_usd=usd_text(cost.cost_usd),
        at=cost.at,
    )
