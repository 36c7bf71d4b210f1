"""Answers are read carefully and checked as the standard says, whoever wrote schema and answer."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agents.schemas.admission import prepare
from agents.schemas.validation import (
    ANSWER_BYTES,
    ANSWER_DEPTH,
    MESSAGE_CHARACTERS,
    Validator,
    cleaned,
    compact,
    parse,
    unfenced,
)
from server.domain.errors import Invalid
from tests.agents.schemas.samples import GOOD, SCHEMAS, VALUES


@given(SCHEMAS, VALUES)
def test_it_judges_as_the_standard_does(schema: dict[str, Any], value: Any) -> None:
    try:
        taken = prepare(schema)
    except Invalid:
        return
    found = Validator(taken).flaw(value)
    assert (found is None) == Draft202012Validator(taken).is_valid(value)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([], "$"),
        ({"caption": "short"}, "$.caption"),
        ({"caption": 1, "tags": ["#a"]}, "$.caption"),
        ({"caption": "long enough", "tags": ["#aa", "#bb", "#c"]}, "$.tags[2]"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(value: Any, path: str) -> None:
    flaw = Validator({**GOOD[3], "required": []}).flaw(value)
    assert flaw is not None
    assert flaw.path == path


def test_a_message_quotes_no_whole_answer() -> None:
    flaw = Validator({"type": "null"}).flaw("x" * 10_000)
    assert flaw is not None
    assert len(flaw.message) == MESSAGE_CHARACTERS


def test_a_schema_that_multiplies_with_the_depth_of_the_answer_is_given_up() -> None:
    """Two to the power of the depth: found out by counting, not by waiting."""
    schema = prepare({"allOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]})
    value: Any = 1
    for _ in range(ANSWER_DEPTH):
        value = [value]
    flaw = Validator(schema).flaw(value)
    assert flaw is not None
    assert "too large or too deep" in flaw.message


def test_different_items_are_told_apart_in_one_pass() -> None:
    validator = Validator({"uniqueItems": True})
    assert validator.flaw([{"n": n} for n in range(20_000)]) is None
    assert validator.flaw([{"a": 1, "b": 2}, {"b": 2, "a": 1.0}]) is not None
    assert validator.flaw([1, True, "1", None]) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ("  ```\n[1]```\n", [1]),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('"half \\ud83d"', "half \ufffd"),
        ('{"a\\u0000": "b\\u0000"}', {"a\ufffd": "b\ufffd"}),
        ("-9223372036854775808", -(2**63)),
    ],
)
def test_json_is_read_alone_or_fenced_and_made_storable(text: str, value: Any) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Here it is: {}",
        "{",
        "NaN",
        "[-Infinity]",
        "1e999",
        "9" * 5_000,
        "9223372036854775808",
        "[" * (ANSWER_DEPTH + 1) + "]" * (ANSWER_DEPTH + 1),
        "[" * 100_000,
        '"' + "x" * ANSWER_BYTES + '"',
        "```json\n{}\n``` and that is all",
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_answer_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - its text is for the model
        parse(text)
    assert len(str(error.value)) < MESSAGE_CHARACTERS


@given(VALUES)
def test_what_is_written_is_read_again(value: Any) -> None:
    assert parse(compact(cleaned(value))) == cleaned(value)
    assert parse(json.dumps(value)) == cleaned(value)


@given(st.text())
def test_a_fence_comes_off_and_nothing_else(text: str) -> None:
    assert unfenced(f"```json\n{text}\n```").strip() == text.strip().removesuffix("```").strip()
