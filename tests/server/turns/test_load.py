"""Refusing begins late and ends later; the greedy are refused first, then everybody."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import Overloaded
from server.turns.load import (
    ARRIVING_MAX,
    RETRY_MOST_S,
    TICKS_MIN,
    Level,
    LoadGuard,
    Reading,
    Standing,
    next_level,
    retry_after,
)

LIMIT_S = 0.1
CALM, CROWDED = Reading(0.001, 0.2), Reading(0.001, 1.0)
SLOW, LATE = Reading(0.03, 0.2), Reading(0.2, 0.2)
ALONE = Standing(5, 5, 1)
GREEDY, MODEST, NEW = Standing(9, 12, 3), Standing(1, 12, 3), Standing(0, 12, 4)

lags = st.floats(0, 10, allow_nan=False)
shares = st.floats(0, 1.2, allow_nan=False)
readings = st.builds(Reading, lags, shares)


@dataclass
class Scene:
    """A guard whose ticks, clock and chance are the test's."""

    limit_s: float = LIMIT_S
    now: float = 100.0
    chance: float = 0.0
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.guard = LoadGuard(
            self.limit_s,
            on_refused=self.refused.append,
            now=lambda: self.now,
            chance=lambda: self.chance,
        )

    def tick(self, reading: Reading, times: int = 1) -> Level:
        for _ in range(times):
            self.now += 0.05 + reading.lag_s
            self.guard.take(reading)
        return self.guard.level

    def refusal(self, standing: Standing = NEW, arriving: int = 0) -> Overloaded | None:
        try:
            self.guard.check_turn(standing, arriving)
        except Overloaded as error:
            return error
        return None


@pytest.mark.parametrize(
    ("reading", "level"),
    [
        (CALM, Level.CALM),
        (CROWDED, Level.BUSY),
        (SLOW, Level.BUSY),
        (LATE, Level.OVERLOADED),
    ],
)
def test_what_lasts_for_a_second_sets_the_level(reading: Reading, level: Level) -> None:
    scene = Scene()
    assert scene.tick(CALM, 40) is Level.CALM
    assert scene.tick(reading, 25) is level
    assert scene.tick(CALM, 25) is Level.CALM


@given(st.lists(readings, min_size=2, max_size=2), st.integers(0, TICKS_MIN))
def test_two_ticks_of_any_length_refuse_nobody(blips: list[Reading], apart: int) -> None:
    scene = Scene()
    scene.tick(CALM, 25)
    for blip in blips:
        assert scene.tick(blip) is Level.CALM
        assert scene.tick(CALM, apart) is Level.CALM


def test_the_first_ticks_of_a_process_say_nothing() -> None:
    scene = Scene()
    assert scene.tick(LATE, TICKS_MIN - 1) is Level.CALM
    assert scene.tick(LATE) is Level.OVERLOADED


def test_more_than_half_of_the_ticks_decide() -> None:
    scene = Scene()
    scene.tick(CALM, 2)
    assert scene.tick(LATE, 2) is Level.CALM
    assert scene.tick(LATE) is Level.OVERLOADED


@pytest.mark.parametrize(
    ("before", "lag_s", "busy", "after"),
    [
        (Level.CALM, 0.019, 0.74, Level.CALM),
        (Level.CALM, 0.021, 0.0, Level.BUSY),
        (Level.CALM, 0.0, 0.75, Level.BUSY),
        (Level.BUSY, 0.011, 0.0, Level.BUSY),
        (Level.BUSY, 0.0, 0.65, Level.BUSY),
        (Level.BUSY, 0.009, 0.64, Level.CALM),
        (Level.BUSY, 0.099, 1.0, Level.BUSY),
        (Level.BUSY, 0.1, 0.0, Level.OVERLOADED),
        (Level.OVERLOADED, 0.05, 0.0, Level.OVERLOADED),
        (Level.OVERLOADED, 0.049, 0.0, Level.BUSY),
        (Level.OVERLOADED, 0.009, 0.0, Level.CALM),
    ],
)
def test_a_level_falls_later_than_it_rises(
    before: Level, lag_s: float, busy: float, after: Level
) -> None:
    assert next_level(before, Reading(lag_s, busy), LIMIT_S) is after


