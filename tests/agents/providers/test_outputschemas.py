"""Schemas as decoders take them: never looser than they say, and no JSON whatever breaks it."""

import copy
import json
from itertools import pairwise
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.outputschemas import can_be_strict, closed, told
from server.domain.content import OutputSchema
from tests.support.providers.requests import PERSON, schemas

TREE = {
    "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
    "$ref": "#/$defs/node",
}


def an_object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    "schema",
    [
        PERSON.schema,
        an_object(),
        an_object(a={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        an_object(a={"type": ["string", "null"], "description": "d"}),
        an_object(a={"type": "array", "items": an_object(b={"enum": ["x", 1]})}),
        {**an_object(a={"$ref": "#/$defs/b"}), "$defs": {"b": an_object()}},
    ],
)
def test_a_closed_object_whose_properties_are_all_required_can_be_strict(schema: Any) -> None:
    assert can_be_strict(schema)


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {"type": "array", "items": {"type": "string"}},
        {"type": "object"},
        {**PERSON.schema, "additionalProperties": True},
        {**PERSON.schema, "required": ["name"]},
        {**PERSON.schema, "required": "name"},
        {**PERSON.schema, "$schema": "https://json-schema.org/draft/2020-12/schema"},
        an_object(a={"oneOf": [{"type": "string"}]}),
        an_object(a={"type": "array"}),
        an_object(a={}),
        an_object(a={"type": "thing"}),
        an_object(a={"$ref": "https://example.com/schema"}),
        {**an_object(), "anyOf": [an_object()]},
        an_object(**{f"p{at}": {"type": "string"} for at in range(2000)}),
    ],
)
def test_whatever_else_there_is_cannot(schema: Any) -> None:
    assert not can_be_strict(schema)


def test_closing_keeps_what_can_be_enforced_and_tells_the_rest() -> None:
    assert closed(PERSON.schema) == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer", "description": '{"minimum": 0}'},
        },
        "required": ["name", "age"],
        "additionalProperties": False,
    }


def test_references_are_put_in_place_and_lists_of_types_become_variants() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/x"}},
        "$defs": {"x": {"type": ["string", "null"], "title": "X"}},
    }
    assert closed(schema) == {
        "type": "object",
        "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "X"}},
        "required": [],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        TREE,
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
        {"type": "object", "properties": {}, "patternProperties": {"^x": {}}},
        {"type": "object", "properties": {}, "required": ["a"], "additionalProperties": False},
        {"type": "array"},
        {"enum": [{"a": 1}]},
        {"allOf": [{"type": "string"}]},
    ],
)
def test_free_keys_recursion_and_shapes_without_a_type_cannot_be_said(schema: Any) -> None:
    assert closed(schema) is None


def test_references_that_multiply_end_somewhere() -> None:
    names = [f"d{at}" for at in range(40)]
    defs: dict[str, Any] = {
        name: an_object(a={"$ref": f"#/$defs/{after}"}, b={"$ref": f"#/$defs/{after}"})
        for name, after in pairwise(names)
    }
    assert closed({"$ref": "#/$defs/d0", "$defs": {**defs, names[-1]: {"type": "null"}}}) is None


@given(schemas)
def test_no_json_whatever_breaks_it_or_is_changed(schema: Any) -> None:
    before = copy.deepcopy(schema)
    can_be_strict(schema)
    made = closed(schema)
    assert repr(schema) == repr(before)
    if made is not None:
        json.dumps(made)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)
leaves = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer"},
        {"type": ["null", "boolean"]},
        {"enum": ["x", 1]},
        {"const": "y"},
        {"$ref": "#/$defs/d"},
    ]
)
said = st.recursive(
    leaves,
    lambda inner: (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.builds(lambda each: {"anyOf": each}, st.lists(inner, min_size=1, max_size=2))
        | st.builds(
            lambda properties, names: {
                "type": "object",
                "properties": properties,
                "required": [name for name in names if name in properties],
            },
            st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3),
            st.sets(st.sampled_from("abc")),
        )
    ),
    max_leaves=6,
)


@given(said, values)
def test_what_fulfils_the_closed_schema_fulfils_the_one_it_was_made_of(
    schema: dict[str, Any], value: Any
) -> None:
    whole = {**schema, "$defs": {"d": {"type": "integer"}}}
    made = closed(whole)
    assert made is not None
    if jsonschema.Draft202012Validator(made).is_valid(value):
        assert jsonschema.Draft202012Validator(whole).is_valid(value)


def test_a_schema_in_words_stands_behind_the_instructions() -> None:
    output = OutputSchema(name="n", schema={"type": "array"})
    assert told("Be brief.", output).startswith("Be brief.\n\nAnswer with one JSON value")
    assert told("", output).endswith('{"type": "array"}')
