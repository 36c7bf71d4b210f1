"""What a creator used: calls, tokens and dollars over any range, grouped one way."""

from datetime import datetime
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from sqlalchemy import ColumnElement, Text, cast, func, select

from billing.tables import UsageLogRow
from server.domain.ids import UserId
from server.domain.money import NanoUsd
from server.persistence.database import Snapshot, Tx

Grouping: TypeAlias = Literal["day", "model", "feature", "agent", "provider"]

GROUPS_MAX = 1_000
"""Groups in one report: the dearest, or the newest days (almost three years)."""


class UsageGroup(Struct, frozen=True, kw_only=True, gc=False):
    """Sums of one group. ``key``: a name, or a day in UTC (``2026-03-15``)."""

    key: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: NanoUsd
    charged_usd: NanoUsd


class UsageReport(Struct, frozen=True, kw_only=True):
    """Days in their order, everything else the dearest first. ``totals`` has an empty key."""

    items: list[UsageGroup]
    totals: UsageGroup


_KEYS: dict[Grouping, ColumnElement[str]] = {
    "day": func.to_char(func.timezone("UTC", UsageLogRow.at), "YYYY-MM-DD"),
    "model": cast(UsageLogRow.model, Text),
    "feature": cast(UsageLogRow.feature, Text),
    "agent": cast(UsageLogRow.agent, Text),
    "provider": cast(UsageLogRow.provider, Text),
}


async def usage(
    tx: Tx | Snapshot, creator: UserId, *, start: datetime, end: datetime, group_by: Grouping
) -> UsageReport:
    """The calls of ``creator`` from ``start`` up to and without ``end``, as billing wrote them."""
    key = _KEYS[group_by].label("key")
    sums: list[Any] = [
        func.count().label("calls"),
        func.sum(UsageLogRow.input_tokens).label("input_tokens"),
        func.sum(UsageLogRow.output_tokens).label("output_tokens"),
        func.sum(UsageLogRow.cost_usd).label("cost_usd"),
        func.sum(UsageLogRow.charged_usd).label("charged_usd"),
    ]
    order = key.desc() if group_by == "day" else func.sum(UsageLogRow.cost_usd).desc()
    within = (UsageLogRow.creator_id == creator, UsageLogRow.at >= start, UsageLogRow.at < end)
    # Grouped by GROUPING SETS, so that the totals are of all rows also where groups are cut off.
    rows = await tx.execute(
        select(key, func.grouping(_KEYS[group_by]).label("is_total"), *sums)
        .where(*within)
        .group_by(func.rollup(_KEYS[group_by]))
        .order_by(func.grouping(_KEYS[group_by]).desc(), order, key)
        .limit(GROUPS_MAX + 1)
    )
    totals, *items = [_group(row) for row in rows]
    return UsageReport(items=items[::-1] if group_by == "day" else items, totals=totals)


def _group(row: Any) -> UsageGroup:
    """Sums of bigints come as numeric; the sum of no rows is null."""
    return UsageGroup(
        key=row.key or "",
        calls=row.calls,
        input_tokens=int(row.input_tokens or 0),
        output_tokens=int(row.output_tokens or 0),
        cost_usd=NanoUsd(int(row.cost_usd or 0)),
        charged_usd=NanoUsd(int(row.charged_usd or 0)),
    )
