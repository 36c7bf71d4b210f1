"""Bursts of requests, against a creator's own habits."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from billing.detection.bursts import LEAST, YOUNG, Burst, Habit, bursts, limit_of
from billing.detection.scopes import SYSTEM, Scope

NOW = datetime(2026, 3, 17, 14, 2, tzinfo=UTC)
ANN = UUID(int=1)
HABIT = Habit(middle=3, upper=5, high=6, fives=200, first=NOW - timedelta(days=20))


def burst(turns: int) -> Burst:
    return Burst(
        creator=ANN,
        turns=turns,
        since=NOW - timedelta(minutes=1),
        feature="chat",
        agent="assistant",
        model="demo/small",
    )


@pytest.mark.parametrize(
    ("habit", "limit"),
    [
        (structs.replace(HABIT, middle=1, upper=1, high=1), LEAST),
        (structs.replace(HABIT, middle=30, upper=38, high=40), 152),
        (structs.replace(HABIT, middle=5, upper=6, high=10), pytest.approx(43.5, abs=0.1)),
        (structs.replace(HABIT, fives=11), YOUNG),
        (structs.replace(HABIT, first=NOW - timedelta(days=2)), YOUNG),
        (None, YOUNG),
    ],
)
def test_the_limit_is_several_times_what_is_usual(habit: Habit | None, limit: float) -> None:
    assert limit_of(habit, NOW) == limit


@given(st.integers(1, 100), st.integers(0, 100))
def test_the_limit_is_never_near_a_busy_five_minutes(middle: int, more: int) -> None:
    limit = limit_of(
        structs.replace(HABIT, middle=middle, upper=middle + more, high=middle + more), NOW
    )
    assert limit >= LEAST
    assert limit >= 4 * (middle + more)


def test_who_stays_within_their_habits_is_nobodys_concern() -> None:
    limit = limit_of(HABIT, NOW)
    assert bursts([burst(int(limit) - 1)], {ANN: HABIT}, {}, NOW) == []


def test_a_burst_says_how_many_times_the_usual() -> None:
    (found,) = bursts([burst(90)], {ANN: HABIT}, {}, NOW)
    assert (found.kind, found.scope, found.severity) == (
        "request_burst",
        Scope("creator", str(ANN)),
        "watch",
    )
    assert found.explanation == (
        f"Creator {ANN} sent 90 requests in five minutes, since 14:01 UTC, 30 times the 3 that are"
        " usual for them when active. Most of them: feature chat, agent assistant, model"
        " demo/small."
    )
    assert found.evidence["times"] == 30


def test_somebody_new_has_no_usual() -> None:
    (found,) = bursts([burst(2 * YOUNG)], {}, {}, NOW)
    assert "they are too new to have a usual." in found.explanation
    assert (found.severity, found.evidence["times"]) == ("high", None)


def test_a_burst_goes_on_until_half_of_it_is_over() -> None:
    known = {Scope("creator", str(ANN)): NOW - timedelta(minutes=7)}
    limit = limit_of(HABIT, NOW)
    (found,) = bursts([burst(int(limit / 2) + 1)], {ANN: HABIT}, known, NOW)
    assert found.since == NOW - timedelta(minutes=7)
    assert bursts([burst(int(limit / 2) - 1)], {ANN: HABIT}, known, NOW) == []


def test_what_everybody_does_more_is_no_burst_of_one() -> None:
    turns = round(2 * limit_of(HABIT, NOW))
    for scope in (SYSTEM, Scope("feature", "chat"), Scope("agent", "assistant")):
        assert bursts([burst(turns)], {ANN: HABIT}, {}, NOW, {scope: 3.0}) == []
    for scope in (Scope("feature", "image"), Scope("creator", str(ANN))):
        assert bursts([burst(turns)], {ANN: HABIT}, {}, NOW, {scope: 3.0})


def test_a_burst_beyond_what_everybody_does_more_is_one() -> None:
    turns = round(4 * limit_of(HABIT, NOW))
    assert bursts([burst(turns)], {ANN: HABIT}, {}, NOW, {SYSTEM: 3.0})
    assert bursts([burst(YOUNG)], {}, {}, NOW, {SYSTEM: 3.0})
