"""JSON Schemas of our structs, as both interface documents use them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from server.domain import errors
from server.domain.errors import AppError, Refused, Unavailable, Violation

REF = "#/components/schemas/{name}"

_BRANCHES = (AppError, Refused, Unavailable, Violation)


def components(kinds: Iterable[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A schema for each of ``kinds``, and the named schemas that they refer to."""
    made = msgspec.json.schema_components(list(kinds), ref_template=REF)
    schemas, named = msgspec.json.decode(msgspec.json.encode(made))  # a default () is a list there
    return [_prose(schema) for schema in schemas], {
        name: _prose(named[name]) for name in sorted(named)
    }


def error_classes() -> list[type[AppError]]:
    """The one table of codes: every error that a client can be answered with, in its order."""
    return [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, AppError) and kind not in _BRANCHES
    ]


def error_codes() -> list[str]:
    return list(dict.fromkeys(kind.code for kind in error_classes()))


def meaning(kind: type) -> str:
    """A docstring as one paragraph of Markdown."""
    return " ".join((kind.__doc__ or "").replace("``", "`").split())


def without_discriminators(schema: Any) -> Any:
    """AsyncAPI knows the word in another sense; the constant ``type`` of a member says it too."""
    if isinstance(schema, dict):
        return {k: without_discriminators(v) for k, v in schema.items() if k != "discriminator"}
    if isinstance(schema, list):
        return [without_discriminators(item) for item in schema]
    return schema


def _prose(schema: dict[str, Any]) -> dict[str, Any]:
    """Docstrings have two backticks where Markdown has one."""
    if "description" not in schema:
        return schema
    text = " ".join(schema["description"].replace("``", "`").split())
    return {**schema, "description": text}
