"""Patterns mean what JSON Schema means, and none of them takes long."""

import pytest

from agents.schemas.patterns import PATTERN_CHARACTERS, Pattern
from server.domain.errors import Invalid


@pytest.mark.parametrize(
    ("source", "text", "matches"),
    [
        ("b", "abc", True),
        ("^b", "abc", False),
        (r"^\d{2}$", "42", True),
        (r"^\d{2}$", "42\n", False),
        (r"^\d$", "٣", False),
        (r"^[\w-]+$", "a-b_1", True),
        (r"^[\w-]+$", "ä", False),
        (r"^\W$", "ä", True),
        (r"^[^\d]$", "7", False),
        (r"^a\/b$", "a/b", True),
        (r"^\p{Lu}", "Ärger", True),
        ("", "anything", True),
    ],
)
def test_a_pattern_matches_as_in_json_schema(source: str, text: str, matches: bool) -> None:
    assert Pattern(source).matches(text) is matches


def test_a_pattern_that_runs_away_elsewhere_answers_at_once() -> None:
    """Python's own engine would try 2^50000 ways."""
    assert not Pattern("^(a+)+$").matches("a" * 50_000 + "b")


@pytest.mark.parametrize(
    "source",
    [
        "(",
        "(?=a)",
        r"(a)\1",
        "a{1001}",
        "(a{40}){40}",
        r"\p{L}{100}",
        "a" * (PATTERN_CHARACTERS + 1),
    ],
)
def test_what_cannot_be_checked_quickly_is_refused(source: str) -> None:
    with pytest.raises(Invalid):
        Pattern(source)
