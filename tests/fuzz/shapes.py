"""Values after a JSON Schema of ours, and values that are almost such."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Schema = dict[str, Any]

TEXT = st.text(max_size=40) | st.sampled_from(["\x00", "\u202e", "😀" * 10, "﷽", "a" * 5_000])
SCALARS: SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**53, 2**63, -(2**63) - 1, 2**64, 10**400, -1, 0])
    | st.floats()
    | TEXT
)
JUNK = st.recursive(
    SCALARS, lambda some: st.lists(some, max_size=3) | st.dictionaries(TEXT, some, max_size=3)
)
"""Any JSON value, NaN and infinities included, which are none."""


class Shapes:
    """``named``: the schemas that others refer to; ``ids``: some that are there; ``words``: values
    that mean something, by the field that may have them."""

    def __init__(
        self, named: dict[str, Schema], ids: Sequence[str], words: Mapping[str, Sequence[str]]
    ) -> None:
        self._named = named
        self._words = words
        self._ids = st.sampled_from(list(ids)) | st.uuids().map(str)

    def values(self, schema: Schema) -> SearchStrategy[Any]:
        """What ``schema`` allows."""
        if "$ref" in schema:
            return self.values(self._named[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return st.one_of([self.values(one) for one in schema["anyOf"]])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        kinds: dict[str, Callable[[Schema], SearchStrategy[Any]]] = {
            "object": self._objects,
            "array": self._arrays,
            "string": self._texts,
            "integer": lambda one: st.integers(one.get("minimum"), one.get("maximum")),
            "number": lambda one: st.floats(one.get("minimum"), one.get("maximum")),
            "boolean": lambda _: st.booleans(),
            "null": lambda _: st.none(),
        }
        return kinds[schema["type"]](schema) if "type" in schema else JUNK

    def _arrays(self, schema: Schema) -> SearchStrategy[list[Any]]:
        least = schema.get("minItems", 0)
        return st.lists(self.values(schema["items"]), min_size=least, max_size=least + 3)

    def _objects(self, schema: Schema) -> SearchStrategy[dict[str, Any]]:
        """With few of the fields that may be left out: many together mostly exclude each other."""
        required = schema.get("required", [])
        fields = {
            name: st.sampled_from(self._words[name]) | self.values(one)
            if name in self._words
            else self.values(one)
            for name, one in schema.get("properties", {}).items()
        }
        more = st.lists(st.sampled_from(sorted(fields)), max_size=3) if fields else st.just([])
        return more.flatmap(
            lambda names: st.fixed_dictionaries(
                {name: fields[name] for name in {*required, *names}}
            )
        )

    def _texts(self, schema: Schema) -> SearchStrategy[str]:
        if schema.get("format") == "uuid":
            return self._ids
        if "pattern" in schema:
            pattern: str = schema["pattern"]
            return st.from_regex(pattern, fullmatch=True)
        least = schema.get("minLength", 0)
        most = min(schema.get("maxLength", 60), 60)
        return st.text(min_size=least, max_size=max(most, least))


@st.composite
def nearly(draw: st.DrawFn, valid: SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """A message with one thing wrong: a field gone, strange, unknown, or of another's kind."""
    message = dict(draw(valid))
    name = draw(st.sampled_from(sorted(message)))
    inside = {"$": message[name], **draw(st.dictionaries(TEXT, JUNK, max_size=2))}
    without = {field: value for field, value in message.items() if field != name}
    return draw(
        st.sampled_from(
            [
                without,
                {**message, name: draw(JUNK)},
                {**message, draw(TEXT): draw(JUNK)},
                {**message, name: inside},
            ]
        )
    )


def write(value: Any, *, plain: bool) -> str:
    """JSON, or what looks like it: NaN stays, and lone surrogates as escapes. ``plain``: letters
    beyond ASCII as they are."""
    text = json.dumps(value, ensure_ascii=not plain)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


TOKENS = ("NaN", "-Infinity", "1e999", "01", "tru", "'x'", "1" * 5_000)
DEPTHS = (31, 32, 33, 1_000, 30_000)


@st.composite
def broken(draw: st.DrawFn, valid: SearchStrategy[dict[str, Any]]) -> str:
    """Text that is no command: cut off, doubled, nested too deep, with a key twice, or anything."""
    text = write(draw(valid), plain=draw(st.booleans()))
    opening, closing = draw(st.sampled_from([("[", "]"), ('{"a":', "}")]))
    depth = draw(st.sampled_from(DEPTHS))
    return draw(
        st.sampled_from(
            [
                text[: draw(st.integers(0, len(text) - 1))],
                text + draw(st.sampled_from(["", " ", ",", "\n"])) + text,
                f'{text[:-1]},"deep":{opening * depth}1{closing * depth}}}',
                text[:-1] + ',"type":"ping","id":"twice"}',
                f'{text[:-1]},"afterSeq":{draw(st.sampled_from(TOKENS))}}}',
                f'{text[:-1]},"text":"a\\ud800b"}}',
                draw(st.text(max_size=200)),
            ]
        )
    )
