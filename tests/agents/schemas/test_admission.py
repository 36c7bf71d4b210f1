"""Schemas of others: what is refused, where it says so, and that what is taken is a schema."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agents.schemas.admission import SCHEMA_BYTES, SCHEMA_DEPTH, prepare
from server.domain.errors import Invalid
from tests.agents.schemas.samples import GOOD, SCHEMAS


@pytest.mark.parametrize("schema", GOOD)
def test_ordinary_schemas_are_taken_as_they_are(schema: dict[str, Any]) -> None:
    assert prepare(schema) == schema


def test_the_address_of_a_schema_is_left_out() -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "x", "type": "null"}
    assert prepare(schema) == {"type": "null"}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"not": schema}
    return schema


def laughing(levels: int) -> dict[str, Any]:
    """Each level refers to the next one twice."""
    links = {
        f"l{level}": {"allOf": [{"$ref": f"#/$defs/l{level + 1}"}] * 2} for level in range(levels)
    }
    return {"$ref": "#/$defs/l0", "$defs": {**links, f"l{levels}": True}}


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "text"}, "$.s.type"),
        ({"type": []}, "$.s.type"),
        ({"properties": {"a b": {"minLength": -1}}}, '$.s.properties["a b"].minLength'),
        ({"properties": []}, "$.s.properties"),
        ({"properties": {"a": 1}}, "$.s.properties.a"),
        ({"items": [{"type": "null"}]}, "$.s.items"),
        ({"anyOf": []}, "$.s.anyOf"),
        ({"anyOf": [True, {"required": ["a", "a"]}]}, "$.s.anyOf[1].required"),
        ({"enum": []}, "$.s.enum"),
        ({"multipleOf": 0}, "$.s.multipleOf"),
        ({"pattern": "(?<=a)b"}, "$.s.pattern"),
        ({"patternProperties": {"a": True}}, "$.s.patternProperties"),
        ({"$ref": "https://example.com/schema"}, "$.s.$ref"),
        ({"$ref": "#/$defs/missing"}, "$.s.$ref"),
        ({"$ref": "#/title", "title": "x"}, "$.s.$ref"),
        ({"items": {"$id": "other"}}, "$.s.items.$id"),
        ({"$dynamicRef": "#x"}, "$.s.$dynamicRef"),
        ({"$ref": "#"}, "$.s"),
        ({"anyOf": [{"$ref": "#"}, {"type": "null"}]}, "$.s"),
        ({"const": "x" * SCHEMA_BYTES}, "$.s"),
        (nested(SCHEMA_DEPTH), "$.s"),
        (laughing(20), "$.s.$defs.l13"),
        ({"anyOf": [{"pattern": "a{900}"}] * 5}, "$.s.anyOf[4].pattern"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_taken_is_refused_with_its_path(schema: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        prepare(schema, "$.s")
    assert refused.value.path == path


def test_a_schema_may_go_deeper_by_referring_to_itself() -> None:
    prepare({"type": "object", "properties": {"next": {"$ref": "#"}}})


def test_a_chain_of_references_has_an_end() -> None:
    chain: dict[str, Any] = {f"l{n}": {"$ref": f"#/$defs/l{n + 1}"} for n in range(300)}
    with pytest.raises(Invalid, match="too far"):
        prepare({"$ref": "#/$defs/l0", "$defs": {**chain, "l300": True}})


@given(SCHEMAS)
def test_whatever_is_taken_is_a_schema(schema: dict[str, Any]) -> None:
    """By the schema of schemas, which takes too long to ask it each time."""
    try:
        taken = prepare(schema)
    except Invalid:
        return
    Draft202012Validator.check_schema(taken)


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=3))
def test_what_the_standard_does_not_know_is_ignored(schema: dict[str, Any]) -> None:
    assert prepare({f"x-{key}": value for key, value in schema.items()}) is not None
