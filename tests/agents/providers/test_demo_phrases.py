"""What the demo model says in fields of known names fits their schemas, or is not said."""

from typing import Any

import pytest

from agents.checks.compliance import screen
from agents.checks.facts import ALL_KINDS, Facts
from agents.providers.demo_phrases import PHRASES, fulfils, title, topic
from agents.rules.claims import ClaimKind


@pytest.mark.parametrize("name", PHRASES)
def test_nothing_is_said_that_agents_would_take_out(name: str) -> None:
    kinds = ALL_KINDS - {ClaimKind.NUMBER}
    for phrase in PHRASES[name]:
        if isinstance(phrase, str):
            assert Facts("").unfounded(phrase, kinds) == ()
            assert screen(phrase).outcome == "allowed"


def test_the_topic_is_in_the_last_section() -> None:
    told = "<learned>\nAsk\n</learned>\n<message>\nWhen is the beach video, dear?\n</message>"
    assert topic(told) == "“When is the beach video”"
    assert topic("Apples and pears") == "“Apples and pears”"
    assert topic("Hi! I love your pictures. Are there more?") == "“love your pictures”"
    told = "<content>\ntype: photo\nshows: Sunset at the beach\n</content>"
    assert topic(told) == "“Sunset at the beach”"
    assert topic("…?") == topic("</content>") == topic("") == "that"


def test_a_title_is_the_first_clause_of_the_first_section() -> None:
    told = "<question>\nplan a week, with  a table. Please!\n</question>\n<answer>Yes</answer>"
    assert title(told) == "Plan a week, with a table"
    assert title("Hi! What sells best?") == "What sells best"
    assert title("Hello") == "Hello"
    assert title("…?") == "…?"
    assert title("") == "Untitled"
    assert title("word " * 40) == "Word" + " word" * 11
    assert title("w" * 100) == "W" + "w" * 59


@pytest.mark.parametrize(
    ("value", "schema", "fits"),
    [
        ("high", {"enum": ["high", "low"]}, True),
        ("high", {"enum": ["hoch"]}, False),
        ("25.00", {"type": "string", "pattern": "^[0-9]+[.][0-9]{2}$"}, True),
        ("25.00", {"type": "string", "pattern": "^[A-Z]$"}, False),
        ("long words", {"type": "string", "maxLength": 3}, False),
        ("words", {"type": "string", "minLength": 9}, False),
        ("words", {"type": "string", "format": "uuid"}, False),
        ("words", {"type": ["string", "null"]}, False),
        ("words", {}, True),
        (0.7, {"type": "number", "minimum": 0, "maximum": 1}, True),
        (0.7, {"type": "number", "minimum": 1}, False),
        (0.7, {"type": "integer"}, False),
    ],
)
def test_a_phrase_is_said_where_the_schema_takes_it(
    value: Any, schema: dict[str, Any], fits: bool
) -> None:
    assert fulfils(value, schema) is fits
