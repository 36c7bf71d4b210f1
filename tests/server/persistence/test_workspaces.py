"""Workspaces are there for who is in them, and for nobody else."""

from datetime import UTC, datetime
from uuid import UUID

from server.domain.ids import UserId, new_id
from server.persistence import workspaces
from server.persistence.database import Database, Tx
from tests.server.accounts.people import somebody

NOW = datetime(2026, 11, 1, tzinfo=UTC)


async def shared(tx: Tx, *members: UserId) -> UUID:
    """One whose first member is its owner."""
    workspace = new_id()
    await workspaces.insert_workspace(tx, workspace, "Acme", personal=False)
    for user in members:
        role = "owner" if user == members[0] else "member"
        await workspaces.insert_member(tx, workspace, user, role)
    return workspace


async def test_members_see_it_with_their_own_role(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        acme = await shared(tx, ada, bob)
        mine, theirs = await workspaces.find(tx, acme, ada), await workspaces.find(tx, acme, bob)
        assert mine is not None
        assert theirs is not None
        assert (mine.name, mine.members, mine.is_owned) == ("Acme", 2, True)
        assert (theirs.role, theirs.is_owned) == ("member", False)
        assert await workspaces.find(tx, acme, new_id()) is None


async def test_lists_hold_one_s_own_and_shared_ones_newest_first(database: Database) -> None:
    ada = await somebody(database)
    async with database.transaction() as tx:
        first, second = await shared(tx, ada), await shared(tx, ada)
        await shared(tx)
        found = await workspaces.list_workspaces(tx, ada, before=None, limit=9)
        assert [item.id for item in found[:2]] == [second, first]
        assert [item.personal for item in found] == [False, False, True]
        older = await workspaces.list_workspaces(tx, ada, before=second, limit=1)
        assert [item.id for item in older] == [first]
        only = await workspaces.list_workspaces(tx, ada, only=second, before=None, limit=9)
        assert [item.id for item in only] == [second]
        assert await workspaces.count_shared(tx, ada) == 2


async def test_a_closed_one_is_not_there_any_more(database: Database) -> None:
    ada = await somebody(database)
    async with database.transaction() as tx:
        acme = await shared(tx, ada)
        assert await workspaces.name_of_shared(tx, acme) == "Acme"
        await workspaces.change(tx, acme, {"pays": True, "requests_per_hour": 3})
        found = await workspaces.find(tx, acme, ada)
        assert found is not None
        assert (found.pays, found.requests_per_hour) == (True, 3)
        await workspaces.close(tx, acme, NOW)
        assert await workspaces.find(tx, acme, ada) is None
        assert await workspaces.name_of_shared(tx, acme) is None


async def test_a_personal_one_can_be_shared_with_nobody(database: Database) -> None:
    ada = await somebody(database)
    async with database.transaction() as tx:
        (own,) = await workspaces.list_workspaces(tx, ada, before=None, limit=9)
        assert await workspaces.name_of_shared(tx, own.id) is None
        assert await workspaces.count_shared(tx, ada) == 0
