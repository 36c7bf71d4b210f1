"""What an experiment shows so far: each variant by itself, and against the first one. Pure."""

import enum
from collections.abc import Mapping, Sequence

from msgspec import Struct

from knowledge.significance import (
    LEVEL,
    Count,
    Interval,
    fisher,
    holm,
    reports_needed,
    wilson,
)
from server.domain.money import NanoUsd

METHOD = (
    "Fisher's exact test against the control, two-sided, Holm's correction, 5 % level;"
    " Wilson's 95 % intervals"
)


class Tally(Struct, frozen=True, kw_only=True):
    """Fans of one variant: ``converted`` of ``reported`` of ``assigned``, and what they paid."""

    assigned: int = 0
    reported: int = 0
    converted: int = 0
    revenue: NanoUsd = NanoUsd(0)


NOBODY = Tally()


class Comparison(Struct, frozen=True, kw_only=True):
    """With the control. ``difference`` of rates; ``p_value`` is corrected for there being several.
    ``more_reports``: of both together, until a difference of this size would show in four of five
    cases; None: there is no difference to find."""

    difference: float
    p_value: float
    is_significant: bool
    more_reports: int | None


class VariantResult(Struct, frozen=True, kw_only=True):
    """``rate``: of reported fans, None where there are none. ``comparison``: None of the control
    itself."""

    key: str
    tally: Tally
    rate: float | None
    interval: Interval
    comparison: Comparison | None


class Verdict(enum.Enum):
    """What figures say of the claim that a variant is better."""

    PROVEN = enum.auto()
    OPEN = enum.auto()
    REFUTED = enum.auto()


def results(keys: Sequence[str], tallies: Mapping[str, Tally]) -> list[VariantResult]:
    """In the order of ``keys``, the control first. Of fans without a report nothing is assumed."""
    counts = [_count(tallies.get(key, NOBODY)) for key in keys]
    control, *others = counts
    p_values = holm([fisher(other, control) for other in others])
    compared: list[Comparison | None] = [None]
    for other, p_value in zip(others, p_values, strict=True):
        compared.append(_compare(other, control, p_value, comparisons=len(others)))
    return [
        VariantResult(
            key=key,
            tally=tallies.get(key, NOBODY),
            rate=count.rate if count.of else None,
            interval=wilson(count),
            comparison=comparison,
        )
        for key, count, comparison in zip(keys, counts, compared, strict=True)
    ]


def verdict(shown: Sequence[VariantResult], key: str) -> Verdict:
    """Of a variant other than the control against the control; of the control against all
    others."""
    asked = next(one for one in shown if one.key == key)
    if asked.comparison is not None:
        return _verdict(asked.comparison)
    others = [_verdict(one.comparison) for one in shown if one.comparison is not None]
    if Verdict.PROVEN in others:
        return Verdict.REFUTED
    return Verdict.OPEN if Verdict.OPEN in others else Verdict.PROVEN


def proven(shown: Sequence[VariantResult]) -> str | None:
    """The variant that figures alone say is the best: of those that are proven that of the highest
    rate. None: they do not say."""
    found = [one for one in shown if verdict(shown, one.key) is Verdict.PROVEN]
    return max(found, key=lambda one: one.rate or 0.0).key if found else None


def _verdict(comparison: Comparison) -> Verdict:
    if not comparison.is_significant:
        return Verdict.OPEN
    return Verdict.PROVEN if comparison.difference > 0 else Verdict.REFUTED


def _compare(one: Count, control: Count, p_value: float, *, comparisons: int) -> Comparison:
    is_significant = p_value <= LEVEL
    needed = reports_needed(one.rate, control.rate, comparisons=comparisons)
    if is_significant:
        more: int | None = 0
    elif needed is None or not one.of or not control.of:
        more = None
    else:
        more = max(0, needed - one.of) + max(0, needed - control.of)
    return Comparison(
        difference=one.rate - control.rate,
        p_value=p_value,
        is_significant=is_significant,
        more_reports=more,
    )


def _count(tally: Tally) -> Count:
    return Count(hits=tally.converted, of=tally.reported)
