"""Lists by cursor: how many, and from where on. A cursor is opaque to clients and checked here."""

import base64
import binascii
from collections.abc import Iterator
from typing import Annotated, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from server.domain.errors import Invalid
from server.protocol.moments import are_in_reach

LIMIT_DEFAULT, LIMIT_MAX = 50, 200
"""Items of a page: appendix D."""

Limit: TypeAlias = Annotated[int, Meta(ge=1, le=LIMIT_MAX)]
Cursor: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]

Place = TypeVar("Place")
Item = TypeVar("Item")


class ListQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    limit: Limit = LIMIT_DEFAULT
    cursor: Cursor | None = None


def write(place: UUID | tuple[object, ...]) -> str:
    """What comes after ``place``, as a cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def read(cursor: str | None, kind: type[Place]) -> Place | None:
    """The place that ``write`` was given.

    Raises:
        Invalid: no cursor of this list.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(
            cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        )
        place: Place = msgspec.json.decode(raw, type=kind)
    except (binascii.Error, UnicodeError, msgspec.MsgspecError) as error:
        raise _strange() from error
    parts = list(_parts(place))
    if not are_in_reach(parts) or any("\0" in part for part in parts if isinstance(part, str)):
        raise _strange()
    return place


def _parts(place: object) -> Iterator[object]:
    if isinstance(place, tuple):
        for part in place:
            yield from _parts(part)
    else:
        yield place


def _strange() -> Invalid:
    return Invalid("That is no cursor of this list.", path="$query.cursor")


def page(found: list[Item], limit: int) -> tuple[list[Item], Item | None]:
    """Of ``limit + 1`` items asked for: those of the page, and its last where more follow."""
    shown = found[:limit]
    return shown, shown[-1] if len(found) > limit else None
