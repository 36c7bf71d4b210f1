"""A rise of cost in plain words and figures: how many times the usual, since when, made by what."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from billing.alerts import ScopeKind, Severity
from billing.detection.attribution import excess_of
from billing.detection.baselines import Baseline
from billing.detection.findings import Finding, clock, dollars, listed, times_text
from billing.detection.recent import Window
from billing.detection.scopes import DIMENSIONS, SYSTEM, Scope, scopes_of
from server.domain.money import NANOS_PER_USD, usd_text

HIGH_TIMES, HIGH_USD_PER_HOUR = 8.0, 5 * NANOS_PER_USD
"""So many times the usual, with so many nano-dollars an hour above it: somebody should look now."""

GRAVE_USD_PER_HOUR = 25 * NANOS_PER_USD
"""Or so many, whatever the usual: $600 a day."""


class Rise(Struct, frozen=True, kw_only=True):
    """What a scope costs, in nano-dollars a minute, seen in the last ``seconds``, and its calls."""

    scope: Scope
    since: datetime
    seconds: int
    per_minute: float
    usual_per_minute: float
    calls_per_minute: float
    baseline: Baseline
    now: datetime

    @property
    def times(self) -> float | None:
        """None: there is no usual."""
        return self.per_minute / self.usual_per_minute if self.usual_per_minute else None

    @property
    def call_times(self) -> float | None:
        """How many times the usual number of calls; None: there is none."""
        usual = self.baseline.calls
        return self.calls_per_minute * 60 / usual if usual else None


class Part(Struct, frozen=True, kw_only=True):
    """What made most of an excess, and its share in per cent."""

    scope: Scope
    percent: int


def finding_of(rise: Rise, window: Window, baselines: Mapping[Scope, Baseline]) -> Finding:
    parts = parts_of(rise.scope, window, baselines)
    return Finding(
        kind="cost_spike",
        scope=rise.scope,
        severity=_severity(rise),
        observed=f"{dollars(rise.per_minute)} USD/min",
        usual=f"{dollars(rise.usual_per_minute)} USD/min",
        explanation=f"{_sentence(rise)}{_made_by(parts)}",
        evidence=_evidence(rise, window, parts),
        since=rise.since,
        measure=rise.per_minute,
    )


def parts_of(
    scope: Scope, window: Window, baselines: Mapping[Scope, Baseline]
) -> dict[ScopeKind, Part]:
    """Of each other dimension: what made most of the excess of ``scope``."""
    excesses: dict[Scope, float] = {}
    for key, sums in window.keys.items():
        if scope.has(key):
            for part in scopes_of(key):
                excesses[part] = excesses.get(part, 0.0) + sums.usd
    for part in excesses:
        excesses[part] *= excess_of(part, window, baselines)
    found: dict[ScopeKind, Part] = {}
    for kind in DIMENSIONS:
        of_kind = {part: excess for part, excess in excesses.items() if part.kind == kind}
        total = sum(of_kind.values())
        if kind != scope.kind and total:
            most = max(of_kind, key=lambda part: (of_kind[part], part.key))
            found[kind] = Part(scope=most, percent=round(100 * of_kind[most] / total))
    return found


def _severity(rise: Rise) -> Severity:
    excess = (rise.per_minute - rise.usual_per_minute) * 60
    is_steep = rise.times is None or rise.times >= HIGH_TIMES
    is_high = excess >= GRAVE_USD_PER_HOUR or (is_steep and excess >= HIGH_USD_PER_HOUR)
    return "high" if is_high else "watch"


def _sentence(rise: Rise) -> str:
    kind, key = rise.scope
    name = "The whole system" if rise.scope == SYSTEM else f"{kind.capitalize()} {key}"
    since, rate = f"since {clock(rise.since)}", f"${dollars(rise.per_minute)} a minute"
    if rise.times is None:
        return f"{name} costs {rate} {since}; it is too new to have a usual."
    rates = f"{rate} instead of ${dollars(rise.usual_per_minute)}"
    usual = {
        "weekday": f"as is usual on {rise.now:%A}s around {rise.now:%H}:00 UTC",
        "day": f"as is usual around {rise.now:%H}:00 UTC",
        "busy": "as in a busy hour of its own",
        "none": "",
    }[rise.baseline.basis]
    return f"{name} costs {times_text(rise.times)} times the usual {since}: {rates}, {usual}."


def _made_by(parts: Mapping[ScopeKind, Part]) -> str:
    if not parts:
        return ""
    said = listed([f"{part.scope} ({part.percent} %)" for part in parts.values()])
    return f" Most of what is above it was made by {said}."


def _evidence(rise: Rise, window: Window, parts: Mapping[ScopeKind, Part]) -> dict[str, Any]:
    sums = window.of(rise.scope)
    return {
        "times": _rounded(rise.times),
        "callTimes": _rounded(rise.call_times),
        "basis": rise.baseline.basis,
        "windowSeconds": rise.seconds,
        "observedUsd": usd_text(round(rise.per_minute)),
        "usualUsd": usd_text(round(rise.usual_per_minute)),
        "windowUsd": usd_text(sums.usd),
        "calls": sums.calls,
        "failed": sums.failed,
        **{part.scope.kind: part.scope.key for part in parts.values()},
        "percent": {part.scope.kind: part.percent for part in parts.values()},
    }


def _rounded(times: float | None) -> float | None:
    return None if times is None else round(times, 1)
