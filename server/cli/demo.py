"""The demo workspace of private engines: somebody to sign in as, on the first day."""

from typing import NamedTuple

from billing.ledger import Ledger
from server.accounts.access import UserRole
from server.accounts.provisioning import NewPerson
from server.accounts.tickets import Tickets, sign_in_url
from server.domain.clock import Clock
from server.domain.ids import UserId, WorkspaceId, new_id
from server.persistence import users, workspaces
from server.persistence.database import Database, Tx
from server.settings import Settings
from server.turns.onboarding import Welcome, create_user
from server.turns.shared import open_workspace


class DemoUser(NamedTuple):
    email: str
    name: str
    role: UserRole
    membership: str


DEMO_USERS = (
    DemoUser("creator@example.com", "Creator", UserRole.USER, "member"),
    DemoUser("admin@example.com", "Admin", UserRole.ADMIN, "owner"),
)
"""``example.com`` is reserved (RFC 2606): no mail to these ever reaches a stranger."""

WORKSPACE = "Demo"


class Link(NamedTuple):
    """``url`` signs in as ``email``, once, within 15 minutes."""

    email: str
    url: str


async def create_demo(database: Database, settings: Settings, clock: Clock) -> None:
    """Make the demo users, if this database has never had anybody."""
    people = [
        (
            NewPerson(
                user_id=UserId(new_id()),
                workspace_id=WorkspaceId(new_id()),
                email=demo.email,
                name=demo.name,
                role=demo.role,
            ),
            Welcome(credits=settings.signup_credits, transfer_id=new_id()),
            demo.membership,
        )
        for demo in DEMO_USERS
    ]
    shared, ledger = new_id(), Ledger(clock)

    async def make(tx: Tx) -> None:
        if await users.exist(tx):
            return
        await open_workspace(tx, ledger, shared, WORKSPACE)
        for person, welcome, membership in people:
            await create_user(tx, ledger, person, welcome)
            await workspaces.insert_member(tx, shared, person.user_id, membership)

    await database.run(make)


async def sign_in_links(database: Database, origin: str, clock: Clock) -> list[Link]:
    """A fresh link for each demo user that is still there."""
    tickets, links = Tickets(clock=clock), []
    async with database.transaction() as tx:
        for demo in DEMO_USERS:
            user = await users.find_by_email(tx, demo.email)
            if user is not None:
                ticket = await tickets.issue_link(tx, UserId(user.id))
                links.append(Link(demo.email, sign_in_url(origin, ticket.secret)))
    return links
