"""The wire as TypeScript: what pages are compiled against is made of the structs that are sent.

``python -m server wire`` prints it; ``static/src/core/wire.gen.ts`` is that text.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import inspect

from server.protocol import commands, events, feed
from server.routes.operations import Operation

HEADER = (
    "// Written by `python -m server wire` from the structs of server/protocol and server/routes."
    " Do not edit.\n"
)

ALIASES: tuple[tuple[str, Any], ...] = (
    ("Outcome", events.Outcome),
    ("TurnEvent", events.TurnEvent),
    ("ServerEvent", events.ServerEvent),
    ("InputPart", commands.InputPart),
    ("ClientCommand", commands.ClientCommand),
    ("FeedCommand", feed.FeedCommand),
    ("FeedEvent", feed.FeedEvent),
)
"""Unions with a name of their own, smallest first: a larger one is written with their names."""

BASES: tuple[Any, ...] = (commands.TurnRequest, commands.StartTurnBody)
"""Structs that pages build from, though they are no message by themselves."""

PLAIN: dict[type[inspect.Type], str] = {
    inspect.BoolType: "boolean",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.AnyType: "unknown",
    inspect.NoneType: "null",
}

WIDTH = 100
"""Columns of a line, as in all our code."""


def wire(operations: Iterable[Operation] = ()) -> str:
    """Interfaces of everything that travels, then the named unions."""
    roots = [kind for _, kind in ALIASES] + list(BASES)
    for operation in operations:
        roots += [kind for kind in (operation.request, operation.response) if kind is not None]
    structs = collect(roots)
    parts = [HEADER, *(_interface(struct) for struct in structs)]
    written: list[tuple[str, tuple[str, ...]]] = []
    for name, kind in ALIASES:
        members = _members(kind)
        if len(members) > 1:
            parts.append(_union(name, _shorten(members, written)))
            written.append((name, members))
        elif members[0] != name:
            parts.append(f"export type {name} = {members[0]};\n")
    return "\n".join(parts)


def collect(roots: Iterable[Any]) -> list[inspect.StructType]:
    """Every struct that ``roots`` are made of, each once, parts before wholes.

    Raises:
        ValueError: two structs share a name, which would merge them on the other side.
    """
    found: dict[type, inspect.StructType] = {}
    names: dict[str, type] = {}

    def visit(kind: inspect.Type) -> None:
        if isinstance(kind, inspect.StructType):
            if kind.cls in found:
                return
            if names.setdefault(kind.cls.__name__, kind.cls) is not kind.cls:
                raise ValueError(f"two structs are called {kind.cls.__name__}")
            found[kind.cls] = kind
            for field in kind.fields:
                visit(field.type)
            found[kind.cls] = found.pop(kind.cls)  # after its parts
        for part in _parts(kind):
            visit(part)

    for info in inspect.multi_type_info(list(roots)):
        visit(info)
    return list(found.values())


def type_text(kind: inspect.Type) -> str:
    """A type as TypeScript writes it; text, moments, dates and ids are all strings there."""
    match kind:
        case inspect.Metadata():
            text = type_text(kind.type)
        case inspect.StructType():
            text = kind.cls.__name__
        case inspect.UnionType():
            known = [item for item in kind.types if not isinstance(item, inspect.NoneType)]
            texts = [type_text(item) for item in known]
            text = " | ".join(texts + ["null"] * (len(known) < len(kind.types)))
        case inspect.LiteralType():
            text = " | ".join(_literal(value) for value in kind.values)
        case inspect.EnumType():
            text = " | ".join(_literal(member.value) for member in kind.cls)
        case inspect.TupleType():
            text = f"[{', '.join(type_text(item) for item in kind.item_types)}]"
        case inspect.DictType():
            text = f"Record<{type_text(kind.key_type)}, {type_text(kind.value_type)}>"
        case inspect.CollectionType():
            item = type_text(kind.item_type)
            text = f"({item})[]" if " | " in item else f"{item}[]"
        case _:
            text = PLAIN.get(type(kind), "string")
    return text


def _parts(kind: inspect.Type) -> Sequence[inspect.Type]:
    match kind:
        case inspect.Metadata():
            return (kind.type,)
        case inspect.UnionType():
            return kind.types
        case inspect.TupleType():
            return kind.item_types
        case inspect.DictType():
            return (kind.key_type, kind.value_type)
        case inspect.CollectionType():
            return (kind.item_type,)
        case _:
            return ()


def _interface(struct: inspect.StructType) -> str:
    lines = [*_doc(struct.cls), f"export interface {struct.cls.__name__} {{"]
    if struct.tag is not None:
        lines.append(f"  {struct.tag_field}: {_literal(struct.tag)};")
    for field in struct.fields:
        optional = "" if field.required else "?"
        lines.append(f"  {field.encode_name}{optional}: {type_text(field.type)};")
    return "\n".join([*lines, "}\n"])


def _doc(cls: type) -> list[str]:
    text = (cls.__doc__ or "").strip()
    if not text or text.startswith(f"{cls.__name__}("):
        return []
    lines = [line.strip() for line in text.replace("``", "`").splitlines()]
    if len(lines) == 1:
        return [f"/** {lines[0]} */"]
    return ["/**", *(f" * {line}".rstrip() for line in lines), " */"]


def _members(kind: Any) -> tuple[str, ...]:
    info = inspect.type_info(kind)
    while isinstance(info, inspect.Metadata):
        info = info.type
    return tuple(
        type_text(item) for item in (info.types if isinstance(info, inspect.UnionType) else (info,))
    )


def _shorten(members: tuple[str, ...], written: list[tuple[str, tuple[str, ...]]]) -> list[str]:
    """``members`` with those of an earlier union replaced by its name, the largest first."""
    left = list(members)
    for name, others in sorted(written, key=lambda union: -len(union[1])):
        if set(others) <= set(left):
            left = [name, *(member for member in left if member not in others)]
    return left


def _union(name: str, members: list[str]) -> str:
    line = f"export type {name} = {' | '.join(members)};\n"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"export type {name} =", *(f"  | {member}" for member in members)]) + ";\n"


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
