"""What is out of the ordinary, given windows and what is usual."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.detection.baselines import NONE, Baseline
from billing.detection.costs import SECONDS, YOUNG_USD, Verdict, goes_on, judge
from billing.detection.recent import Sum
from billing.detection.scopes import SYSTEM, Scope
from tests.billing.detection.rises import CENT, sums, usual

FEATURE, CREATOR = Scope("feature", "chat"), Scope("creator", "somebody")


def steady(calls_a_minute: int, cost: int = CENT) -> dict[int, Sum]:
    """So many calls in every minute of the hour."""
    return {seconds: sums(calls_a_minute * seconds // 60, cost) for seconds in SECONDS}


def since(minutes: int, calls_a_minute: int, before: int, cost: int = CENT) -> dict[int, Sum]:
    """``before`` so many calls a minute, then more, for the last so many minutes."""
    found = {}
    for seconds in SECONDS:
        risen = min(minutes, seconds // 60)
        total = sums(risen * calls_a_minute, cost)
        total.add(sums((seconds // 60 - risen) * before))
        found[seconds] = total
    return found


@pytest.mark.parametrize("times", [0.1, 1, 2, 2.9])
def test_below_three_times_the_usual_nothing_is_an_incident(times: float) -> None:
    assert judge(SYSTEM, steady(round(600 * times)), usual(36_000)) is None


@pytest.mark.parametrize(
    ("before", "now", "minutes", "seconds"),
    [
        (100, 400, 1, 60),  # a large scope: at once
        (20, 200, 1, 60),
        (2, 20, 5, 300),  # a smaller one, or a smaller rise: it takes a longer look
        (10, 40, 5, 300),
        (3, 14, 20, 1_200),
    ],
)
def test_a_rise_is_found_in_the_shortest_window_that_shows_it(
    before: int, now: int, minutes: int, seconds: int
) -> None:
    verdict = judge(FEATURE, since(minutes, now, before), usual(before * 60))
    assert verdict is not None
    assert verdict.seconds == seconds
    assert verdict.usual == before * seconds / 60 * CENT
    assert verdict.excess == verdict.usd - verdict.usual


def test_what_is_over_is_not_found() -> None:
    windows = since(1, 100, 100)
    windows[3_600] = sums(30_000)  # most of it more than five minutes ago
    windows[1_200] = sums(10_000)
    assert judge(FEATURE, windows, usual(6_000)) is None


def test_a_few_dear_calls_raise_no_alarm() -> None:
    windows = steady(2)
    for one in windows.values():
        one.add(sums(3, 300 * CENT))
    assert judge(FEATURE, windows, usual(120)) is None


def test_cents_raise_no_alarm() -> None:
    assert judge(FEATURE, steady(8, cost=CENT // 10), usual(1, cost=CENT // 10)) is None


def test_a_feature_whose_calls_have_become_dear_is_found() -> None:
    verdict = judge(FEATURE, since(5, 5, 5, cost=12 * CENT), usual(300))
    assert verdict is not None
    assert verdict.seconds <= 300


def test_a_noisy_scope_must_rise_further() -> None:
    windows, calm = since(5, 80, 20), usual(1_200)
    noisy = usual(1_200, spread=0.8, calls_spread=0.8, call_spread=0.8)
    assert judge(FEATURE, windows, calm) is not None
    assert judge(FEATURE, windows, noisy) is None


def test_a_creator_is_judged_by_the_hour() -> None:
    """Conversations come and go: forty calls of a usual hour's sixty may come in two minutes."""
    assert judge(FEATURE, since(2, 40, 1), usual(60)) is not None
    assert judge(CREATOR, since(2, 20, 1), usual(60)) is None
    verdict = judge(CREATOR, since(20, 40, 1), usual(60))
    assert verdict is not None
    assert verdict.seconds == 3_600


def test_a_scope_used_now_and_then_is_judged_by_its_ceiling() -> None:
    busy = Baseline(basis="busy", usd=100 * CENT, ceiling=400 * CENT)
    assert judge(FEATURE, since(10, 39, 0), busy) is None
    assert judge(FEATURE, since(10, 41, 0), busy) is not None


def test_a_scope_without_a_usual_is_judged_by_what_is_too_much_for_any() -> None:
    calls = YOUNG_USD // CENT // 10
    assert judge(FEATURE, since(10, calls - 1, 0), NONE) is None
    verdict = judge(FEATURE, since(10, calls + 1, 0), NONE)
    assert verdict is not None
    assert verdict.usual == 0


@given(st.integers(0, 2_000), st.integers(1, 3), st.floats(1, 5_000), st.floats(0.15, 1.2))
def test_whoever_costs_more_is_not_less_of_an_incident(
    calls: int, more: int, hourly: float, spread: float
) -> None:
    baseline = usual(hourly, spread=spread, calls_spread=spread)

    def found(a_minute: int) -> Verdict | None:
        return judge(FEATURE, steady(a_minute), baseline)

    if found(calls):
        assert found(calls + more)


@pytest.mark.parametrize(
    ("calls", "baseline", "goes"),
    [
        (20, usual(60), True),
        (9, usual(60), False),
        (1_400, NONE, True),  # two thirds of the rate that is too much
        (10, NONE, False),
        (0, usual(0.001), False),
    ],
)
def test_an_incident_goes_on_while_the_last_minutes_are_twice_the_usual(
    calls: int, baseline: Baseline, *, goes: bool
) -> None:
    assert goes_on(sums(calls), 300, baseline, 2.0) is goes
