"""What says the same has one fingerprint; a word, a number or their order make a difference."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.duplicates import (
    Standing,
    fingerprint,
    merged_confidence,
    merged_data,
    merged_tags,
)
from server.domain.insights import DATA_BYTES, TAGS_MAX
from tests.server.accounts.people import START

LATER = START + timedelta(days=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Short captions sell.", "short  captions\nSELL"),
        ("Les légendes courtes", "Les le\u0301gendes courtes!"),
        ("\uff30\uff30\uff36 sells", "PPV sells"),
        ("Fans like “goals”", 'fans like "goals"'),
    ],
)
def test_case_marks_and_space_say_nothing(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Post at 18:00", "Post at 19:00"),
        ("Revenue +5 %", "Revenue -5 %"),
        ("1.5 times as many", "15 times as many"),
        ("Costs 5 $", "Costs 5 €"),
        ("captions beat questions", "questions beat captions"),
        ("Fans like it", "Fans do not like it"),
        ("🔥 sells", "❄ sells"),
        ("!", "?"),
    ],
)
def test_what_differs_in_anything_else_is_another(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


@given(st.text())
def test_every_text_has_one_that_space_around_it_does_not_change(text: str) -> None:
    assert len(fingerprint(text)) == 32
    assert fingerprint(f"\n {text} ") == fingerprint(text)


def standing(confidence: float, helped: int = 0, hindered: int = 0) -> Standing:
    return Standing(confidence=confidence, confidence_at=START, helped=helped, hindered=hindered)


@given(st.floats(0, 1), st.floats(0, 1))
def test_learned_again_it_is_as_sure_as_the_surer(old: float, new: float) -> None:
    merged = merged_confidence(standing(old), new, LATER)
    assert merged == max(merged_confidence(standing(old), 0, LATER), new)


def test_repeating_does_not_help_what_has_hindered() -> None:
    assert merged_confidence(standing(0.5, 1, 2), 1.0, LATER) == pytest.approx(0.4)
    assert merged_confidence(standing(0.5, 2, 2), 1.0, LATER) == 1.0


def test_of_two_sets_of_figures_both_are_kept_while_there_is_room() -> None:
    assert merged_data({"a": 1, "b": 1}, {"b": 2}) == {"a": 1, "b": 2}
    long = "x" * (DATA_BYTES // 2)
    assert merged_data({"a": long}, {"b": long}) == {"b": long}


def test_of_too_many_tags_the_last_are_kept() -> None:
    assert merged_tags(["x", "y"], ["y", "z"]) == ("x", "y", "z")
    many = [str(number) for number in range(TAGS_MAX)]
    assert merged_tags(["x"], many) == tuple(many)
