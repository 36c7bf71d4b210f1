"""How users get in, for admins: links that sign in, and the end of what was signed in."""

from server.accounts.tickets import sign_in_url
from server.domain.errors import Conflict, Forbidden, NotFound
from server.domain.ids import UserId
from server.persistence import cookiesessions
from server.persistence.database import Tx
from server.persistence.people import Person
from server.routes import audit
from server.routes.calls import Call
from server.routes.named import NAMED, NamedQuery, person_named
from server.routes.operations import Access, Operation
from server.routes.userviews import SignInLink

TAG = "admin"
PATH = "/api/admin/users/{user:path}"
"""``user`` is a name as ``accounts.naming`` has it: an external id may have any character."""


async def make_sign_in_link(call: Call) -> SignInLink:
    async with call.services.database.transaction() as tx:
        return await new_link(tx, call, await person_named(tx, call))


async def sign_user_out(call: Call) -> None:
    services, now = call.services, call.services.clock()
    async with services.database.transaction() as tx:
        person = await person_named(tx, call)
        ended = await cookiesessions.revoke_all(tx, person.id, now)
        await audit.record(
            tx,
            call,
            action="user.sign-out",
            target_kind="user",
            target_id=person.id,
            after={"sessions": len(ended)},
        )
    for session in ended:
        services.accounts.endings.tell(person.id, session)


async def new_link(tx: Tx, call: Call, person: Person) -> SignInLink:
    """A sign-in link, noted.

    Raises:
        Conflict: this user signs in elsewhere, or may not now.
    """
    if person.issuer is not None:
        raise Conflict("A host application's user signs in there.")
    if person.suspended_at is not None or person.deletion_requested_at is not None:
        raise Conflict("This user is kept out.")
    services = call.services
    issued = await services.accounts.tickets.issue_link(tx, UserId(person.id))
    await audit.record(tx, call, action="user.link", target_kind="user", target_id=person.id)
    url = sign_in_url(services.settings.origin, issued.secret)
    return SignInLink(url=url, expires_at=issued.expires_at)


OPERATIONS = (
    Operation(
        method="POST",
        path=f"{PATH}/sign-in-link",
        handler=make_sign_in_link,
        summary=f"A link that signs in as this user: single use, 15 minutes. {NAMED}",
        tag=TAG,
        access=Access.ADMIN,
        query=NamedQuery,
        response=SignInLink,
        status=201,
        errors=(Forbidden, NotFound, Conflict),
    ),
    Operation(
        method="POST",
        path=f"{PATH}/sign-out",
        handler=sign_user_out,
        summary=f"End every cookie session of a user, and what was opened with them. {NAMED}",
        tag=TAG,
        access=Access.ADMIN,
        query=NamedQuery,
        errors=(Forbidden, NotFound),
    ),
)
