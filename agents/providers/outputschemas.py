"""JSON Schemas as vendors' decoders take them. Pure; any JSON at all may be given and none crashes.

An answer is checked against its whole schema by whoever asked for it. So what a vendor cannot
enforce may be left out here, and what it may not loosen is never tightened into something else.
"""

import json
from typing import Any

from server.domain.content import OutputSchema

DEPTH_MAX = 10
PROPERTIES_MAX = 1000
ENUM_MAX = 500
"""OpenAI's limits for strict schemas, as documented in November 2026, or below them."""

NODES_MAX = 2000
"""Of a closed schema. References are put in place, and a few that name each other grow without
end."""

_STRICT_KEYWORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const"),
    *("anyOf", "$ref", "$defs", "description", "title", "pattern", "multipleOf", "minimum"),
    *("maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems"),
}
_SCALARS = ("string", "number", "integer", "boolean", "null")
_ANNOTATIONS = ("description", "title")
_IGNORED = ("$schema", "$id", "$comment", "$defs")
_DEFS = "#/$defs/"


class _Unsayable(Exception):
    """The vendor has no way to say this schema."""


def has_object_root(schema: object) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "object"


def can_be_strict(schema: object) -> bool:
    """Whether OpenAI's strict mode takes ``schema`` as it stands: every object closed and all of
    its properties required, and no keyword that its decoder does not know."""
    if not has_object_root(schema) or not isinstance(schema, dict) or "anyOf" in schema:
        return False
    checker = _Strict()
    try:
        checker.check(schema, 0)
    except (_Unsayable, RecursionError):
        return False
    return checker.properties <= PROPERTIES_MAX and checker.literals <= ENUM_MAX


class _Strict:
    def __init__(self) -> None:
        self.properties = 0
        self.literals = 0

    def check(self, schema: object, depth: int) -> None:
        if not isinstance(schema, dict) or not schema.keys() <= _STRICT_KEYWORDS:
            raise _Unsayable
        if depth > DEPTH_MAX:
            raise _Unsayable
        for each in _dict(schema.get("$defs", {})).values():
            self.check(each, depth)
        if "$ref" in schema:
            if not str(schema["$ref"]).startswith(_DEFS):
                raise _Unsayable
            return
        for each in _list(schema.get("anyOf", [])):
            self.check(each, depth)
        self.literals += len(_list(schema.get("enum", [])))
        kinds = schema.get("type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if not set(map(str, kinds)) <= {"object", "array", "None", *_SCALARS}:
            raise _Unsayable
        if "object" in kinds:
            properties = _dict(schema.get("properties", {}))
            required = _list(schema.get("required", []))
            if schema.get("additionalProperties") is not False or sorted(
                map(str, required)
            ) != sorted(properties):
                raise _Unsayable
            self.properties += len(properties)
            for each in properties.values():
                self.check(each, depth + 1)
        if "array" in kinds:
            self.check(schema.get("items"), depth + 1)
        if kinds == [None] and not {"anyOf", "enum", "const"} & schema.keys():
            raise _Unsayable


def closed(schema: object) -> dict[str, Any] | None:
    """``schema`` as Anthropic's decoder takes it: objects closed, what it cannot enforce moved into
    the description. None where closing would forbid what the schema is about: free keys, recursion.
    """
    if not isinstance(schema, dict):
        return None
    try:
        return _Closed(schema).node(schema, ())
    except (_Unsayable, RecursionError):
        return None


class _Closed:
    def __init__(self, root: dict[str, Any]) -> None:
        self._defs = root.get("$defs", {})
        self._nodes = 0

    def node(self, schema: object, open_refs: tuple[str, ...]) -> dict[str, Any]:
        self._nodes += 1
        if not isinstance(schema, dict) or self._nodes > NODES_MAX:
            raise _Unsayable
        said = {name: schema[name] for name in _ANNOTATIONS if isinstance(schema.get(name), str)}
        rest = {
            name: value
            for name, value in schema.items()
            if name not in said and name not in _IGNORED
        }
        said |= self._kind(rest, open_refs)
        if rest:
            unsaid = json.dumps(rest, ensure_ascii=False, default=str)[:500]
            said["description"] = f"{said.get('description', '')}\n\n{unsaid}".strip()
        return said

    def _kind(self, rest: dict[str, Any], open_refs: tuple[str, ...]) -> dict[str, Any]:
        """What decides the shape, taken out of ``rest``; what stays there cannot be enforced."""
        if "$ref" in rest:
            return self._target(str(rest.pop("$ref")), open_refs)
        return self._variants(rest, open_refs) or _literal(rest) or self._typed(rest, open_refs)

    def _variants(self, rest: dict[str, Any], open_refs: tuple[str, ...]) -> dict[str, Any] | None:
        name = next((name for name in ("anyOf", "oneOf") if name in rest), None)
        if name is None:
            return None
        variants = _list(rest.pop(name))
        if not variants or {"properties", "items", "allOf", "anyOf", "oneOf"} & rest.keys():
            raise _Unsayable
        return {"anyOf": [self.node(each, open_refs) for each in variants]}

    def _typed(self, rest: dict[str, Any], open_refs: tuple[str, ...]) -> dict[str, Any]:
        kind = rest.pop("type", None)
        if isinstance(kind, list) and kind:
            variants = [self.node({**rest, "type": each}, open_refs) for each in kind]
            rest.clear()
            return {"anyOf": variants}
        if kind == "object":
            return self._object(rest, open_refs)
        if kind == "array":
            return {"type": kind, "items": self.node(rest.pop("items", None), open_refs)}
        if not isinstance(kind, str) or kind not in _SCALARS:
            raise _Unsayable
        return {"type": kind}

    def _object(self, rest: dict[str, Any], open_refs: tuple[str, ...]) -> dict[str, Any]:
        properties = _dict(rest.pop("properties", {}))
        required = [str(name) for name in _list(rest.pop("required", []))]
        more = rest.pop("additionalProperties", None)
        wants_free_keys = more not in (None, False) or (more is None and not properties)
        if wants_free_keys or "patternProperties" in rest or not set(required) <= set(properties):
            raise _Unsayable
        return {
            "type": "object",
            "properties": {name: self.node(each, open_refs) for name, each in properties.items()},
            "required": required,
            "additionalProperties": False,
        }

    def _target(self, ref: str, open_refs: tuple[str, ...]) -> dict[str, Any]:
        """What a reference stands for, in its place; recursion has no end and so no place."""
        name = ref.removeprefix(_DEFS)
        if name == ref or name in open_refs or not isinstance(self._defs, dict):
            raise _Unsayable
        return self.node(self._defs.get(name), (*open_refs, name))


def _literal(rest: dict[str, Any]) -> dict[str, Any] | None:
    for name in ("enum", "const"):
        literals = rest.get(name) if name == "enum" else [rest.get(name)]
        if name in rest and isinstance(literals, list) and literals:
            if not all(map(_is_scalar, literals)):
                raise _Unsayable
            rest.pop("type", None)
            return {name: rest.pop(name)}
    return None


def told(instructions: str, output: OutputSchema) -> str:
    """``instructions`` with the schema in words: for one that no decoder of the vendor takes."""
    schema = json.dumps(output.schema, ensure_ascii=False, default=str)
    words = (
        "Answer with one JSON value and nothing else: no prose, no code fence. "
        f"It must fulfil this JSON Schema:\n{schema}"
    )
    return f"{instructions}\n\n{words}" if instructions else words


def _dict(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Unsayable
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise _Unsayable
    return value


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)
