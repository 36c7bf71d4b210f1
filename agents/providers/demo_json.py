"""What the demo model says where JSON is wanted: an instance of the schema, made from it and from
the words of the question. It does its best and promises nothing: answers are checked elsewhere.
"""

import math
import random
import re
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any
from urllib.parse import unquote

from agents.providers.demo_phrases import PHRASES, fulfils, title, topic
from agents.schemas.patterns import Pattern

DEPTH_MAX = 12
"""Objects and arrays inside each other; below, only what is required is said."""

VALUES_MAX = 300
"""Of a whole instance: beyond, only what is required is said; beyond four times that, nothing."""

TEXT_CHARACTERS = 2_000
ITEMS = 2
"""Of an array that leaves it open."""

WORDS = ("demo", "answer", "sample", "words")
"""Said where the question has none."""

FORMATS = {
    "date": "2026-11-21",
    "time": "09:30:00Z",
    "date-time": "2026-11-21T09:30:00Z",
    "duration": "PT45M",
    "email": "demo@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/demo",
    "uuid": "0193a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b",
}

_WORD = re.compile(r"[^\W\d_]{2,20}")
_TAG = re.compile(r"</?\w+>")
"""What sets a text off from its surroundings: no word that anybody said."""

_CLASS = re.compile(r"^\^?(\W?)\[(\w)[^\]]*\](?:[+*]|\{(\d{1,3})(?:,(\d{0,3}))?\})?\$?$")
"""The patterns that it can fulfil: one class, repeated, perhaps behind a sign."""


