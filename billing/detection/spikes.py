"""Cost that is out of the ordinary, as findings: judged, and attributed to its cause."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from billing.detection.attribution import causes
from billing.detection.baselines import NONE, Baseline
from billing.detection.costs import (
    FIVE,
    MINUTE,
    RELEASE_TIMES,
    SECONDS,
    USD_MIN,
    Verdict,
    goes_on,
    judge,
    usual_in,
)
from billing.detection.findings import Finding
from billing.detection.recent import Recent, Sum, Window
from billing.detection.scopes import Scope
from billing.detection.statistics import onset
from billing.detection.words import Rise, finding_of

WORTH = USD_MIN // 2
"""What costs less in an hour can neither be out of the ordinary nor explain what is."""


def wanted(window: Window, known: Mapping[Scope, datetime]) -> set[Scope]:
    """The scopes whose baselines a round needs, given the last hour and the open incidents."""
    return {*known, *(scope for scope, sums in window.scopes.items() if sums.usd >= WORTH)}


def spikes(
    recent: Recent,
    baselines: Mapping[Scope, Baseline],
    known: Mapping[Scope, datetime],
    now: datetime,
) -> list[Finding]:
    """What is out of the ordinary. ``known``: scopes of open incidents and since when; they go on
    until they have come down. ``baselines``: at least of the scopes that are ``wanted``."""
    windows = {window.seconds: window for window in recent.windows(now, SECONDS)}
    five = windows[FIVE]
    standing = {
        scope: since
        for scope, since in known.items()
        if goes_on(five.of(scope), FIVE, baselines.get(scope, NONE), RELEASE_TIMES)
    }
    verdicts = [
        verdict
        for scope, baseline in baselines.items()
        if (verdict := judge(scope, _sums(scope, windows), baseline)) is not None
    ]
    new = causes(verdicts, windows, baselines, standing)
    rises = [
        *(
            _rise(recent, scope, since, FIVE, baselines.get(scope, NONE), now)
            for scope, since in standing.items()
        ),
        *(
            _rise(
                recent,
                verdict.scope,
                _since(recent, verdict, now),
                verdict.seconds,
                verdict.baseline,
                now,
            )
            for verdict in new
        ),
    ]
    return [finding_of(rise, windows[rise.seconds], baselines) for rise in rises]


def risen_of(findings: Iterable[Finding]) -> dict[Scope, float]:
    """Scopes with a rise of cost, and how many times the usual they are called; 1: as usual, it
    is their calls that are dearer, or there is no usual."""
    return {
        finding.scope: finding.evidence["callTimes"] or 1.0
        for finding in findings
        if finding.kind == "cost_spike"
    }


def _sums(scope: Scope, windows: Mapping[int, Window]) -> dict[int, Sum]:
    return {seconds: window.of(scope) for seconds, window in windows.items()}


def _since(recent: Recent, verdict: Verdict, now: datetime) -> datetime:
    """The minute in which the rise began: what is halfway between the usual and now is allowed."""
    usual = usual_in(verdict.baseline, MINUTE)
    allowed = (usual + verdict.usd * MINUTE / verdict.seconds) / 2
    series = recent.series(now, verdict.scope.has)
    return series[onset([sums.usd - allowed for _, sums in series])][0]


def _rise(
    recent: Recent, scope: Scope, since: datetime, seconds: int, baseline: Baseline, now: datetime
) -> Rise:
    """The rate of a rise: over the window it was seen in, as far as it had begun."""
    start = max(since, now - timedelta(seconds=seconds)).replace(second=0, microsecond=0)
    spent = Sum()
    for minute, sums in recent.series(now, scope.has):
        if minute >= start:
            spent.add(sums)
    elapsed = max(MINUTE, (now - start).total_seconds())
    return Rise(
        scope=scope,
        since=since,
        seconds=seconds,
        per_minute=spent.usd * MINUTE / elapsed,
        usual_per_minute=usual_in(baseline, MINUTE),
        calls_per_minute=spent.calls * MINUTE / elapsed,
        baseline=baseline,
        now=now,
    )
