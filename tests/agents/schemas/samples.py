"""Schemas to try things with: ordinary ones, and any that hypothesis can think of."""

from typing import Any

from hypothesis import strategies as st

GOOD: tuple[dict[str, Any], ...] = (
    {},
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    {
        "$defs": {"tree": {"type": "array", "items": {"$ref": "#/$defs/tree"}, "maxItems": 2}},
        "$ref": "#/$defs/tree",
    },
    {
        "type": "object",
        "properties": {
            "caption": {"type": "string", "minLength": 10, "maxLength": 300},
            "tags": {
                "type": "array",
                "items": {"type": "string", "pattern": "^#[a-z]{2,20}$"},
                "minItems": 3,
                "maxItems": 5,
                "uniqueItems": True,
            },
            "mood": {"enum": ["fun", "serious"]},
            "score": {"type": "number", "minimum": 0, "maximum": 1},
            "price": {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]},
            "when": {"type": "string", "format": "date-time"},
        },
        "required": ["caption", "tags", "mood", "score", "price", "when"],
        "additionalProperties": False,
    },
    {"type": ["string", "null"], "const": "x"},
    {"oneOf": [{"type": "integer", "multipleOf": 7, "exclusiveMinimum": 8}, {"type": "string"}]},
)

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.floats(-2, 2) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
_TYPES = st.sampled_from(
    ["array", "boolean", "integer", "null", "number", "object", "string", "text"]
)


def _schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    few = st.lists(inner, max_size=3)
    named = st.dictionaries(st.sampled_from(["a", "b", "$ref", "~/%"]), inner, max_size=3)
    counts = st.integers(-1, 4)
    names = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": _TYPES | st.lists(_TYPES, max_size=3),
            "properties": named,
            "$defs": named,
            "dependentSchemas": named,
            "dependentRequired": st.dictionaries(st.sampled_from(["a", "b"]), names, max_size=2),
            "required": names,
            "additionalProperties": inner,
            "propertyNames": inner,
            "items": inner,
            "prefixItems": few,
            "contains": inner,
            "allOf": few,
            "anyOf": few,
            "oneOf": few,
            "not": inner,
            "if": inner,
            "then": inner,
            "unevaluatedProperties": inner,
            "unevaluatedItems": inner,
            "enum": st.lists(_VALUES, max_size=3),
            "const": _VALUES,
            "minimum": st.integers(-5, 5) | st.floats(-5, 5),
            "exclusiveMaximum": st.integers(-5, 5),
            "multipleOf": st.integers(-1, 5) | st.floats(0, 2),
            "minLength": counts,
            "maxLength": counts,
            "minItems": counts,
            "maxItems": counts,
            "minProperties": counts,
            "uniqueItems": st.booleans(),
            "pattern": st.sampled_from(["a+", "(a+)+$", "(", "^[a-z]{2,3}$", r"\d"]),
            "format": st.sampled_from(["date", "email", "uuid", "nonsense"]),
            "$ref": st.sampled_from(["#", "#/$defs/a", "#/items", "#/allOf/0", "x", "#/%24defs/b"]),
            "title": st.text(max_size=3) | st.just(1),
        },
    )


SCHEMAS = _schemas(st.recursive(st.booleans(), _schemas, max_leaves=8))
"""Right ones and wrong ones."""

VALUES = _VALUES
