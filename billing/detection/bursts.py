"""Bursts of requests: a creator's turns of the last five minutes against their own habits (B5)."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from billing.detection.costs import FIVE
from billing.detection.findings import Finding, clock, times_text
from billing.detection.scopes import SYSTEM, Scope

LEAST = 20
"""Turns in five minutes that nobody needs to be told of, whoever's: four a minute."""

TIMES = 4.0
SPREADS = 4.0
"""Standard deviations above the middle of a creator's active five minutes."""

QUARTILE, TENTH = 0.674, 1.282
"""Of a normal distribution: where its upper quarter and its upper tenth begin. Who talks to several
people at once has more high five minutes than the quarter tells."""

SPREAD_MIN = 0.4

YOUNG = 100
"""Turns in five minutes of somebody without habits: a plan's requests of an hour, or two's."""

YOUNG_AGE = timedelta(days=3)
FIVES_MIN = 12
"""Active five minutes that make a habit: an hour of use."""

RELEASE = 0.5
HIGH = 2.0


class Burst(Struct, frozen=True, kw_only=True):
    """Turns of one creator in the last five minutes, since when most of them came, and what most of
    them were for."""

    creator: UUID
    turns: int
    since: datetime
    feature: str
    agent: str
    model: str


class Habit(Struct, frozen=True, kw_only=True):
    """Turns in the middle one of a creator's active five minutes of four weeks, in those that a
    quarter and a tenth exceed, how many those are, and since when. A tenth of them may have been
    bursts."""

    middle: int
    upper: int
    high: int
    fives: int
    first: datetime


def limit_of(habit: Habit | None, now: datetime, more: float = 1.0) -> float:
    """Turns in five minutes from which on they are a burst, where everybody sends ``more`` times
    the usual. What is too much for somebody without habits stays so."""
    if habit is None or habit.fives < FIVES_MIN or now - habit.first < YOUNG_AGE:
        return YOUNG
    spread = max(
        SPREAD_MIN,
        math.log(habit.upper / habit.middle) / QUARTILE,
        math.log(habit.high / habit.middle) / TENTH,
    )
    return more * max(LEAST, TIMES * habit.upper, habit.middle * math.exp(SPREADS * spread))


def bursts(
    seen: Iterable[Burst],
    habits: Mapping[UUID, Habit],
    known: Mapping[Scope, datetime],
    now: datetime,
    risen: Mapping[Scope, float] | None = None,
) -> list[Finding]:
    """``known``: creators of open incidents and since when; they go on until half of it is over.
    ``risen``: what has a rise of cost, and how many times the usual it is called: what the rise of
    a feature, agent, model or of everything explains is no creator's burst."""
    found = []
    for burst in seen:
        habit = habits.get(burst.creator)
        limit = limit_of(habit, now, _more(burst, risen or {}))
        scope = Scope("creator", str(burst.creator))
        if burst.turns >= limit * (RELEASE if scope in known else 1):
            found.append(_finding(scope, burst, habit, limit, known.get(scope, burst.since)))
    return found


def _more(burst: Burst, risen: Mapping[Scope, float]) -> float:
    """How many times the usual everybody asks for what the creator asks for most."""
    shared = (
        SYSTEM,
        Scope("feature", burst.feature),
        Scope("agent", burst.agent),
        Scope("model", burst.model),
    )
    return max(1.0, *(risen.get(scope, 1.0) for scope in shared))


def _finding(
    scope: Scope, burst: Burst, habit: Habit | None, limit: float, since: datetime
) -> Finding:
    times = None if habit is None else burst.turns / habit.middle
    usual = (
        "; they are too new to have a usual."
        if times is None or habit is None
        else f", {times_text(times)} times the {habit.middle} that are usual for them when active."
    )
    return Finding(
        kind="request_burst",
        scope=scope,
        severity="high" if burst.turns >= HIGH * limit else "watch",
        observed=f"{burst.turns} requests/5 min",
        usual=f"{habit.middle if habit else 0} requests/5 min",
        explanation=(
            f"Creator {burst.creator} sent {burst.turns} requests in five minutes, since"
            f" {clock(since)}{usual} Most of them: feature {burst.feature}, agent {burst.agent},"
            f" model {burst.model}."
        ),
        evidence={
            "times": None if times is None else round(times, 1),
            "windowSeconds": FIVE,
            "turns": burst.turns,
            "limit": round(limit),
            "feature": burst.feature,
            "agent": burst.agent,
            "model": burst.model,
        },
        since=since,
        measure=float(burst.turns),
    )
