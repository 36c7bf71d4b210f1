"""Bodies that say who asks though nobody wants to know: a host sends it with everything."""

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from server.accounts.access import Principal
from server.domain.errors import Invalid
from server.protocol.codec import Bounds, decode_body
from server.protocol.commands import UserName
from server.turns.request import check_caller

Body = TypeVar("Body")


class _Named(Struct, frozen=True, kw_only=True, rename="camel"):
    creator_id: UserName | UnsetType = UNSET
    user_id: UserName | UnsetType = UNSET


NAMES = frozenset(field.encode_name for field in structs.fields(_Named))


def decode_from(caller: Principal, raw: bytes, kind: type[Body], bounds: Bounds) -> Body:
    """As ``decode_body``; ``creatorId`` and ``userId`` may be there where they name the caller and
    ``kind`` has no such field.

    Raises:
        Invalid: what else is wrong, or they name somebody else.
    """
    try:
        return decode_body(raw, kind, bounds)
    except Invalid as refusal:
        name = (refusal.path or "").removeprefix("$.")
        if name not in NAMES or name in _fields(kind):
            raise
    members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    _check(caller, name, members.pop(name))
    return decode_from(caller, msgspec.json.encode(members), kind, bounds)


def _fields(kind: Any) -> set[str]:
    """Their names in JSON."""
    return {field.encode_name for field in structs.fields(kind)}


def _check(caller: Principal, name: str, given: msgspec.Raw) -> None:
    named = decode_body(msgspec.json.encode({name: given}), _Named)
    check_caller(named, caller.user_id, caller.external_id)
