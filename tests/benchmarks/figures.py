"""Percentiles, medians and spreads."""

import statistics
from collections.abc import Sequence

from msgspec import Struct


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the ordered samples do not exceed: the nearest rank.

    Raises:
        ValueError: there are no samples.
    """
    if not ordered:
        raise ValueError("no samples")
    rank = -int(-share * len(ordered) // 1)
    return ordered[min(max(rank, 1), len(ordered)) - 1]


class Spread(Struct, frozen=True):
    """One figure, measured several times."""

    median: float
    least: float
    most: float
    times: int


def spread(values: Sequence[float]) -> Spread:
    """Raises ValueError: there are no values."""
    if not values:
        raise ValueError("no values")
    return Spread(statistics.median(values), min(values), max(values), len(values))
