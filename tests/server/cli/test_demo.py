"""Somebody to sign in as, on the first day and no other."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select, update

from billing.tables import AccountRow
from server.accounts.tickets import Tickets
from server.cli.demo import DEMO_USERS, create_demo, sign_in_links
from server.persistence import users
from server.persistence.database import Database
from server.persistence.users import UserRow
from server.persistence.workspaces import MemberRow, WorkspaceRow
from server.settings import load

SETTINGS = load({"SIGNUP_CREDITS": "7"})
ORIGIN = "http://127.0.0.1:8000"


def clock() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


async def test_the_demo_workspace_has_an_admin_and_a_creator_with_credits(
    database: Database,
) -> None:
    await create_demo(database, SETTINGS, clock)
    async with database.snapshot() as tx:
        shared = select(WorkspaceRow.id).where(~WorkspaceRow.personal)
        members = await tx.execute(
            select(UserRow.email, UserRow.role, MemberRow.role)
            .join(MemberRow, MemberRow.user_id == UserRow.id)
            .where(MemberRow.workspace_id.in_(shared))
            .order_by(UserRow.email)
        )
        assert [tuple(row) for row in members] == [
            ("admin@example.com", "admin", "owner"),
            ("creator@example.com", "user", "member"),
        ]
        balances = await tx.execute(select(AccountRow.kind, AccountRow.balance))
        assert sorted(map(tuple, balances)) == [
            ("user", 7_000_000),
            ("user", 7_000_000),
            ("workspace", 0),
        ]


async def test_another_start_makes_nobody_anew(database: Database) -> None:
    await create_demo(database, SETTINGS, clock)
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(email="renamed-" + UserRow.email))
    await create_demo(database, SETTINGS, clock)
    async with database.snapshot() as tx:
        assert await tx.scalar(select(func.count()).select_from(UserRow)) == len(DEMO_USERS)
    assert await sign_in_links(database, ORIGIN, clock) == []


async def test_each_start_has_fresh_links_that_work_once(database: Database) -> None:
    await create_demo(database, SETTINGS, clock)
    first = await sign_in_links(database, ORIGIN, clock)
    second = await sign_in_links(database, ORIGIN, clock)
    assert [link.email for link in first] == [demo.email for demo in DEMO_USERS]
    assert not {link.url for link in first} & {link.url for link in second}
    for link in (*first, *second):
        parts = urlsplit(link.url)
        assert f"{parts.scheme}://{parts.netloc}" == ORIGIN
        assert not parts.query
        async with database.transaction() as tx:
            user = await Tickets(clock=clock).use_link(tx, parts.fragment)
            found = await users.find(tx, user)
        assert found is not None
        assert found.email == link.email
