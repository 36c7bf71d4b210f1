"""Schemas of our own structs, as providers take them."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from server.domain.content import OutputSchema


def schema_of(kind: type[msgspec.Struct], name: str) -> OutputSchema:
    """The schema of an agent's typed answer, in the strict form that providers can promise to keep:
    every field is required, no other is allowed. What may be missing is nullable by its type.
    """
    return OutputSchema(name=name, schema=_strict(_flat(kind)))


@cache
def parameters_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The schema of a tool's arguments: fields with a default may be left out."""
    return _flat(kind)


def _flat(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """An object at the root, as providers want it; the structs in it as ``$defs``."""
    made = msgspec.json.schema(kind)
    definitions, name = made["$defs"], made["$ref"].rpartition("/")[2]
    root = {key: value for key, value in definitions[name].items() if key != "title"}
    if made["$ref"] not in set(_references(definitions)):
        del definitions[name]
    return {**root, "$defs": definitions} if definitions else root


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _strict(value: Any) -> Any:
    if isinstance(value, list):
        return [_strict(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    strict = {key: _strict(inner) for key, inner in value.items() if key != "default"}
    if strict.get("type") == "object" and "properties" in strict:
        strict |= {"required": list(strict["properties"]), "additionalProperties": False}
    return strict
