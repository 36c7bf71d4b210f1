"""Why outside data was not read, in our words: msgspec's sentence, the path of the field at fault,
and where one of a few words is wanted, which those are.
"""

import functools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import inspect

from server.domain.errors import Invalid

_AT = re.compile(r"^(.*?) - at (?:`key` in )?`(\$[^`]*)`$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(.*)`$", re.DOTALL)
_NO_CHOICE = re.compile(r"^Invalid (?:enum )?value ")
_STEP = re.compile(r"\.(\w+)|\[[^\]]*\]")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_ECHO_MAX = 200  # characters of the sender's own text that a message may repeat
_CHOICES_MAX = 40


def refused(text: str, kind: Any) -> Invalid:
    """msgspec's sentence on data that is no ``kind``; it names an unknown or missing field in the
    text only."""
    message, path = text, None
    if match := _AT.match(text):
        message, path = match[1], match[2]
    if match := _UNKNOWN.match(message):
        return Invalid("There is no such field.", path=member_of(path or "$", match[1]))
    if match := _MISSING.match(message):
        return Invalid("This field is required.", path=member_of(path or "$", match[1]))
    said = shorten(message)
    wanted = choices(kind, path or "$") if _NO_CHOICE.match(message) else ()
    if 0 < len(wanted) <= _CHOICES_MAX:
        said += f", expected one of {', '.join(wanted)}"
    return Invalid(said + ".", path=path)


def member_of(path: str, name: str) -> str:
    if _PLAIN_KEY.fullmatch(name):
        return f"{path}.{name}"
    return f"{path}[{json.dumps(shorten(name))}]"


def shorten(text: str) -> str:
    """Short enough to repeat, and sendable: a lone surrogate would not be."""
    clean = text[:_ECHO_MAX].encode("utf-8", "replace").decode()
    return clean if len(text) <= _ECHO_MAX else clean + "…"


def choices(kind: Any, path: str) -> tuple[str, ...]:
    """The words that ``kind`` takes at ``path``, where it takes but a few."""
    at = list(_one_by_one([_described(kind)]))
    for step in _STEP.finditer(path):
        at = list(_one_by_one(inner for each in at for inner in _inside(each, step[1])))
    return tuple(dict.fromkeys(word for each in at for word in _words(each)))


@functools.cache
def _described(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def _one_by_one(types: Iterable[inspect.Type]) -> Iterator[inspect.Type]:
    for each in types:
        if isinstance(each, inspect.UnionType):
            yield from each.types
        elif isinstance(each, inspect.Metadata):
            yield from _one_by_one([each.type])
        else:
            yield each


def _inside(outer: inspect.Type, name: str | None) -> Iterator[inspect.Type]:
    """What stands under ``name``; without one, in any place."""
    match outer:
        case inspect.StructType() if name is not None:
            if name == outer.tag_field:
                yield inspect.LiteralType(values=(outer.tag,))
            yield from (each.type for each in outer.fields if each.encode_name == name)
        case (
            inspect.ListType()
            | inspect.SetType()
            | inspect.FrozenSetType()
            | inspect.VarTupleType()
        ):
            yield outer.item_type
        case inspect.DictType():
            yield outer.value_type
        case _:
            pass


def _words(described: inspect.Type) -> Iterator[str]:
    match described:
        case inspect.EnumType():
            yield from (str(each.value) for each in described.cls)
        case inspect.LiteralType():
            yield from map(str, described.values)
        case _:
            pass
