"""What is usual for a scope at an hour of the week, learned from its hours of the last four weeks.

Medians and quantiles throughout: an incident, an outage or a holiday among those hours moves them
little, so an earlier incident never hides the next. ``docs/alerts.md`` says why these statistics.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from billing.detection.statistics import log_spread, median, quantile

WEEK, DAY = 168, 24
"""Hours."""

PAST = 4 * WEEK
"""How far back: a weekday's hour has four predecessors, of which one may be out of the ordinary."""

YOUNG_HOURS = 3 * DAY
"""A scope that was first used less long ago has no usual."""

CELLS_MIN = 9
"""Hours that a level is the median of: three days or weeks of three hours each."""

DENSE_CALLS = 12
"""Calls in a usual hour from which on minutes can be judged by it: one in five minutes."""

ACTIVE_MIN = 24
"""Hours with any use that a scope used now and then needs to have a usual."""

SPREAD_MIN, SPARSE_SPREAD_MIN, SPREAD_MAX = 0.15, 0.4, 1.2
"""Bounds of what hours may differ by: fewer than a month's say nothing about more or less."""

APART = 3
"""Hours from one that the spread is learned from to the next: neighbours say much the same."""

HIGH = 0.975
HIGH_SPREADS = 1.96
"""The share of hours that are below a high one, and how many standard deviations up that is. The
month's 17 highest hours do not move it: so many may have been incidents."""

BUSY = 1.645
"""Standard deviations above the middle: one hour in twenty is busier."""

EXTREME = 5.0
"""And above this none is expected to be, in all hours of all scopes of years."""

SPARSE_TIMES = 4.0
TREND_MAX = 2.0

Basis: TypeAlias = Literal["weekday", "day", "busy", "none"]


class Hour(NamedTuple):
    """Sums of one hour: nano-dollars, calls, and squares of the calls' nano-dollars."""

    usd: int
    calls: int
    squares: float


class Baseline(Struct, frozen=True, kw_only=True, gc=False):
    """``usd`` and ``calls``: nano-dollars and calls of a usual hour. ``basis`` says of what kind:
    the same hour of the week or of the day and its neighbours, a busy hour (of a scope used now and
    then), or none.

    ``spread``, ``calls_spread``, ``call_spread``: how much high hours are above the like ones in
    dollars, calls and dollars a call, as a standard deviation of logarithms. ``jump``: mean square
    of a call's nano-dollars over their mean. ``ceiling``: for a busy hour, nano-dollars that no
    hour is expected to reach.
    """

    basis: Basis
    usd: float = 0.0
    calls: float = 0.0
    spread: float = 0.0
    calls_spread: float = 0.0
    call_spread: float = 0.0
    jump: float = 0.0
    ceiling: float = 0.0


NONE = Baseline(basis="none")

_NOTHING = Hour(0, 0, 0.0)


def baseline(hours: Mapping[int, Hour], hour: int) -> Baseline:
    """What is usual in ``hour``, given the hours before it; hours are counted since 1970 and those
    without a call left out."""
    past = {at: one for at, one in hours.items() if hour - PAST - 1 <= at < hour}
    first = min(past, default=hour)
    if hour - first < YOUNG_HOURS:
        return NONE
    return (
        _seasonal("weekday", WEEK, past, first, hour)
        or _seasonal("day", DAY, past, first, hour)
        or _busy(past)
    )


def _seasonal(
    basis: Basis, period: int, past: Mapping[int, Hour], first: int, hour: int
) -> Baseline | None:
    """The same hour of earlier periods and its neighbours; None: there are too few, or too few
    calls in them."""
    like = [past.get(at, _NOTHING) for at in _like(hour, period, first, hour)]
    if len(like) < CELLS_MIN or median([one.calls for one in like]) < DENSE_CALLS:
        return None
    usd = median([one.usd for one in like])
    if usd <= 0:
        return None
    trend = _trend(past, hour) if period == WEEK else 1.0
    begin = max(first, hour - (PAST if period == WEEK else WEEK))
    ratios = list(_ratios(past, period, first, begin, hour))
    return Baseline(
        basis=basis,
        usd=usd * trend,
        calls=median([one.calls for one in like]) * trend,
        spread=_spread([ratio for ratio, _ in ratios]),
        calls_spread=_spread([ratio for _, ratio in ratios]),
        call_spread=_spread([usd / calls for usd, calls in ratios if calls]),
        jump=_jump(past),
    )


def _like(at: int, period: int, first: int, hour: int) -> Iterator[int]:
    """The same hour of other periods and its neighbours, as far as they are known."""
    reach = PAST // period
    for by in range(-reach, reach + 1):
        for like in (at + period * by - 1, at + period * by, at + period * by + 1):
            if by and first <= like < hour:
                yield like


def _ratios(
    past: Mapping[int, Hour], period: int, first: int, begin: int, hour: int
) -> Iterator[tuple[float, float]]:
    """What hours from ``begin`` on were of the middle one of their like: dollars and calls."""
    for at in range(begin, hour, APART):
        like = [past.get(other, _NOTHING) for other in _like(at, period, first, hour)]
        if like:
            usd, calls = median([one.usd for one in like]), median([one.calls for one in like])
            if usd > 0 and calls > 0:
                one = past.get(at, _NOTHING)
                yield one.usd / usd, one.calls / calls


def _spread(ratios: Sequence[float]) -> float:
    """Of hours around their like, and of the high ones among them, which are further off. Of an
    hour of nothing all that is known is that it was low."""
    kept = [max(ratio, 0.05) for ratio in ratios]
    if len(kept) < CELLS_MIN:
        return SPREAD_MAX
    high = math.log(quantile(kept, HIGH) / median(kept)) / HIGH_SPREADS
    return min(SPREAD_MAX, max(SPREAD_MIN, log_spread(kept), high))


def _jump(past: Mapping[int, Hour]) -> float:
    return median([one.squares / one.usd for one in past.values() if one.usd > 0])


def _trend(past: Mapping[int, Hour], hour: int) -> float:
    """How much more the last week has than the weeks before it, hour by hour; 1 where it has less,
    as coming back from quiet days is nothing out of the ordinary.

    The last week is compared with what was two weeks before it; the level of four weeks is that of
    two and a half weeks ago.
    """
    ratios = []
    for at in range(hour - WEEK, hour):
        before = [past.get(at - WEEK * back, _NOTHING).usd for back in (1, 2, 3)]
        usual = median(before)
        if usual > 0:
            ratios.append(past.get(at, _NOTHING).usd / usual)
    if len(ratios) < ACTIVE_MIN:
        return 1.0
    growth: float = max(1.0, median(ratios)) ** 1.25
    return min(TREND_MAX, growth)


def _busy(past: Mapping[int, Hour]) -> Baseline:
    """Of a scope used now and then: its active hours, as if their logarithms were normal."""
    active = [one.usd for one in past.values() if one.usd > 0]
    if len(active) < ACTIVE_MIN:
        return NONE
    middle = median(active)
    spread = min(SPREAD_MAX, max(SPARSE_SPREAD_MIN, log_spread(active)))
    busy = middle * math.exp(BUSY * spread)
    return Baseline(
        basis="busy",
        usd=busy,
        spread=spread,
        jump=_jump(past),
        ceiling=max(SPARSE_TIMES * busy, middle * math.exp(EXTREME * spread)),
    )
