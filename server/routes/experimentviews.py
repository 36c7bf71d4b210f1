"""A/B tests as HTTP shows them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from knowledge.experimentresults import METHOD, Comparison, VariantResult
from knowledge.experiments import Experiment, Variant
from server.domain.money import usd_text
from server.routes.amounts import share, share_if_known


class IntervalView(Struct, frozen=True, kw_only=True):
    low: float
    high: float


class ComparisonView(Struct, frozen=True, kw_only=True, rename="camel"):
    """With the control. ``difference`` of rates; ``pValue`` is corrected for there being several
    variants. ``moreReports``: of both together, until such a difference would show in four of five
    cases; null: there is no difference to find. Shares to a hundredth of a percent, ``pValue`` to
    four digits."""

    difference: float
    p_value: float
    is_significant: bool
    more_reports: int | None


class VariantView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``rate``: ``converted`` of ``reported`` fans, null where there are none; ``interval``: where
    the true rate is, 95 times of 100. ``comparison``: none of the control itself."""

    key: str
    text: str
    weight: int
    assigned: int
    reported: int
    converted: int
    rate: float | None
    interval: IntervalView
    revenue_usd: str
    comparison: ComparisonView | UnsetType = UNSET


class ExperimentView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``method``: how significance is found."""

    id: UUID
    name: str
    created_at: datetime
    ended_at: datetime | None
    winner: str | None
    method: str
    variants: list[VariantView]


def experiment_view(experiment: Experiment, results: Sequence[VariantResult]) -> ExperimentView:
    """``results`` in the order of the variants."""
    return ExperimentView(
        id=experiment.id,
        name=experiment.name,
        created_at=experiment.created_at,
        ended_at=experiment.ended_at,
        winner=experiment.winner,
        method=METHOD,
        variants=[
            _variant_view(variant, result)
            for variant, result in zip(experiment.variants, results, strict=True)
        ],
    )


def _variant_view(variant: Variant, result: VariantResult) -> VariantView:
    return VariantView(
        key=variant.key,
        text=variant.text,
        weight=variant.weight,
        assigned=result.tally.assigned,
        reported=result.tally.reported,
        converted=result.tally.converted,
        rate=share_if_known(result.rate),
        interval=IntervalView(low=share(result.interval.low), high=share(result.interval.high)),
        revenue_usd=usd_text(result.tally.revenue),
        comparison=UNSET if result.comparison is None else _comparison_view(result.comparison),
    )


def _comparison_view(comparison: Comparison) -> ComparisonView:
    return ComparisonView(
        difference=share(comparison.difference),
        p_value=float(f"{comparison.p_value:.4g}"),
        is_significant=comparison.is_significant,
        more_reports=comparison.more_reports,
    )
