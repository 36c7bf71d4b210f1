"""Figures in words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.detection.findings import clock, dollars, listed, times_text


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (0, "0"),
        (1_500_000_000, "1.5"),
        (12_345_678_901, "12.35"),
        (620_000_000, "0.62"),
        (61_987_654, "0.062"),
        (1_234_567, "0.0012"),
        (1, "0.000000001"),
    ],
)
def test_dollars_have_as_many_places_as_say_something(nanos: int, text: str) -> None:
    assert dollars(nanos) == text


@given(st.integers(0, 10**15))
def test_dollars_are_right_within_a_twentieth(nanos: int) -> None:
    assert abs(float(dollars(nanos)) * 1e9 - nanos) <= max(nanos / 20, 1)


def test_lists_moments_and_multiples_read_well() -> None:
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]
    assert clock(datetime(2026, 3, 17, 9, 5, 59, tzinfo=UTC)) == "09:05 UTC"
    assert [times_text(4.26), times_text(19.96), times_text(53.7)] == ["4.3", "20.0", "54"]
