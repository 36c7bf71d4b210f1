"""The statistics, against published tables and against counting it out."""

import random
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.significance import LEVEL, POWER, Count, fisher, holm, reports_needed, wilson

COUNTS = st.integers(0, 40).flatmap(
    lambda of: st.builds(Count, hits=st.integers(0, of), of=st.just(of))
)


def count(hits: int, of: int) -> Count:
    return Count(hits=hits, of=of)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_are_those_that_newcombe_published(
    hits: int, of: int, low: float, high: float
) -> None:
    """Statistics in Medicine 17 (1998), table I, method 3."""
    interval = wilson(count(hits, of))
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(COUNTS)
def test_an_interval_holds_its_rate_and_mirrors(one: Count) -> None:
    interval = wilson(one)
    assert 0 <= interval.low <= interval.high <= 1
    if one.of:
        assert interval.low <= one.rate <= interval.high
    mirrored = wilson(count(one.of - one.hits, one.of))
    assert mirrored.low == pytest.approx(1 - interval.high)


@pytest.mark.parametrize(
    ("one", "other", "p_value"),
    [
        (count(3, 4), count(1, 4), 0.4857),  # the lady tasting tea, Fisher 1935
        (count(2, 17), count(10, 13), 0.0005367),  # convicted twins, as R's fisher.test has it
        (count(1, 12), count(9, 12), 0.002759),
    ],
)
def test_p_values_are_those_of_textbooks(one: Count, other: Count, p_value: float) -> None:
    assert fisher(one, other) == pytest.approx(p_value, rel=2e-4)


@given(COUNTS, COUNTS)
def test_a_p_value_is_what_counting_all_tables_says(one: Count, other: Count) -> None:
    hits, everybody = one.hits + other.hits, one.of + other.of

    def tables(k: int) -> int:
        return comb(one.of, k) * comb(other.of, hits - k)

    extreme = sum(tables(k) for k in range(hits + 1) if tables(k) <= tables(one.hits))
    exact = Fraction(extreme, comb(everybody, hits))
    assert fisher(one, other) == pytest.approx(float(exact), abs=1e-12)
    assert fisher(other, one) == pytest.approx(fisher(one, other))


def test_what_cannot_be_chance_is_nought_and_many_reports_are_no_trouble() -> None:
    assert fisher(count(5_000, 1_000_000), count(50_300, 1_000_000)) == 0
    assert 0.001 < fisher(count(5_000, 100_000), count(5_300, 100_000)) < 0.003


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),  # as R's p.adjust
        ([0.04, 0.01], [0.04, 0.02]),
        ([0.9, 0.8], [1, 1]),
        ([], []),
    ],
)
def test_several_comparisons_are_corrected_as_holm_does(
    p_values: list[float], corrected: list[float]
) -> None:
    assert holm(p_values) == pytest.approx(corrected)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_a_correction_never_makes_surer_nor_changes_the_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(before <= after <= 1 for before, after in zip(p_values, corrected, strict=True))
    ranked = sorted(range(len(p_values)), key=lambda place: p_values[place])
    assert [corrected[place] for place in ranked] == sorted(corrected)


@pytest.mark.parametrize(
    ("one", "other", "needed"), [(0.25, 0.4, 165), (0.05, 0.15, 160), (0.6, 0.8, 91)]
)
def test_numbers_needed_are_those_of_fleiss(one: float, other: float, needed: int) -> None:
    """Statistical Methods for Rates and Proportions, table A.3: 5 %, power 80 %."""
    assert reports_needed(one, other) == reports_needed(other, one) == needed


def test_no_number_finds_what_is_not_there_and_more_comparisons_need_more() -> None:
    assert reports_needed(0.1, 0.1) is None
    assert (reports_needed(0.05, 0.15, comparisons=5) or 0) > 160


def test_so_many_reports_do_find_the_difference_in_four_of_five_cases() -> None:
    """Summed over all outcomes of 25 fans each, of whom 10 and 50 % buy."""
    of = reports_needed(0.1, 0.5) or 0

    def probability(hits: int, rate: float) -> float:
        return comb(of, hits) * rate**hits * (1 - rate) ** (of - hits)

    found = sum(
        probability(one, 0.1) * probability(other, 0.5)
        for one in range(of + 1)
        for other in range(of + 1)
        if fisher(count(one, of), count(other, of)) <= LEVEL
    )
    assert POWER <= found < POWER + 0.1


@pytest.mark.parametrize("variants", [2, 4])
def test_of_equal_messages_one_is_seldom_called_better(variants: int) -> None:
    """Two thousand experiments of texts that are all alike; a fixed seed."""
    chance, wrong = random.Random(8), 0
    for _ in range(2_000):
        control, *others = [
            count(sum(chance.random() < 0.2 for _ in range(60)), 60) for _ in range(variants)
        ]
        wrong += min(holm([fisher(other, control) for other in others])) <= LEVEL
    assert 0 < wrong / 2_000 <= LEVEL
