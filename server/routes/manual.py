"""The reference pages: prose from ``docs/templates``, tables from the structs and error classes.

``docs/protocol.md``, ``docs/errors.md``, ``docs/host-applications.md``, ``docs/embedding.md`` and
``docs/webhooks.md`` are what this makes; a test holds them to it.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import inspect

from server.domain.errors import Violation
from server.protocol import commands, events, feed
from server.protocol.notices import EXAMPLES
from server.routes.asyncapi import ANSWERS, members, tag_of
from server.routes.schemas import error_classes, meaning
from server.routes.typescript import collect, type_text

PAGES = ("protocol.md", "errors.md", "host-applications.md", "embedding.md", "webhooks.md")

NOTICE = "<!-- Generated from docs/templates/{name} by `make docs`. -->\n"

_PLACE = re.compile(r"{{([a-z_]+)(?::([\w.]+))?}}")


def render(name: str, docs: Path) -> str:
    """The page ``name`` anew; ``docs`` is the folder that holds ``templates`` and ``examples``."""
    tables = {
        "commands": _commands(commands.ClientCommand),
        "events": _events(events.ServerEvent),
        "shapes": _shapes((commands.ClientCommand, events.ServerEvent)),
        "feed_commands": _commands(feed.FeedCommand),
        "feed_events": _events(feed.FeedEvent),
        "errors": _errors(),
        "notices": _notices(),
    }

    def fill(match: re.Match[str]) -> str:
        if match[1] == "example":
            return (docs / "examples" / match[2]).read_text("utf-8")
        return tables[match[1]]

    template = (docs / "templates" / name).read_text("utf-8")
    return NOTICE.format(name=name) + _PLACE.sub(fill, template)


def _commands(union: Any) -> str:
    return "\n".join(
        _row(f"`{tag_of(kind)}`", f"`{tag_of(ANSWERS[kind])}`", _payload(kind, without=("id",)))
        for kind in members(union)
    )


def _events(union: Any) -> str:
    return "\n".join(
        _row(f"`{tag_of(kind)}`", meaning(kind), _payload(kind)) for kind in members(union)
    )


def _shapes(unions: Iterable[Any]) -> str:
    """Structs that are part of messages but no message."""
    roots = list(unions)
    messages = {kind for union in roots for kind in members(union)}
    parts = [struct.cls for struct in collect(roots) if struct.cls not in messages]
    return "\n".join(_row(f"`{kind.__name__}`", _shape(kind)) for kind in sorted(parts, key=_name))


def _errors() -> str:
    rows, seen = [], set[str]()
    for kind in error_classes():
        if issubclass(kind, Violation) or kind.code in seen:
            continue
        seen.add(kind.code)
        close = "" if kind.close is None else str(kind.close)
        retry = "yes" if kind.retryable else "no"
        rows.append(_row(f"`{kind.code}`", str(kind.status), close, retry, meaning(kind)))
    return "\n".join(rows)


def _notices() -> str:
    kinds = {event.value: type(example) for event, example in EXAMPLES.items()}
    return "\n".join(
        _row(f"`{event}`", meaning(kind), _payload(kind)) for event, kind in kinds.items()
    )


def _payload(kind: type, without: tuple[str, ...] = ()) -> str:
    info = inspect.type_info(kind)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{kind.__name__} is no struct")
    shown = [_field(field) for field in info.fields if field.encode_name not in without]
    return ", ".join(shown) or "nothing"


def _shape(kind: type) -> str:
    info = inspect.type_info(kind)
    tag = info.tag if isinstance(info, inspect.StructType) else None
    return _payload(kind) if tag is None else f'`type: "{tag}"`, {_payload(kind)}'


def _field(field: inspect.Field) -> str:
    optional = "" if field.required else "?"
    return f"`{field.encode_name}{optional}: {type_text(field.type)}`"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _name(kind: type) -> str:
    return kind.__name__
