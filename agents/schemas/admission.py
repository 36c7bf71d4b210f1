"""Which JSON Schemas of others are taken: those that can be checked against safely.

A schema may come from anybody. What is taken here is a part of Draft 2020-12 that can be checked in
bounded time: it refers to nothing outside itself and never to itself without going deeper into the
answer, its patterns cannot run away, its size has a limit.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias
from urllib.parse import unquote

import msgspec

from agents.schemas import keywords
from agents.schemas.paths import path_of
from agents.schemas.patterns import Pattern
from server.domain.errors import Invalid

SCHEMA_BYTES = 32 * 1024
SCHEMA_DEPTH = 24
"""Objects and arrays inside each other: eight levels of nested answers and more."""

PATTERNS_WEIGHT_MAX = 4_000
"""Of all patterns together, so that building them takes no more than some twenty milliseconds."""

IN_PLACE_MAX = 500
"""Subschemas that one value of the answer is checked against, references followed."""

REFERENCES_DEEP = 64
"""References that lead to references that lead to references…"""

Pointer: TypeAlias = tuple[str | int, ...]


def prepare(schema: dict[str, Any], path: str = "$") -> dict[str, Any]:
    """``schema`` as it is given to providers and checked against: without its own address.

    Raises:
        Invalid: it is no schema, or none that is taken here; ``path`` is where ``schema`` stands,
            and begins the path of the error.
    """
    prepared = {key: value for key, value in schema.items() if key not in {"$schema", "$id"}}
    _check_size(prepared, path)
    _Check(prepared, path).run()
    return prepared


def _check_size(schema: dict[str, Any], path: str) -> None:
    if _is_deeper(schema, SCHEMA_DEPTH):
        raise Invalid(f"A schema may be nested {SCHEMA_DEPTH} levels deep.", path=path)
    try:
        size = len(msgspec.json.encode(schema))
    except (TypeError, ValueError, OverflowError) as error:
        raise Invalid("The schema is no JSON.", path=path) from error
    if size > SCHEMA_BYTES:
        raise Invalid(
            f"A schema may have {SCHEMA_BYTES} bytes, not {size}.",
            path=path,
            metadata={"limit": SCHEMA_BYTES, "scope": "schema"},
        )


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in inner)


class _Check:
    """One walk over every schema in a schema, then over what refers to what."""

    def __init__(self, root: dict[str, Any], path: str) -> None:
        self._root = root
        self._path = path
        self._in_place: dict[Pointer, list[Pointer]] = {}
        self._weight = 0

    def run(self) -> None:
        self._visit(self._root, ())
        for at in tuple(self._in_place):
            self._follow(at)
        costs: dict[Pointer, int] = {}
        for at in self._in_place:
            self._cost(at, costs, ())

    def _refuse(self, message: str, at: Pointer) -> Invalid:
        return Invalid(message, path=path_of(at, self._path))

    def _visit(self, schema: Any, at: Pointer) -> None:
        if isinstance(schema, bool):
            self._in_place[at] = []
            return
        if not isinstance(schema, dict):
            raise self._refuse("A schema is an object, true or false.", at)
        self._in_place[at] = []
        for keyword, value in schema.items():
            if keyword in keywords.REFUSED:
                raise self._refuse(f"{keyword} is not supported in a schema here.", (*at, keyword))
            is_right, wanted = keywords.HOLDS.get(keyword, (None, ""))
            if is_right is not None and not is_right(value):
                raise self._refuse(f"{keyword} must be {wanted}.", (*at, keyword))
            if keyword == "pattern":
                self._compile(value, (*at, keyword))
            for inner, step in self._inner(keyword, value, at):
                if keyword in keywords.IN_PLACE:
                    self._in_place[at].append((*at, *step))
                self._visit(inner, (*at, *step))

    def _inner(self, keyword: str, value: Any, at: Pointer) -> Iterator[tuple[Any, Pointer]]:
        if keyword in keywords.SINGLE:
            yield value, (keyword,)
        elif keyword in keywords.MAPS:
            if not isinstance(value, dict):
                raise self._refuse(f"{keyword} must be an object of schemas.", (*at, keyword))
            for name, inner in value.items():
                yield inner, (keyword, name)
        elif keyword in keywords.LISTS:
            if not isinstance(value, list) or not value:
                raise self._refuse(f"{keyword} must be a list of schemas.", (*at, keyword))
            for index, inner in enumerate(value):
                yield inner, (keyword, index)

    def _compile(self, source: str, at: Pointer) -> None:
        try:
            self._weight += Pattern(source).weight
        except Invalid as error:
            raise self._refuse(error.message, at) from None
        if self._weight > PATTERNS_WEIGHT_MAX:
            raise self._refuse("The patterns of this schema are too many, or repeat too much.", at)

    def _follow(self, at: Pointer) -> None:
        schema: Any = self._root
        for step in at:
            schema = schema[step]
        if isinstance(schema, dict) and "$ref" in schema:
            target = self._target(schema["$ref"])
            if target not in self._in_place:
                message = "$ref must point at a schema in this schema, as in #/$defs/name."
                raise self._refuse(message, (*at, "$ref"))
            self._in_place[at].append(target)

    def _target(self, reference: str) -> Pointer | None:
        if reference == "#":
            return ()
        if not reference.startswith("#/"):
            return None
        found: list[str | int] = []
        schema: Any = self._root
        for part in unquote(reference[2:]).split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            step = int(name) if isinstance(schema, list) and name.isdecimal() else name
            try:
                schema = schema[step]
            except (KeyError, IndexError, TypeError):
                return None
            found.append(step)
        return tuple(found)

    def _cost(self, at: Pointer, costs: dict[Pointer, int], above: tuple[Pointer, ...]) -> int:
        if at in above or len(above) > REFERENCES_DEEP:
            raise self._refuse("References here lead round in a circle, or too far.", at)
        if at not in costs:
            inner = (self._cost(child, costs, (*above, at)) for child in self._in_place[at])
            costs[at] = 1 + sum(inner)
            if costs[at] > IN_PLACE_MAX:
                raise self._refuse(
                    f"A value may be checked against {IN_PLACE_MAX} schemas at once.", at
                )
        return costs[at]
