"""Robust statistics: what a few bad values among many do not move."""

import math
from collections.abc import Sequence

CONSISTENT = 1.4826
"""Makes the median absolute deviation of normal values their standard deviation."""


def median(values: Sequence[float]) -> float:
    """The middle one. Half of the values may be anything before it says anything.

    Raises:
        ValueError: there is none.
    """
    if not values:
        raise ValueError("no values")
    ranked = sorted(values)
    middle = len(ranked) // 2
    return ranked[middle] if len(ranked) % 2 else (ranked[middle - 1] + ranked[middle]) / 2


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of them do not exceed: one of them, never between two.

    Raises:
        ValueError: there is none.
    """
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def log_spread(values: Sequence[float]) -> float:
    """Standard deviation of the logarithms of positive ``values``, from their median absolute
    deviation: 0.2 means that most are within a fifth of the middle one."""
    logs = [math.log(value) for value in values]
    middle = median(logs)
    return CONSISTENT * median([abs(log - middle) for log in logs])


def surprise(total: float, mean: float, jump: float) -> float:
    """How unlikely it is that a sum of things that come by chance reaches ``total``, in nats. 0 up
    to the mean.

    Bennett's inequality for a compound Poisson sum: where ``jump`` is the most that comes at a
    time, the probability is at most ``exp(-surprise)``. Where that varies and ``jump`` is its mean
    square over its mean, so that the variance is ``mean * jump``, it is a measure and no bound: a
    log-normal one of spread 1 reaches 7 nats twice as often.
    """
    if total <= mean:
        return 0.0
    if mean <= 0:
        return math.inf
    return ((total * math.log(total / mean)) - (total - mean)) / jump


def wilson_lower(hits: int, of: int, z: float) -> float:
    """The least share that is compatible with ``hits`` among ``of``, ``z`` standard errors down:
    Wilson's score interval, which holds for few and for rare ones as well."""
    if not of:
        return 0.0
    share, squared = hits / of, z * z
    centre = share + squared / (2 * of)
    margin = z * math.sqrt(share * (1 - share) / of + squared / (4 * of * of))
    return max(0.0, (centre - margin) / (1 + squared / of))


def onset(excesses: Sequence[float]) -> int:
    """Where a rise began that lasts until the end: the index from which on the values sum up to
    most. The change point of a cumulative sum, of values from which what is allowed was taken."""
    best, total, found = -math.inf, 0.0, len(excesses) - 1
    for index in range(len(excesses) - 1, -1, -1):
        total += excesses[index]
        if total > best:
            best, found = total, index
    return found
