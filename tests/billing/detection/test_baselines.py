"""What is usual, learned from hours that were made up."""

import math
import random
from collections.abc import Callable

import pytest

from billing.detection.baselines import DAY, PAST, WEEK, Hour, baseline

NOW = 500_000
CENT = 10_000_000


def past(calls: Callable[[int], float], hours: int = PAST + 1, cost: int = CENT) -> dict[int, Hour]:
    """So many calls, by the number of an hour, in each of the hours before NOW."""
    found = {}
    for hour in range(NOW - hours, NOW):
        count = round(calls(hour))
        if count:
            found[hour] = Hour(count * cost, count, float(count * cost * cost))
    return found


def noisy(spread: float, seed: int = 1) -> Callable[[int], float]:
    chance = random.Random(seed)
    return lambda _: 100 * chance.lognormvariate(0, spread)


def test_the_same_hour_of_the_week_is_what_counts() -> None:
    found = baseline(past(lambda hour: 300 if hour % WEEK in _around(NOW) else 30), NOW)
    assert (found.basis, found.usd, found.calls) == ("weekday", 300 * CENT, 300)
    assert found.jump == CENT


def _around(hour: int) -> set[int]:
    return {(hour + by) % WEEK for by in (-2, -1, 0, 1, 2)}


def test_a_scope_of_a_fortnight_has_the_same_hour_of_the_day() -> None:
    near = {(NOW + by) % DAY for by in (-2, -1, 0, 1, 2)}
    found = baseline(past(lambda hour: 300 if hour % DAY in near else 30, 2 * WEEK), NOW)
    assert (found.basis, found.usd) == ("day", 300 * CENT)


@pytest.mark.parametrize("hours", [0, 1, 71])
def test_a_young_scope_has_no_usual(hours: int) -> None:
    assert baseline(past(lambda _: 100, hours), NOW).basis == "none"


def test_a_scope_used_now_and_then_has_a_busy_hour() -> None:
    found = baseline(past(lambda hour: 10 if hour % 12 == 0 else 0), NOW)
    assert found.basis == "busy"
    assert 10 * CENT < found.usd < 30 * CENT
    assert found.ceiling >= 4 * found.usd


def test_a_scope_that_was_hardly_used_has_no_usual() -> None:
    assert baseline(past(lambda hour: 10 if hour % 100 == 0 else 0), NOW).basis == "none"


def test_what_costs_nothing_has_no_usual() -> None:
    assert baseline(past(lambda _: 100, cost=0), NOW).basis == "none"


def test_the_spread_is_that_of_the_hours() -> None:
    calm, wild = baseline(past(noisy(0.2)), NOW), baseline(past(noisy(0.6)), NOW)
    assert 0.15 < calm.spread < 0.35
    assert 0.5 < wild.spread < 0.9
    assert calm.calls_spread == pytest.approx(calm.spread, abs=0.01)
    assert calm.call_spread == 0.15  # the least: each call cost the same


@pytest.mark.parametrize("ago", [WEEK, DAY, 5])
def test_six_hours_of_an_incident_move_little(ago: int) -> None:
    """At the same hour of the last week, of the last day, and just before now."""
    hours = past(noisy(0.2))
    clean = baseline(hours, NOW)
    for hour in range(NOW - ago - 3, min(NOW, NOW - ago + 3)):
        usd, calls, squares = hours[hour]
        hours[hour] = Hour(usd * 50, calls * 50, squares * 50)
    after = baseline(hours, NOW)
    assert after.usd == pytest.approx(clean.usd, rel=0.25)
    assert after.spread == pytest.approx(clean.spread, rel=0.25)


def test_an_outage_moves_little() -> None:
    hours = past(noisy(0.2))
    clean = baseline(hours, NOW)
    for hour in range(NOW - WEEK - 4, NOW - WEEK + 4):
        del hours[hour]
    assert baseline(hours, NOW).usd == pytest.approx(clean.usd, rel=0.25)


def test_growth_is_followed() -> None:
    weekly = 1.3
    found = baseline(past(lambda hour: 1_000 * weekly ** ((hour - NOW) / WEEK)), NOW)
    assert found.usd == pytest.approx(1_000 * CENT, rel=0.1)


def test_a_quiet_week_lowers_nothing() -> None:
    found = baseline(past(lambda hour: 100 if hour < NOW - WEEK else 40), NOW)
    assert found.usd == 100 * CENT


def test_growth_is_believed_only_so_far() -> None:
    found = baseline(past(lambda hour: 100 if hour < NOW - WEEK else 1_000), NOW)
    assert found.usd <= 200 * CENT


def test_hours_to_come_and_of_long_ago_say_nothing() -> None:
    hours = past(noisy(0.3))
    other = {
        **hours,
        NOW: Hour(10**15, 10**6, 1e20),
        NOW - PAST - 5: Hour(10**15, 10**6, 1e20),
    }
    assert baseline(other, NOW) == baseline(hours, NOW)


def test_a_dear_call_now_and_then_is_in_the_jump() -> None:
    hours = {
        hour: Hour(99 * CENT + 100 * CENT, 100, 99.0 * CENT**2 + (100.0 * CENT) ** 2)
        for hour in range(NOW - PAST, NOW)
    }
    found = baseline(hours, NOW)
    assert found.jump == pytest.approx((99 + 100**2) / 199 * CENT)
    assert math.isclose(found.usd / found.calls, 1.99 * CENT)
