"""Providers whose calls fail more often than is tolerated."""

from collections.abc import Collection, Mapping
from datetime import datetime

from billing.costbook import Key
from billing.detection.costs import FIVE
from billing.detection.findings import Finding, clock
from billing.detection.recent import Recent, Sum
from billing.detection.scopes import Scope
from billing.detection.statistics import onset, wilson_lower

FAILED_MIN = 5
"""Failures in five minutes: fewer are a mishap. So few calls can be all there are: nobody asks a
provider that is down but for a probe every 15 seconds (``agents.providers.health``)."""

CERTAIN = 2.6
"""Standard errors that the share must be above the tolerated one by: by chance 1 in 200 where the
true share is just tolerated, 1 in millions where it is a fifth of it."""

GRAVE = 5.0
"""Times the tolerated share at which users notice: one call in four, where 5 % are tolerated."""


def provider_errors(
    recent: Recent, percent: int, now: datetime, known: Collection[Scope] = ()
) -> list[Finding]:
    """Providers of which more than ``percent`` of the calls of the last five minutes failed.
    ``known``: of open incidents, which go on while it simply is more."""
    (window,) = recent.windows(now, (FIVE,))
    sums: dict[str, Sum] = {}
    for key, one in window.keys.items():
        sums.setdefault(key.provider, Sum()).add(one)
    found = []
    for provider, calls in sorted(sums.items()):
        scope = Scope("provider", provider)
        certain = 0.0 if scope in known else CERTAIN
        share = wilson_lower(calls.failed, calls.calls, certain)
        if calls.failed >= FAILED_MIN and share * 100 > percent:
            found.append(_finding(scope, calls, percent, window.keys, recent, now))
    return found


def _finding(
    scope: Scope, calls: Sum, percent: int, keys: Mapping[Key, Sum], recent: Recent, now: datetime
) -> Finding:
    share = 100 * calls.failed / calls.calls
    series = recent.series(now, scope.has)
    allowed = (share + percent) / 200
    since = series[onset([one.failed - allowed * one.calls for _, one in series])][0]
    models: dict[str, Sum] = {}
    for key, sums in keys.items():
        if scope.has(key):
            models.setdefault(key.model, Sum()).add(sums)
    worst = max(models, key=lambda model: (models[model].failed, model))
    return Finding(
        kind="provider_errors",
        scope=scope,
        severity="high" if share >= GRAVE * percent else "watch",
        observed=f"{share:.1f} % of {calls.calls} calls",
        usual=f"at most {percent} %",
        explanation=(
            f"{calls.failed} of the last {calls.calls} calls to {scope.key} failed"
            f" ({share:.1f} %) in five minutes, since {clock(since)}; {percent} % are tolerated."
            f" {models[worst].failed} of them were calls of {worst}."
        ),
        evidence={
            "times": round(share / percent, 1),
            "windowSeconds": FIVE,
            "calls": calls.calls,
            "failed": calls.failed,
            "model": worst,
        },
        since=since,
        measure=share,
    )
