"""Each call once, in bounded memory, and never a guess."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.costseen import Seen, Unsure
from tests.billing.support import NOON


def call(number: int) -> tuple[UUID, datetime]:
    return UUID(int=number), NOON + timedelta(seconds=number)


def test_what_the_snapshot_counted_is_not_new() -> None:
    seen = Seen(dict([call(1)]))
    assert not seen.is_new(*call(1))
    assert seen.is_new(*call(2))
    assert not seen.is_new(*call(2))


@given(st.lists(st.integers(0, 30), max_size=200), st.integers(1, 10))
def test_no_order_of_deliveries_counts_a_call_twice(numbers: list[int], most: int) -> None:
    seen, counted = Seen({}, most), set()
    for number in numbers:
        try:
            if seen.is_new(*call(number)):
                assert number not in counted
                counted.add(number)
        except Unsure:
            continue
        assert len(seen) <= most


def test_a_call_older_than_what_was_forgotten_needs_a_snapshot() -> None:
    seen = Seen({}, 2)
    for number in (5, 6, 7):
        assert seen.is_new(*call(number))
    with pytest.raises(Unsure):
        seen.is_new(*call(5))
    with pytest.raises(Unsure):
        seen.is_new(*call(4))
    assert seen.is_new(*call(8))


def test_a_backlog_larger_than_the_memory_is_remembered_whole() -> None:
    seen = Seen(dict(call(number) for number in range(100)), 5)
    assert not any(seen.is_new(*call(number)) for number in range(100))
