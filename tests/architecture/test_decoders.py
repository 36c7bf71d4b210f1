"""No type that decodes bodies is one that msgspec 0.22 frees wrongly: a text with a pattern that
may be a list or an object as well. The pattern goes twice, and the process with it when it ends.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from msgspec import Meta, Struct, inspect

from server.protocol.commands import ClientCommand
from server.routes.catalogue import OPERATIONS

CONTAINERS = (
    inspect.DictType,
    inspect.ListType,
    inspect.SetType,
    inspect.TupleType,
    inspect.VarTupleType,
)
INSIDE = ("types", "item_type", "item_types", "key_type", "value_type")


class Broken(Struct):
    field: dict[str, Annotated[str, Meta(pattern="a")] | int | tuple[str, ...]]


def faults(kind: Any) -> list[str]:
    """Fields of ``kind``, and of all that is in it, that have such a type."""
    return list(_faults(inspect.type_info(kind), "", set()))


def _faults(kind: Any, at: str, seen: set[type]) -> Iterator[str]:
    if isinstance(kind, inspect.StructType):
        if kind.cls not in seen:
            seen.add(kind.cls)
            for field in kind.fields:
                yield from _faults(field.type, f"{kind.cls.__qualname__}.{field.name}", seen)
        return
    if isinstance(kind, inspect.UnionType):
        texts = [one for one in kind.types if isinstance(one, inspect.StrType) and one.pattern]
        if texts and any(isinstance(one, CONTAINERS) for one in kind.types):
            yield at
    for name in INSIDE:
        inner = getattr(kind, name, ())
        for one in inner if isinstance(inner, tuple) else (inner,):
            yield from _faults(one, at, seen)


def test_none_of_our_types_is_freed_twice() -> None:
    assert faults(Broken) == ["Broken.field"]
    kinds: list[Any] = [ClientCommand]
    for operation in OPERATIONS:
        kinds += [kind for kind in (operation.request, operation.query) if kind is not None]
    assert [fault for kind in kinds for fault in faults(kind)] == []
