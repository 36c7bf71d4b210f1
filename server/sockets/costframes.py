"""What a watcher of live costs asks as a query, and figures as it is sent them.

Pure. ``billing`` knows figures and no wire; this knows both.
"""

from typing import TypeVar
from uuid import UUID

from msgspec import UNSET, UnsetType, structs

from billing.costbook import Cost
from billing.costviews import Errors, Filters, Group, Query, Running, Totals
from server.domain.errors import Invalid
from server.domain.money import usd_text
from server.protocol.feed import (
    DearestCall,
    FeedErrors,
    FeedFilters,
    FeedGroup,
    FeedRunning,
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


def totals(totals: Totals) -> FeedTotals:
    return FeedTotals(
        per_second_usd=usd_text(totals.per_second),
        per_minute_usd=usd_text(totals.per_minute),
        usual_per_second_usd=usd_text(totals.usual_per_second),
        today_usd=usd_text(totals.today),
        month_usd=usd_text(totals.month),
        month_forecast_usd=usd_text(totals.month_forecast),
    )


def running(running: Running) -> FeedRunning:
    return FeedRunning(
        turns=running.turns,
        cost_usd=usd_text(running.cost_usd),
        held_usd=usd_text(running.held_usd),
    )


def errors(errors: Errors) -> FeedErrors:
    return FeedErrors(rate=errors.rate, calls=errors.calls)


def says_anything(update: FeedUpdate) -> bool:
    """Whether it has more than a watermark."""
    fields = structs.asdict(update)
    return any(value is not UNSET for name, value in fields.items() if name != "watermark")


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


def group(group: Group, name: str) -> FeedGroup:
    """``name`` is the one that people know it by."""
    return FeedGroup(
        key=group.key,
        name=name,
        per_second_usd=usd_text(group.per_second),
        per_minute_usd=usd_text(group.per_minute),
        today_usd=usd_text(group.today),
        calls=group.calls,
        change_percent=group.change_percent,
    )


def dearest(cost: Cost) -> DearestCall:
    return DearestCall(
        call_id=cost.call_id,
        creator_id=cost.key.creator,
        feature=cost.key.feature,
        model=cost.key.model,
        cost_usd=usd_text(cost.cost_usd),
        at=cost.at,
    )
