"""A user whom a path or a query names, as operations of admins take them."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from server.accounts.naming import ISSUER_MAX, find_user
from server.domain.errors import NotFound
from server.domain.ids import UserId
from server.persistence import people
from server.persistence.database import Snapshot, Tx
from server.persistence.people import Person
from server.routes.calls import Call

NAMED = "{user}: an id, or external:<externalId>."
"""For summaries: how the path names somebody."""


class NamedQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``issuer``: whose, where several host applications use the same externalId."""

    issuer: Annotated[str, Meta(min_length=1, max_length=ISSUER_MAX)] | None = None


class ForUser(NamedQuery, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``user``: whom it concerns, an id or external:<externalId>."""

    user: Annotated[str, Meta(min_length=1, max_length=300)]


async def user_named(tx: Tx | Snapshot, call: Call) -> UserId:
    """Who ``{user:path}`` is, by a query of the kind ``NamedQuery``; an id is not looked up, except
    for a service key, which names users of its issuer only.

    Raises:
        NotFound, Invalid: nobody, or more than one.
    """
    return await _user(tx, call, call.request.path_params["user"])


async def person_concerned(tx: Tx | Snapshot, call: Call) -> Person:
    """Whom a query of the kind ``ForUser`` names. Raises NotFound, Invalid."""
    return await person_of(tx, await _user(tx, call, call.query(ForUser).user))


async def _user(tx: Tx | Snapshot, call: Call, name: str) -> UserId:
    served = call.caller.issuer
    named = await find_user(tx, name, issuer=call.query(NamedQuery).issuer or served)
    if served is not None and (await person_of(tx, named)).issuer != served:
        raise NotFound("There is no such user.")
    return named


async def person_named(tx: Tx | Snapshot, call: Call) -> Person:
    """As ``user_named``, and all there is to see of them. Raises NotFound, Invalid."""
    return await person_of(tx, await user_named(tx, call))


async def person_of(tx: Tx | Snapshot, user: UUID) -> Person:
    """Raises NotFound: there is no such user, or no more."""
    person = await people.find(tx, user)
    if person is None:
        raise NotFound("There is no such user.")
    return person
