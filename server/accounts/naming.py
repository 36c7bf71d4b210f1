"""How a user is named: by id, or by what their host application calls them.

The one form, wherever a path, a parameter or a body names somebody: the UUID, or ``external:`` and
the external id (``external:42``, ``external:auth0|5f7c``). Issuers cannot see each other, so two
may use one external id: who may see both says which is meant.
"""

from uuid import UUID

from server.accounts.hosts.claims import external_id_of
from server.domain.errors import Invalid, NotFound
from server.domain.ids import UserId
from server.persistence import people
from server.persistence.database import Snapshot, Tx

EXTERNAL = "external:"

ISSUER_MAX = 500
"""Characters of what tells whose: as many as a service key's issuer may have."""


async def find_user(tx: Tx | Snapshot, name: str, *, issuer: str | None = None) -> UserId:
    """Who is called ``name``; an id is not looked up. ``issuer`` None: of any host application.

    Raises:
        NotFound: nobody, or that is no name at all.
        Invalid: host applications share that external id, and none of them was named.
    """
    if not name.startswith(EXTERNAL):
        return UserId(_id(name))
    found = await people.find_external(tx, _external_id(name), issuer)
    if not found:
        raise NotFound("There is no such user.")
    if len(found) > 1:
        raise Invalid("Several host applications have such a user; name one.", path="$query.issuer")
    return UserId(found[0])


def _external_id(name: str) -> str:
    try:
        return external_id_of(name.removeprefix(EXTERNAL))
    except Invalid:  # nobody can be called that
        raise NotFound("There is no such user.") from None


def _id(name: str) -> UUID:
    try:
        return UUID(name)
    except ValueError:
        raise NotFound("There is no such user.") from None
