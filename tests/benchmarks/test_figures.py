import pytest

from tests.benchmarks.figures import percentile, spread


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_a_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected


def test_one_sample_is_every_percentile() -> None:
    assert percentile([7], 0.5) == percentile([7], 0.99) == 7


def test_nothing_has_no_percentile_and_no_spread() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 0.5)
    with pytest.raises(ValueError, match="no values"):
        spread([])


def test_a_spread_tells_middle_ends_and_how_many() -> None:
    found = spread([3.0, 1.0, 2.0])
    assert (found.median, found.least, found.most, found.times) == (2.0, 1.0, 3.0, 3)
