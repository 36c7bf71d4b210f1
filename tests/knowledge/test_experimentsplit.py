"""A fan's variant is always the same, and weights are kept."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from knowledge.experimentsplit import place

WEIGHTS = st.lists(st.integers(1, 1_000), min_size=2, max_size=6)
ONE, OTHER = UUID(int=1), UUID(int=2)


@given(st.uuids(), st.text(max_size=200), WEIGHTS)
def test_any_fan_has_one_place_the_same_again(
    experiment: UUID, fan: str, weights: list[int]
) -> None:
    found = place(experiment, fan, weights)
    assert found in range(len(weights))
    assert place(experiment, fan, weights) == found


def test_a_place_stays_what_it_was_in_earlier_versions() -> None:
    found = [place(ONE, f"fan-{number}", [1, 1, 1]) for number in range(12)]
    assert found == [1, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0]


def test_fans_are_spread_by_weight() -> None:
    found = [place(ONE, f"fan-{number}", [3, 1]) for number in range(10_000)]
    assert abs(found.count(0) - 7_500) < 150  # 3.5 standard deviations


def test_two_experiments_spread_the_same_fans_independently() -> None:
    both = [
        (place(ONE, f"fan-{number}", [1, 1]), place(OTHER, f"fan-{number}", [1, 1]))
        for number in range(10_000)
    ]
    assert all(abs(both.count((one, other)) - 2_500) < 150 for one in (0, 1) for other in (0, 1))
