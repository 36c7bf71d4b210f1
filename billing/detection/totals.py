"""What needs no baseline: the day's cost above what an operator allowed, events put aside."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from billing.alerts import ScopeKind
from billing.detection.findings import Finding, clock, dollars, listed
from billing.detection.scopes import SYSTEM
from server.domain.money import NanoUsd, usd_text

GRAVE = 2.0
"""Times the allowed cost of a day."""


class Top(NamedTuple):
    """What cost most of its kind today: nano-dollars."""

    kind: ScopeKind
    key: str
    usd: int


class Dead(Struct, frozen=True, kw_only=True):
    """Usage events that billing could not write: how many, since when, and why the newest."""

    events: int
    since: datetime
    reason: str


def daily_cost(
    spent: NanoUsd, limit: NanoUsd, tops: Sequence[Top], since: datetime, now: datetime
) -> Finding:
    """``spent`` is above ``limit``, since about ``since``."""
    made = listed([f"{top.kind} {top.key} (${dollars(top.usd)})" for top in tops])
    return Finding(
        kind="daily_cost",
        scope=SYSTEM,
        severity="high" if spent >= GRAVE * limit else "watch",
        observed=f"{dollars(spent)} USD/day",
        usual=f"at most {usd_text(limit)} USD/day",
        explanation=(
            f"AI calls of {now:%Y-%m-%d} (UTC) have cost ${dollars(spent)} by {clock(now)}, above"
            f" the ${usd_text(limit)} that are allowed a day."
            + (f" Dearest: {made}." if tops else "")
        ),
        evidence={
            "day": f"{now:%Y-%m-%d}",
            "times": round(spent / limit, 2) if limit else None,
            "observedUsd": usd_text(spent),
            "limitUsd": usd_text(limit),
            **{top.kind: top.key for top in tops},
        },
        since=since,
        measure=float(spent),
    )


def dead_letters(dead: Dead) -> Finding:
    events = "1 usage event" if dead.events == 1 else f"{dead.events} usage events"
    return Finding(
        kind="dead_letters",
        scope=SYSTEM,
        severity="high",
        observed=f"{dead.events} events",
        usual="0 events",
        explanation=(
            f"Billing could not write {events} and put them aside, the oldest at"
            f" {clock(dead.since)} on {dead.since:%Y-%m-%d}: nobody is charged for them yet. The"
            f" newest because: {dead.reason[:200]} See `python -m server deadletters`."
        ),
        evidence={"events": dead.events},
        since=dead.since,
        measure=float(dead.events),
    )
