"""Whether a difference between two shares is more than chance, counted exactly. Pure.

All that is asked of it is small numbers (a few hundred fans) as often as large ones, where
approximations by the normal distribution are wrong: hence Fisher's test and Wilson's intervals.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

from msgspec import Struct

LEVEL = 0.05
"""How often one is wrong who believes in a difference where there is none."""

POWER = 0.8
"""How often a difference that is there is to be found: what trials are usually planned with."""

_NORMAL = NormalDist()

_NOUGHT = 1e-30
"""Of the most probable table's weight. What is rarer is not told from impossible."""

_TIES = 1 + 1e-7
"""Outcomes as probable as the one observed belong to it, rounding aside (as in R's
``fisher.test``)."""


class Count(Struct, frozen=True, kw_only=True):
    """So many of so many."""

    hits: int
    of: int

    @property
    def rate(self) -> float:
        return self.hits / self.of if self.of else 0.0


class Interval(Struct, frozen=True, kw_only=True):
    low: float
    high: float


def wilson(count: Count) -> Interval:
    """Where the true rate is, 95 times of 100 (Wilson 1927, without correction for continuity).
    Of nothing: anywhere."""
    if not count.of:
        return Interval(low=0.0, high=1.0)
    z = _NORMAL.inv_cdf(1 - LEVEL / 2)
    share, n = count.rate, count.of
    middle = share + z * z / (2 * n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    # At the very ends the formula says 0 and 1, and rounding a little less.
    low = 0.0 if count.hits == 0 else max(0.0, (middle - reach) / whole)
    high = 1.0 if count.hits == n else min(1.0, (middle + reach) / whole)
    return Interval(low=low, high=high)


def fisher(one: Count, other: Count) -> float:
    """Fisher's exact test, two-sided: how probable a table at most as probable as this one is,
    were both rates the same.

    Weights relative to the most probable table, from there outwards until they are nought: some
    twelve standard deviations, so that a million reports a side take some milliseconds.
    """
    hits, everybody = one.hits + other.hits, one.of + other.of
    least, most = max(0, hits - other.of), min(hits, one.of)
    mode = min(max((hits + 1) * (one.of + 1) // (everybody + 2), least), most)
    weights = {mode: 1.0}
    for step, end in ((1, most), (-1, least)):
        weight = 1.0
        for k in range(mode, end, step):
            if step > 0:
                weight *= (hits - k) * (one.of - k) / ((k + 1) * (other.of - hits + k + 1))
            else:
                weight *= k * (other.of - hits + k) / ((hits - k + 1) * (one.of - k + 1))
            if weight < _NOUGHT:
                break
            weights[k + step] = weight
    observed = weights.get(one.hits, 0.0) * _TIES
    extreme = math.fsum(weight for weight in weights.values() if weight <= observed)
    return min(1.0, extreme / math.fsum(weights.values()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Each of them corrected for there being several (Holm 1979): compared with ``LEVEL``, one is
    wrong about any of them at most that often."""
    corrected = [0.0] * len(p_values)
    surest_first = sorted(range(len(p_values)), key=lambda place: p_values[place])
    least = 0.0
    for rank, place in enumerate(surest_first):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = least
    return corrected


def reports_needed(one: float, other: float, *, comparisons: int = 1) -> int | None:
    """Of each of two groups, until Fisher's test finds the difference of two such rates in
    ``POWER`` of all cases; ``comparisons``: how many are corrected for. None: no number finds a
    difference that is none.

    Casagrande, Pike and Smith (1978), in Fleiss' notation: the usual formula and its correction for
    continuity, which is near the exact test.
    """
    if one == other:
        return None
    difference, mean = abs(one - other), (one + other) / 2
    by_chance = _NORMAL.inv_cdf(1 - LEVEL / comparisons / 2) * math.sqrt(2 * mean * (1 - mean))
    found = _NORMAL.inv_cdf(POWER) * math.sqrt(one * (1 - one) + other * (1 - other))
    rough = ((by_chance + found) / difference) ** 2
    return math.ceil(rough / 4 * (1 + math.sqrt(1 + 4 / (rough * difference))) ** 2)
