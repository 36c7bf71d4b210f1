"""Schemas of our own structs, as providers take them."""

from collections.abc import Iterator
from typing import Any

import msgspec

from server.domain.content import OutputSchema


def schema_of(kind: type[msgspec.Struct], name: str) -> OutputSchema:
    """The schema of an agent's typed answer, in the strict form that providers can promise to keep:
    every field is required, no other is allowed. A field with a default may still be null by type.
    """
    made = msgspec.json.schema(kind)
    definitions = made.pop("$defs", {})
    root = definitions[made["$ref"].rpartition("/")[2]]
    is_recursive = made["$ref"] in set(_references(definitions))
    if not is_recursive:
        definitions.pop(made["$ref"].rpartition("/")[2])
    schema = {**root, "$defs": definitions} if definitions else dict(root)
    return OutputSchema(name=name, schema=_strict(schema))


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