@given(st.sampled_from(Level), readings)
def test_the_same_figures_again_change_nothing(level: Level, reading: Reading) -> None:
    after = next_level(level, reading, LIMIT_S)
    assert next_level(Level.CALM, reading, LIMIT_S) <= after
    assert next_level(after, reading, LIMIT_S) is after


@given(st.sampled_from(Level), shares)
def test_a_full_core_alone_is_no_overload(level: Level, busy: float) -> None:
    assert next_level(level, Reading(0.0, busy), LIMIT_S) <= Level.BUSY


@given(st.dictionaries(st.integers(0, 20), st.integers(1, 50), min_size=1))
def test_whoever_runs_no_more_than_the_mean_may_start_and_shares_are_never_below_one(
    running: dict[int, int],
) -> None:
    scene, total = Scene(), sum(running.values())
    scene.tick(CROWDED, 25)
    for mine in running.values():
        standing = Standing(mine, total, len(running))
        assert standing.fair_share >= 1
        if mine * len(running) <= total:
            assert scene.refusal(standing) is None
    assert scene.refusal(Standing(0, total, len(running) + 1)) is None


@given(st.integers(1, 500), st.integers(1, 100))
def test_of_two_users_one_gets_no_more_than_three_times_what_the_other_has(
    greedy: int, other: int
) -> None:
    scene = Scene()
    scene.tick(CROWDED, 25)
    refusal = scene.refusal(Standing(greedy, greedy + other, 2))
    assert (refusal is not None) == (greedy > 3 * other)


def test_while_it_is_busy_the_greedy_are_refused_with_figures() -> None:
    scene = Scene()
    assert scene.refusal(GREEDY) is None
    scene.tick(CROWDED, 25)
    assert [scene.refusal(standing) for standing in (ALONE, MODEST, NEW)] == [None, None, None]
    error = scene.refusal(GREEDY)
    assert error is not None
    assert error.metadata == {
        "scope": "process",
        "measured": "running_turns",
        "value": 9,
        "limit": 7,
    }
    scene.guard.check_session()
    assert scene.refused == ["busy"]


def test_while_it_is_overloaded_nobody_starts_anything() -> None:
    scene = Scene()
    scene.tick(LATE, 25)
    for standing in (ALONE, GREEDY, MODEST, NEW):
        error = scene.refusal(standing)
        assert error is not None
        assert error.metadata == {
            "scope": "process",
            "measured": "loop_lag_ms",
            "value": 200,
            "limit": 100,
        }
    with pytest.raises(Overloaded):
        scene.guard.check_session()
    assert scene.refused == ["overloaded"] * 4


def test_a_stampede_is_bounded_before_the_loop_is_late() -> None:
    scene = Scene()
    assert scene.refusal(GREEDY, ARRIVING_MAX // 2 - 1) is None
    assert scene.refusal(GREEDY, ARRIVING_MAX // 2) is not None
    assert scene.refusal(NEW, ARRIVING_MAX - 1) is None
    error = scene.refusal(NEW, ARRIVING_MAX)
    assert error is not None
    assert (error.metadata["measured"], error.retry_after) == ("arriving_turns", 1.0)


def test_the_hint_grows_while_it_lasts_and_tells_clients_apart() -> None:
    scene = Scene()
    scene.tick(LATE, 10)
    hints = []
    for chance in (0.0, 0.5):
        for waited in (0, 5, 1_000):
            scene.now, scene.chance = scene.guard._since + waited, chance
            error = scene.refusal()
            assert error is not None
            hints.append(error.retry_after)
    assert hints == [1.0, 5.0, 15.0, 1.5, 7.5, 22.5]


@given(st.floats(0, 1e6), st.floats(0, 1, exclude_max=True))
def test_a_hint_is_never_nothing_and_never_for_ever(lasted_s: float, chance: float) -> None:
    assert 1 <= retry_after(lasted_s, chance) <= 2 * RETRY_MOST_S


def test_switched_off_it_watches_and_refuses_nobody() -> None:
    scene = Scene(limit_s=0.0)
    assert scene.tick(LATE, 25) is Level.CALM
    assert scene.guard.reading == LATE
    assert scene.refusal(GREEDY, ARRIVING_MAX) is None
    scene.guard.check_session()
