"""Instances fulfil ordinary schemas, look like the question, and are the same each time."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agents.providers.demo_json import DemoInstance
from agents.schemas.admission import prepare
from agents.schemas.typed import parameters_of
from agents.schemas.validation import compact
from agents.tools.search import SearchArguments
from server.domain.errors import Invalid
from tests.agents.schemas.samples import GOOD, SCHEMAS


def made(schema: Any, question: str = "Apples and pears", seed: int = 1, **how: bool) -> Any:
    return DemoInstance(schema, question, random.Random(seed)).make(**how)


MORE: tuple[dict[str, Any], ...] = (
    {"type": "integer", "minimum": 7, "maximum": 7},
    {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
    {"type": "number", "maximum": -2},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.1},
    {"type": "number", "multipleOf": 0.5, "minimum": 0.2},
    {"type": "string", "minLength": 80, "maxLength": 90},
    {"type": "string", "maxLength": 1},
    {"type": "string", "pattern": "^[A-Z]{3}$"},
    {"type": "array", "items": {"type": "integer"}, "minItems": 5, "uniqueItems": True},
    {"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "items": False},
    {"type": "array", "maxItems": 0},
    {"required": ["a"], "additionalProperties": {"type": "boolean"}, "minProperties": 3},
    {"allOf": [{"$ref": "#/$defs/a"}, {"required": ["b"]}], "$defs": {"a": {"required": ["a"]}}},
    {
        "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}, "type": "object"}},
        "anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}],
    },
)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("schema", [*GOOD, *MORE], ids=lambda schema: str(schema)[:40])
def test_an_ordinary_schema_is_fulfilled(schema: dict[str, Any], seed: int) -> None:
    value = made(schema, seed=seed)
    assert Draft202012Validator(schema).is_valid(value), value
    assert made(schema, seed=seed) == value


def test_texts_are_the_words_of_the_question() -> None:
    assert set(made({"type": "string"}).split()) <= {"Apples", "and", "pears"}
    assert made({"type": "string"}, "…?").split()[0] == "demo"


def test_a_tool_is_asked_with_what_it_requires() -> None:
    arguments = made(parameters_of(SearchArguments), only_required=True)
    assert list(arguments) == ["query"]


def test_a_schema_that_branches_without_end_is_given_up_soon() -> None:
    names = [f"f{n}" for n in range(10)]
    tree = {"properties": {name: {"$ref": "#"} for name in names}, "required": names}
    assert len(compact(made(tree))) < 100_000


@given(SCHEMAS, st.text(max_size=20))
def test_no_schema_that_is_taken_breaks_it(schema: dict[str, Any], question: str) -> None:
    try:
        taken = prepare(schema)
    except Invalid:
        return
    compact(made(taken, question))


@pytest.mark.parametrize("seed", range(5))
def test_what_sets_a_question_off_is_not_said(seed: int) -> None:
    told = "<question>\nApples and pears\n</question>\n<answer>\nBoth\n</answer>"
    said = made({"type": "string"}, told, seed)
    assert "Apples and pears Both".startswith(said) or said.startswith("Apples and pears Both")