class DemoInstance:
    """Makes one instance. The same schema, question and seed make the same one."""

    def __init__(self, schema: Any, question: str, chance: random.Random) -> None:
        self._root = schema
        self._chance = chance
        self._values = 0
        self._told = {"{topic}": topic(question), "{title}": title(question)}
        self._phrases = {name: cycle(phrases) for name, phrases in PHRASES.items()}
        self._words: Iterator[str] = cycle(_WORD.findall(_TAG.sub(" ", question)) or WORDS)

    def make(self, *, only_required: bool = False) -> Any:
        return self._value(self._root, "", DEPTH_MAX if not only_required else 0)

    def _value(self, schema: Any, name: str, depth: int) -> Any:
        """``name``: of the field that it is for, behind those that it is in. ``depth``: how much
        deeper it may go at will."""
        self._values += 1
        if self._values > 4 * VALUES_MAX or depth < -DEPTH_MAX or not isinstance(schema, dict):
            return None
        if self._values > VALUES_MAX:
            depth = min(depth, 0)
        if PHRASES.get(name) == (None,) and {"type": "null"} in schema.get("anyOf", []):
            return None
        schema = self._settled(schema)
        if name in PHRASES and (phrase := self._phrase(schema, name)) is not None:
            return phrase
        if "const" in schema or "enum" in schema:
            return schema["const"] if "const" in schema else self._chance.choice(schema["enum"])
        makers: dict[str, Callable[[], Any]] = {
            "object": lambda: self._object(schema, name, depth),
            "array": lambda: self._array(schema, name, depth),
            "string": lambda: self._string(schema),
            "integer": lambda: self._number(schema, whole=True),
            "number": lambda: self._number(schema, whole=False),
            "boolean": lambda: self._chance.random() < 0.5,
            "null": lambda: None,
        }
        return makers[self._type(schema)]()

    def _phrase(self, schema: dict[str, Any], name: str) -> Any:
        """What is said there; None where the schema wants something else."""
        phrase = next(self._phrases[name])
        if isinstance(phrase, str):
            for mark, words in self._told.items():
                phrase = phrase.replace(mark, words)
        return phrase if fulfils(phrase, schema) else None

    def _settled(self, schema: dict[str, Any]) -> dict[str, Any]:
        """``schema`` with what it refers to, all of its parts, and the first of alternatives."""
        for _ in range(DEPTH_MAX):
            parts: list[Any] = []
            if "$ref" in schema:
                parts.append(self._target(str(schema["$ref"])))
            parts += schema.get("allOf", [])
            for choice in ("anyOf", "oneOf"):
                parts += schema.get(choice, [])[:1]
            if not parts:
                break
            rest = {"$ref", "allOf", "anyOf", "oneOf"}
            schema = {key: value for key, value in schema.items() if key not in rest}
            for part in parts:
                schema = _merged(schema, part if isinstance(part, dict) else {})
        return schema

    def _target(self, reference: str) -> Any:
        found = self._root
        for part in unquote(reference.removeprefix("#")).split("/")[1:]:
            step = part.replace("~1", "/").replace("~0", "~")
            try:
                found = found[int(step) if isinstance(found, list) else step]
            except (KeyError, IndexError, TypeError, ValueError):
                return {}
        return found

    def _type(self, schema: dict[str, Any]) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = kind[0] if kind else None
        if isinstance(kind, str):
            return kind
        signs = (
            ("object", ("properties", "required", "additionalProperties", "minProperties")),
            ("array", ("items", "prefixItems", "minItems", "contains")),
            ("number", ("minimum", "maximum", "multipleOf", "exclusiveMinimum")),
        )
        return next((kind for kind, keys in signs if any(key in schema for key in keys)), "string")

    def _object(self, schema: dict[str, Any], at: str, depth: int) -> dict[str, Any]:
        fields, required = schema.get("properties", {}), schema.get("required", [])
        names = [name for name in fields if depth > 0 or name in required]
        names += [name for name in required if name not in fields]
        other = schema.get("additionalProperties", {})
        inside = f"{at}." if at else ""
        made = {
            name: self._value(fields.get(name, other), inside + name, depth - 1) for name in names
        }
        least = schema.get("minProperties", 0)
        while len(made) < min(least, 100):
            name = f"{next(self._words)}{len(made)}"
            made[name] = self._value(other, inside + name, depth - 1)
        return made

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        some = max(ITEMS, len(PHRASES.get(name, ())))
        count = max(least, some if depth > 0 else 0)
        count = min(count, schema.get("maxItems", count), 100)
        before, rest = schema.get("prefixItems", []), schema.get("items", {})
        if rest is False:
            count = min(count, len(before))
        made: list[Any] = []
        for _ in range(count * (10 if schema.get("uniqueItems") else 1)):
            if len(made) == count:
                break
            inner = before[len(made)] if len(made) < len(before) else rest
            value = self._value(inner, name, depth - 1)
            if not schema.get("uniqueItems") or value not in made:
                made.append(value)
        return made

    def _string(self, schema: dict[str, Any]) -> str:
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        least: int = schema.get("minLength", 0)
        most: int = schema.get("maxLength", TEXT_CHARACTERS)
        if "pattern" in schema and (shaped := self._shaped(schema["pattern"], least, most)):
            return shaped
        text = " ".join(next(self._words) for _ in range(self._chance.randint(2, 5)))
        while len(text) < min(least, TEXT_CHARACTERS):
            text += f" {next(self._words)}"
        cut = text[:most].rstrip()
        return cut if len(cut) >= least else text[:most]

    def _shaped(self, source: str, least: int, most: int) -> str | None:
        """A word in the shape of a simple pattern, or a letter of it repeated."""
        found = _CLASS.match(source)
        if found is None:
            return None
        sign, letter = found[1], found[2]
        low = min(max(least - len(sign), int(found[3] or 1), 1), TEXT_CHARACTERS)
        high = min(most - len(sign), int(found[4] or found[3] or most))
        word, pattern = next(self._words)[: max(high, 0)], Pattern(source)
        tries = (sign + one for one in (word.lower(), word.upper(), word) if len(one) >= low)
        return next(filter(pattern.matches, tries), sign + letter * low)

    def _number(self, schema: dict[str, Any], *, whole: bool) -> int | float:
        """A multiple of the step within the bounds; the middle, where there is none."""
        step: float = schema.get("multipleOf", 1 if whole else 0.25)
        low, high = (
            schema.get(name, schema.get(f"exclusive{name.title()}"))
            for name in ("minimum", "maximum")
        )
        if low is None:
            low = 0 if high is None or high >= 0 else high - 10 * step
        if high is None:
            high = low + 10 * step
        try:
            first, last = math.ceil(low / step), math.floor(high / step)
        except (OverflowError, ValueError):
            return low  # steps too small to count
        first += first * step == schema.get("exclusiveMinimum")
        last -= last * step == schema.get("exclusiveMaximum")
        if last < first:
            return low + (high - low) / 2
        value = self._chance.randint(first, min(last, first + 100)) * step
        return int(value) if whole else value


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Both at once, as far as that is easily said."""
    merged = {**one, **other}
    for key in ("properties", "$defs"):
        if key in one and key in other:
            merged[key] = {**one[key], **other[key]}
    if "required" in one and "required" in other:
        merged["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    for key in ("minLength", "minItems", "minimum"):
        if key in one and key in other:
            merged[key] = max(one[key], other[key])
    for key in ("maxLength", "maxItems", "maximum"):
        if key in one and key in other:
            merged[key] = min(one[key], other[key])
    return merged
