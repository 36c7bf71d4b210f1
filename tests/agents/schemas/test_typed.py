"""Our structs become schemas in the strict form, which take what the structs are."""

from typing import Annotated, Any, Literal

import msgspec
from jsonschema import Draft202012Validator
from msgspec import Meta, Struct

from agents.schemas.admission import prepare
from agents.schemas.typed import parameters_of, schema_of
from agents.schemas.validation import Validator


class Tactic(Struct, frozen=True):
    name: Literal["scarcity", "authority"]
    rationale: Annotated[str, Meta(min_length=1)]


class Advice(Struct, frozen=True, rename="camel"):
    """What an agent answers."""

    best_price: float | None
    tactics: Annotated[list[Tactic], Meta(max_length=3)]
    confidence: Annotated[float, Meta(ge=0, le=1)] = 0.5


class Tree(Struct, frozen=True):
    name: str
    children: "list[Tree]"


def test_every_field_is_required_and_no_other_allowed() -> None:
    found = schema_of(Advice, "advice")
    assert found.name == "advice"
    assert found.schema["required"] == ["bestPrice", "tactics", "confidence"]
    assert found.schema["additionalProperties"] is False
    assert found.schema["$defs"]["Tactic"]["required"] == ["name", "rationale"]
    assert "default" not in found.schema["properties"]["confidence"]
    Draft202012Validator.check_schema(found.schema)


def test_a_struct_is_what_its_schema_asks_for() -> None:
    schema = prepare(schema_of(Advice, "advice").schema)
    good: Any = msgspec.to_builtins(Advice(best_price=None, tactics=[Tactic("authority", "x")]))
    assert Validator(schema).flaw(good) is None
    flaw = Validator(schema).flaw({**good, "tactics": [{"name": "hope", "rationale": "x"}]})
    assert flaw is not None
    assert flaw.path == "$.tactics[0].name"


def test_a_struct_may_hold_itself() -> None:
    schema = prepare(schema_of(Tree, "tree").schema)
    tree: Any = msgspec.to_builtins(Tree("a", [Tree("b", [])]))
    assert Validator(schema).flaw(tree) is None
    tree["children"][0]["children"] = None
    assert Validator(schema).flaw(tree) is not None


def test_arguments_of_a_tool_may_be_left_out_where_there_is_a_default() -> None:
    found = prepare(parameters_of(Advice))
    assert (found["type"], found["required"]) == ("object", ["bestPrice", "tactics"])
    assert found["properties"]["confidence"]["default"] == 0.5
