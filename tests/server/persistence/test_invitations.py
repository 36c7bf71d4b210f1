"""Invitations are spent once, and end by time, by their maker's leaving, or when taken back."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from server.domain.ids import UserId, new_id
from server.persistence import invitations
from server.persistence.database import Database, Tx
from server.persistence.invitations import KEEP_ENDED, InvitationRow, NewInvitation
from server.persistence.users import UserRow
from tests.server.accounts.people import somebody
from tests.server.persistence.test_workspaces import shared

NOW = datetime(2026, 11, 1, tzinfo=UTC)
WEEK = timedelta(days=7)


async def invite(tx: Tx, workspace: UUID, by: UserId, secret: bytes, *, at: datetime = NOW) -> UUID:
    made = NewInvitation(
        id=new_id(),
        workspace_id=workspace,
        email="eve@example.com",
        role="member",
        invited_by=by,
        secret_hash=secret,
        created_at=at,
        expires_at=at + WEEK,
    )
    await invitations.insert_invitation(tx, made)
    return made.id


async def test_of_many_that_accept_one_at_once_one_does(database: Database) -> None:
    ada = await somebody(database)
    async with database.transaction() as tx:
        acme = await shared(tx, ada)
        await invite(tx, acme, ada, b"one")
        assert await invitations.workspace_of(tx, b"one", NOW) == acme

    async def accept() -> bool:
        async with database.transaction() as tx:
            return await invitations.accept(tx, b"one", NOW) is not None

    assert sum(await asyncio.gather(*(accept() for _ in range(5)))) == 1
    async with database.snapshot() as seen:
        assert await invitations.workspace_of(seen, b"one", NOW) is None


async def test_what_has_expired_or_was_taken_back_is_not_open(database: Database) -> None:
    ada = await somebody(database)
    async with database.transaction() as tx:
        acme = await shared(tx, ada)
        revoked = await invite(tx, acme, ada, b"revoked")
        await invite(tx, acme, ada, b"expired", at=NOW - WEEK)
        opened = await invite(tx, acme, ada, b"open")
        assert await invitations.revoke(tx, acme, revoked, NOW) is True
        assert await invitations.revoke(tx, acme, revoked, NOW) is False
        assert await invitations.revoke(tx, new_id(), opened, NOW) is False
        for secret in (b"revoked", b"expired", b"nobody's"):
            assert await invitations.accept(tx, secret, NOW) is None
        found = await invitations.list_open(tx, acme, NOW, before=None, limit=9)
        assert [item.id for item in found] == [opened]


async def test_nobody_comes_in_by_whoever_is_suspended(database: Database) -> None:
    ada = await somebody(database)
    async with database.transaction() as tx:
        acme = await shared(tx, ada)
        await invite(tx, acme, ada, b"one")
        for suspended_at, leads_to in ((NOW, None), (None, acme)):
            whom = update(UserRow).where(UserRow.id == ada)
            await tx.execute(whom.values(suspended_at=suspended_at))
            assert await invitations.workspace_of(tx, b"one", NOW) == leads_to
            accepted = await invitations.accept(tx, b"one", NOW)
            assert (accepted and accepted.workspace_id) == leads_to


async def test_all_of_one_maker_or_of_a_workspace_end_together(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        acme = await shared(tx, ada, bob)
        await invite(tx, acme, ada, b"ada's")
        await invite(tx, acme, bob, b"bob's")
        await invitations.revoke_all(tx, acme, NOW, by=bob)
        assert await invitations.workspace_of(tx, b"bob's", NOW) is None
        assert await invitations.workspace_of(tx, b"ada's", NOW) == acme
        await invitations.revoke_all(tx, acme, NOW)
        assert await invitations.workspace_of(tx, b"ada's", NOW) is None


async def test_addresses_of_old_invitations_are_forgotten(database: Database) -> None:
    ada = await somebody(database)
    async with database.transaction() as tx:
        acme = await shared(tx, ada)
        await invite(tx, acme, ada, b"old", at=NOW - WEEK - KEEP_ENDED - WEEK)
        await invite(tx, acme, ada, b"new")
        assert await tx.scalar(select(func.count()).select_from(InvitationRow)) == 1
