"""Whether what a scope costs right now is out of the ordinary, given what is usual for it.

Several windows, as a short one finds a great rise at once and a long one a small rise for certain;
and each only while the last minutes are risen too, so that nothing is found that is over.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from billing.detection.baselines import Baseline
from billing.detection.recent import Sum
from billing.detection.scopes import Scope
from billing.detection.statistics import surprise
from server.domain.money import NANOS_PER_USD

MINUTE, FIVE, TWENTY, HOUR = 60, 300, 1_200, 3_600


class Span(NamedTuple):
    """A window that is judged, the shorter one in which it must still go on, and how many calls
    come at a time in it, as those of a conversation do: seconds, seconds, calls."""

    seconds: int
    still: int
    clump: float


SPANS = (
    Span(MINUTE, MINUTE, 2.0),
    Span(FIVE, FIVE, 4.0),
    Span(TWENTY, FIVE, 8.0),
    Span(HOUR, FIVE, 8.0),
)
SECONDS = tuple(span.seconds for span in SPANS)

OF_A_CREATOR = SPANS[-1:]
"""One creator does all of an hour's work in any of its minutes: what minutes make of many creators'
calls, only a whole hour makes of one's. A burst of requests is found sooner (``bursts``)."""

TIMES = 3.0
"""Nothing below so many times the usual is an incident, however certain."""

RELEASE_TIMES = 2.0
"""An incident goes on while the last minutes cost more than this."""

USD_MIN = NANOS_PER_USD // 2
"""Nano-dollars above the usual in the window: less is not worth anybody's night."""

CALLS_MIN, EFFECTIVE_MIN = 10, 5.0
"""Calls in the window, and of how many the cost is really made, so that a few dear ones raise no
alarm: what one may cost is bounded by its hold."""

LEVEL_SPREADS = 3.0
"""Hours so many spreads above their level are ordinary ones; what is beyond must be beyond chance
on top of it."""

SURPRISE = 14.0
"""Nats: one in a million. Of 300 scopes that cost enough to be judged, a month has some million
windows that differ; what else is asked for makes it fewer."""

DEAR_ERRORS = 4.0
"""Standard errors by which a feature's call must be dearer than usual: 1 in 30,000."""

YOUNG_USD = 20 * NANOS_PER_USD
"""Nano-dollars in an hour above which a scope is out of the ordinary that has no usual yet."""


class Verdict(Struct, frozen=True, kw_only=True):
    """A scope that is out of the ordinary: nano-dollars in the window, those of a usual window of
    that length (0: there is none), and the excess."""

    scope: Scope
    seconds: int
    usd: int
    usual: float
    baseline: Baseline

    @property
    def excess(self) -> float:
        return self.usd - self.usual


def judge(scope: Scope, sums: Mapping[int, Sum], baseline: Baseline) -> Verdict | None:
    """The shortest window in which the scope is out of the ordinary; None: in none. ``sums`` has
    what it cost in each of ``SECONDS``."""
    for span in OF_A_CREATOR if scope.kind == "creator" else SPANS:
        now, still = sums[span.seconds], sums[span.still]
        if not goes_on(still, span.still, baseline, TIMES):
            continue
        usual = usual_in(baseline, span.seconds)
        is_enough = (
            now.calls >= CALLS_MIN and now.effective >= EFFECTIVE_MIN and now.usd - usual >= USD_MIN
        )
        is_feature = scope.kind == "feature"
        if is_enough and _is_extraordinary(now, span, baseline, is_feature=is_feature):
            return Verdict(
                scope=scope, seconds=span.seconds, usd=now.usd, usual=usual, baseline=baseline
            )
    return None


def _is_extraordinary(now: Sum, span: Span, baseline: Baseline, *, is_feature: bool) -> bool:
    """Beyond chance: the calls are so many more, or all that they cost is, or, of one feature,
    whose calls are alike, what one of them costs."""
    share = span.seconds / HOUR
    match baseline.basis:
        case "none":
            return now.usd > YOUNG_USD
        case "busy":  # all of an hour may come in any of its minutes
            return now.usd > baseline.ceiling
        case "weekday" | "day":
            usd, calls = baseline.usd * share, baseline.calls * share
            high_usd = usd * math.exp(LEVEL_SPREADS * baseline.spread)
            high_calls = calls * math.exp(LEVEL_SPREADS * baseline.calls_spread)
            # The variance as it has been and as it is now: what some dear calls make is no rise.
            jump = max(baseline.jump, now.squares / now.usd) + span.clump * usd / calls
            return now.usd >= TIMES * usd and (
                (
                    now.calls >= TIMES * calls
                    and surprise(now.calls, high_calls, span.clump) > SURPRISE
                )
                or surprise(now.usd, high_usd, jump) > SURPRISE
                or (is_feature and _are_dear(now, baseline))
            )


def _are_dear(now: Sum, baseline: Baseline) -> bool:
    """Whether a call costs more than chance makes it: the mean of so many, and that of an hour,
    have errors that are known."""
    times = now.usd / now.calls / (baseline.usd / baseline.calls)
    error = math.sqrt(1 / now.effective + baseline.call_spread**2)
    return times >= TIMES and math.log(times) > DEAR_ERRORS * error


def goes_on(sums: Sum, seconds: int, baseline: Baseline, times: float) -> bool:
    """Whether a window costs at least ``times`` the usual; what has no usual, that share of what
    is too much for it."""
    if baseline.basis == "none":
        return sums.usd * HOUR >= YOUNG_USD * seconds * min(1.0, times / TIMES)
    return sums.usd >= max(1.0, times * usual_in(baseline, seconds))


def usual_in(baseline: Baseline, seconds: int) -> float:
    """Nano-dollars of a usual window; for a scope used now and then, of one in a busy hour."""
    return baseline.usd * seconds / HOUR
