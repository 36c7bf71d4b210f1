"""One incident for one cause: of all scopes that are out of the ordinary at once, the one behind.

A creator's runaway loop raises the creator, the feature, agent and model that it uses, and the
whole system. What takes away the excess of the others explains them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from billing.detection.baselines import NONE, Baseline
from billing.detection.costs import Verdict, judge, usual_in
from billing.detection.recent import Sum, Window
from billing.detection.scopes import DIMENSIONS, SYSTEM, Scope

EXPLAINED = 2 / 3
"""Share of an excess that must be another scope's for that one to explain it."""

OUTSTANDING, STEEPER = 1 / 3, 1.5
"""Share of the system's excess, and how much more a scope must have risen, to be one of several
causes."""

TIMES_MAX = 64.0
"""Beyond, one scope has not risen more than another: neither had a usual worth the name."""

RANKS: Mapping[str, int] = {kind: rank for rank, kind in enumerate((*DIMENSIONS, "system"))}


def causes(
    verdicts: Sequence[Verdict],
    windows: Mapping[int, Window],
    baselines: Mapping[Scope, Baseline],
    standing: Iterable[Scope] = (),
) -> list[Verdict]:
    """What to open incidents of. ``standing``: scopes of incidents that go on; what they explain
    opens none. A scope that is not judged out of the ordinary by itself, as it is too young for
    that, may still be the cause: its verdict is then in the window of what it explains."""
    known = list(standing)
    left = [verdict for verdict in verdicts if verdict.scope not in known]
    found: list[Verdict] = []
    while left := [verdict for verdict in left if _is_left(verdict, known, windows, baselines)]:
        scope = _best(left, windows, baselines)
        found.append(_verdict(scope, left, windows, baselines))
        known.append(scope)
        left = [verdict for verdict in left if verdict.scope != scope]
    return found


def _is_left(
    verdict: Verdict,
    known: Sequence[Scope],
    windows: Mapping[int, Window],
    baselines: Mapping[Scope, Baseline],
) -> bool:
    """Whether a scope would be out of the ordinary without what known causes make of it."""
    if not known:
        return True
    if any(_explains(scope, verdict, windows, baselines) for scope in known):
        return False
    rest = {
        seconds: _without(verdict.scope, known, window, baselines)
        for seconds, window in windows.items()
    }
    return judge(verdict.scope, rest, verdict.baseline) is not None


def _without(
    whole: Scope, known: Sequence[Scope], window: Window, baselines: Mapping[Scope, Baseline]
) -> Sum:
    """The calls of a scope in a window as they would be had known causes not risen."""
    rest = Sum()
    rest.add(window.of(whole))
    excesses = {scope: excess_of(scope, window, baselines) for scope in known}
    for key, sums in window.keys.items():
        if whole.has(key):
            share = max((excesses[scope] for scope in known if scope.has(key)), default=0.0)
            rest.take_away(sums, share)
    return rest


def excess_of(scope: Scope, window: Window, baselines: Mapping[Scope, Baseline]) -> float:
    """Share of what ``scope`` costs in ``window`` that is above its usual: 0 to 1."""
    usd = window.of(scope).usd
    usual = usual_in(baselines.get(scope, NONE), window.seconds)
    return max(0.0, 1 - usual / usd) if usd else 0.0


def part_of(scope: Scope, whole: Scope, window: Window) -> int:
    """Nano-dollars of calls that count for both."""
    return sum(sums.usd for key, sums in window.keys.items() if scope.has(key) and whole.has(key))


def _explains(
    scope: Scope,
    verdict: Verdict,
    windows: Mapping[int, Window],
    baselines: Mapping[Scope, Baseline],
) -> bool:
    window = windows[verdict.seconds]
    part = part_of(scope, verdict.scope, window) * excess_of(scope, window, baselines)
    return part >= EXPLAINED * verdict.excess


def _best(
    left: Sequence[Verdict], windows: Mapping[int, Window], baselines: Mapping[Scope, Baseline]
) -> Scope:
    """Explains most of what is left; then has risen most, in powers of two; then the scope that
    is paused with the least harm."""

    def rank(scope: Scope) -> tuple[int, int, int, str]:
        explained = [
            verdict
            for verdict in left
            if verdict.scope == scope or _explains(scope, verdict, windows, baselines)
        ]
        risen = max(
            (_times(scope, windows[one.seconds], baselines) for one in explained), default=1
        )
        return (-len(explained), -round(math.log2(risen)), RANKS[scope.kind], scope.key)

    candidates = _candidates(left, windows)
    whole = next((verdict for verdict in left if verdict.scope == SYSTEM), None)
    if whole and any(
        _stands_out(scope, whole, windows[whole.seconds], baselines)
        for scope in candidates - {SYSTEM}
    ):
        candidates -= {SYSTEM}
    return min(candidates, key=rank)


def _stands_out(
    scope: Scope, whole: Verdict, window: Window, baselines: Mapping[Scope, Baseline]
) -> bool:
    """Whether a scope has risen more than the system and makes a good part of it: then it is not
    everything that has risen, but some things at once."""
    part = part_of(scope, SYSTEM, window) * excess_of(scope, window, baselines)
    return part >= OUTSTANDING * whole.excess and (
        _times(scope, window, baselines) >= STEEPER * _times(SYSTEM, window, baselines)
    )


def _candidates(left: Sequence[Verdict], windows: Mapping[int, Window]) -> set[Scope]:
    """What is out of the ordinary, and whatever else costs enough to explain some of it."""
    found = {verdict.scope for verdict in left}
    for verdict in left:
        floor = EXPLAINED * verdict.excess
        window = windows[verdict.seconds]
        found |= {
            scope for scope, sums in window.scopes.items() if sums.usd >= floor and scope != SYSTEM
        }
    return found


def _times(scope: Scope, window: Window, baselines: Mapping[Scope, Baseline]) -> float:
    usual = 1 - excess_of(scope, window, baselines)
    return min(TIMES_MAX, 1 / max(usual, 1 / TIMES_MAX))


def _verdict(
    scope: Scope,
    left: Sequence[Verdict],
    windows: Mapping[int, Window],
    baselines: Mapping[Scope, Baseline],
) -> Verdict:
    for verdict in left:
        if verdict.scope == scope:
            return verdict
    seconds = min(
        verdict.seconds for verdict in left if _explains(scope, verdict, windows, baselines)
    )
    baseline = baselines.get(scope, NONE)
    return Verdict(
        scope=scope,
        seconds=seconds,
        usd=windows[seconds].of(scope).usd,
        usual=usual_in(baseline, seconds),
        baseline=baseline,
    )
