"""Figures of calls as reports tell them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType, field

from billing.adjusted import Adjusted
from billing.reports import Figures, Group, Grouping, Overview, Step
from server.domain.money import credits_text, usd_text
from server.routes.costranges import key_text, steps_of


class CostFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """``failed`` of ``calls`` ended in an error. ``costUsd`` is what providers take, ``charged``
    what was taken from balances, in credits, and ``chargedUsd`` the same in dollars; ``marginUsd``
    is that less the cost."""

    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    cost_usd: str
    charged: str
    charged_usd: str
    margin_usd: str


class CostGroup(CostFigures, frozen=True, kw_only=True):
    """``keys`` by the name of each grouping. ``name``, ``externalId``: of a creator among them.
    ``changePercent``: the cost against that of the range before, as long; null: it had none."""

    keys: dict[str, str]
    name: str | UnsetType | None = UNSET
    external_id: str | UnsetType | None = UNSET
    change_percent: float | None


class CostTotals(CostFigures, frozen=True, kw_only=True):
    change_percent: float | None


class CostBefore(CostFigures, frozen=True, kw_only=True):
    """The range that ends where the report's begins, and is as long."""

    start: datetime = field(name="from")
    end: datetime = field(name="to")


class CostPoint(CostFigures, frozen=True, kw_only=True):
    """``at``: when the hour, day or month began, in UTC; the first may begin before the range, of
    which only its part is told."""

    at: datetime


class Unbilled(Struct, frozen=True, kw_only=True, rename="camel"):
    """What of the totals is settled, and not in a usage row yet."""

    calls: int
    cost_usd: str


class AdjustedView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Refunds and prices put right that were made in the range, as differences: none of the other
    figures has them."""

    count: int
    cost_usd: str
    charged: str
    charged_usd: str


class CostOverview(Struct, frozen=True, kw_only=True, rename="camel"):
    """All calls that the query is about. ``series`` has every step of the range."""

    start: datetime = field(name="from")
    end: datetime = field(name="to")
    totals: CostTotals
    before: CostBefore
    unbilled: Unbilled
    adjustments: AdjustedView
    step: Step
    series: list[CostPoint]


class CostReport(CostOverview, frozen=True, kw_only=True):
    """``items``: groups, the dearest first; where they are of a time first, in its order.
    ``nextCursor`` null: there are no more."""

    group_by: list[Grouping]
    items: list[CostGroup]
    group_count: int
    next_cursor: str | None


def overview_parts(found: Overview, adjustments: Adjusted) -> dict[str, Any]:
    """The fields of ``CostOverview``."""
    totals, before, past = found.totals, found.before, found.range.before
    by_start = {point.at: point.figures for point in found.points}
    return {
        "start": found.range.start,
        "end": found.range.end,
        "totals": CostTotals(
            **_figures(totals),
            change_percent=change(totals.cost_usd, before.cost_usd),
        ),
        "before": CostBefore(start=past.start, end=past.end, **_figures(before)),
        "unbilled": Unbilled(calls=totals.unbilled_calls, cost_usd=usd_text(totals.unbilled_usd)),
        "adjustments": adjusted_view(adjustments),
        "step": found.step,
        "series": [
            CostPoint(at=at, **_figures(by_start.get(at, Figures())))
            for at in steps_of(found.range, found.step)
        ],
    }


def adjusted_view(found: Adjusted) -> AdjustedView:
    return AdjustedView(
        count=found.count,
        cost_usd=usd_text(found.cost_usd),
        charged=credits_text(found.charged),
        charged_usd=usd_text(found.charged_usd),
    )


def group_view(group: Group, group_by: Sequence[Grouping]) -> CostGroup:
    has_creator = "creator" in group_by
    return CostGroup(
        keys={name: key_text(key, name) for name, key in zip(group_by, group.keys, strict=True)},
        name=group.name if has_creator else UNSET,
        external_id=group.external_id if has_creator else UNSET,
        change_percent=change_of(group),
        **_figures(group.figures),
    )


def change_of(group: Group) -> float | None:
    return None if group.before_usd is None else change(group.figures.cost_usd, group.before_usd)


def change(now: int, before: int) -> float | None:
    """In per cent, to a tenth; None: there is nothing to compare with."""
    return round((now - before) * 100 / before, 1) if before else None


def _figures(figures: Figures) -> dict[str, Any]:
    return dict(zip(CostFigures.__struct_fields__, figure_cells(figures), strict=True))


def figure_cells(figures: Figures) -> tuple[int | str, ...]:
    """In the order of ``CostFigures``."""
    return (
        figures.calls,
        figures.failed,
        figures.input_tokens,
        figures.output_tokens,
        usd_text(figures.cost_usd),
        credits_text(figures.charged),
        usd_text(figures.charged_usd),
        usd_text(figures.charged_usd - figures.cost_usd),
    )


FIGURE_NAMES = CostFigures.__struct_encode_fields__
"""Of ``figure_cells``, as headers."""


def group_header(group_by: Sequence[Grouping]) -> list[str]:
    """Of a table of groups; a time says that it is UTC."""
    header: list[str] = []
    for name in group_by:
        if name == "creator":
            header += ["creatorId", "creatorName", "creatorExternalId"]
        else:
            header.append(f"{name} (UTC)" if name in {"hour", "day", "month"} else name)
    return [*header, *FIGURE_NAMES, "changePercent"]


def group_cells(group: Group, group_by: Sequence[Grouping]) -> list[object]:
    """One row of the table."""
    cells: list[object] = []
    for name, key in zip(group_by, group.keys, strict=True):
        cells.append(key_text(key, name))
        if name == "creator":
            cells += [group.name, group.external_id]
    return [*cells, *figure_cells(group.figures), change_of(group)]
