"""Robust statistics: by properties, and against chance where a bound is promised."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.detection.statistics import (
    log_spread,
    median,
    onset,
    quantile,
    surprise,
    wilson_lower,
)

amounts = st.floats(min_value=0.001, max_value=1e9)
samples = st.lists(amounts, min_size=1, max_size=60)


@given(samples)
def test_half_of_the_values_are_on_either_side_of_the_median(values: list[float]) -> None:
    middle = median(values)
    assert sum(value <= middle for value in values) * 2 >= len(values)
    assert sum(value >= middle for value in values) * 2 >= len(values)


@given(st.lists(amounts, min_size=5, max_size=41), st.randoms())
def test_a_minority_of_wild_values_leaves_the_median_among_the_others(
    values: list[float], chance: random.Random
) -> None:
    wild = [1e15 * chance.random() for _ in range((len(values) - 1) // 2)]
    assert min(values) <= median([*values, *wild]) <= max(values)


@given(samples, st.floats(min_value=0.01, max_value=1))
def test_a_quantile_is_a_value_that_its_share_does_not_exceed(
    values: list[float], share: float
) -> None:
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


@given(samples, st.floats(min_value=0.01, max_value=100))
def test_a_spread_does_not_depend_on_the_unit(values: list[float], unit: float) -> None:
    scaled = [value * unit for value in values]
    assert log_spread(scaled) == pytest.approx(log_spread(values), abs=1e-6)


def test_the_spread_of_log_normal_values_is_that_of_their_logarithms() -> None:
    chance = random.Random(1)
    values = [chance.lognormvariate(3, 0.4) for _ in range(20_000)]
    assert log_spread(values) == pytest.approx(0.4, rel=0.05)


@pytest.mark.parametrize("function", [median, lambda values: quantile(values, 0.5)])
def test_nothing_has_no_middle(function: object) -> None:
    with pytest.raises(ValueError, match="no values"):
        function([])  # type: ignore[operator]  # one of two functions


@given(amounts, amounts, amounts, st.floats(min_value=1, max_value=10))
def test_more_is_never_less_surprising(
    total: float, mean: float, jump: float, times: float
) -> None:
    assert surprise(total * times, mean, jump) >= surprise(total, mean, jump) >= 0
    assert surprise(total, mean * times, jump) <= surprise(total, mean, jump) * (1 + 1e-9)
    assert surprise(total, mean, jump * times) <= surprise(total, mean, jump)


def test_something_where_nothing_is_expected_is_a_surprise_without_end() -> None:
    assert surprise(1, 0, 1) == math.inf
    assert surprise(0, 0, 1) == 0


def test_chance_reaches_a_total_no_more_often_than_is_promised() -> None:
    """Sums of a Poisson number of clumps of five, 4 of them expected."""
    chance, rounds = random.Random(2), 20_000
    totals = [5 * _poisson(chance, 4.0) for _ in range(rounds)]
    for total in (30, 40, 50, 60):
        share = sum(found >= total for found in totals) / rounds
        assert share <= math.exp(-surprise(total, 20, 5))


def _poisson(chance: random.Random, mean: float) -> int:
    number, moment = 0, chance.expovariate(mean)
    while moment < 1:
        number, moment = number + 1, moment + chance.expovariate(mean)
    return number


@given(st.integers(0, 500), st.integers(0, 500), st.floats(min_value=0, max_value=5))
def test_the_lower_end_is_a_share_and_not_above_the_one_seen(
    hits: int, misses: int, z: float
) -> None:
    lower = wilson_lower(hits, hits + misses, z)
    assert 0 <= lower <= 1
    if hits + misses:
        assert lower <= hits / (hits + misses) + 1e-9


def test_the_lower_end_is_as_published() -> None:
    """Newcombe 1998, table I: 81 of 263 have 0.2553 as the lower end at 95 %."""
    assert wilson_lower(81, 263, 1.96) == pytest.approx(0.2553, abs=0.0001)


@given(
    st.lists(st.floats(-9, -0.1), min_size=1, max_size=40),
    st.lists(st.floats(0.1, 9), min_size=1, max_size=40),
)
def test_a_rise_is_found_where_it_began(before: list[float], after: list[float]) -> None:
    assert onset([*before, *after]) == len(before)


def test_a_lull_in_a_rise_does_not_end_it() -> None:
    assert onset([-1, -1, 5, 5, -1, 5, 5]) == 2
