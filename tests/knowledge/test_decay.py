"""Confidence fades by a fifth in thirty days, and never grows by waiting."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.decay import decayed
from tests.server.accounts.people import START

CONFIDENCE = st.floats(0, 1)
DAYS = st.floats(0, 3_650)


@given(CONFIDENCE)
def test_after_thirty_days_four_fifths_are_left(confidence: float) -> None:
    assert decayed(confidence, START, START + timedelta(days=30)) == pytest.approx(confidence * 0.8)


@given(CONFIDENCE, DAYS, DAYS)
def test_it_fades_without_steps_however_often_one_looks(
    confidence: float, first: float, second: float
) -> None:
    noon, end = START + timedelta(days=first), START + timedelta(days=first + second)
    at_once = decayed(confidence, START, end)
    assert decayed(decayed(confidence, START, noon), noon, end) == pytest.approx(at_once, abs=1e-12)
    assert 0 <= at_once <= confidence


def test_a_moment_that_is_still_to_come_takes_nothing() -> None:
    assert decayed(0.5, START + timedelta(hours=1), START) == 0.5
