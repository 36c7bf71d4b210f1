"""Outcomes move confidence towards certainty or doubt, and never beyond."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.feedback import learned

CONFIDENCE = st.floats(0, 1)


@given(CONFIDENCE, st.lists(st.booleans(), max_size=50))
def test_no_row_of_outcomes_leaves_the_scale(confidence: float, outcomes: list[bool]) -> None:
    for helped in outcomes:
        before, confidence = confidence, learned(confidence, helped=helped)
        assert 0 <= confidence <= 1
        assert confidence >= before if helped else confidence <= before


@given(CONFIDENCE, CONFIDENCE)
def test_after_many_outcomes_nobody_remembers_the_beginning(first: float, second: float) -> None:
    for turn in range(60):
        first = learned(first, helped=turn % 4 != 0)
        second = learned(second, helped=turn % 4 != 0)
    assert abs(first - second) < 1e-5
    assert 0.6 < first < 0.9
