"""What a turn finds of the workspace that it would bill, and who may keep billing it."""

import asyncio

from sqlalchemy import text

from server.domain.ids import new_id
from server.persistence import members, payers, workspaces
from server.persistence.database import Database
from server.persistence.payers import Standing
from tests.server.accounts.people import somebody
from tests.server.persistence.test_workspaces import NOW, shared


async def test_a_member_finds_its_account_and_its_limit(database: Database) -> None:
    ada = await somebody(database)
    async with database.transaction() as tx:
        acme = await shared(tx, ada)
        await workspaces.change(tx, acme, {"pays": True, "requests_per_hour": 7})
        await tx.execute(
            text(
                "INSERT INTO accounts (id, kind, owner_id, balance, held) "
                "VALUES (:id, 'workspace', :id, 9, 4)"
            ),
            {"id": acme},
        )
        found = await payers.find(tx, acme, ada)
        assert found == Standing(pays=True, requests_per_hour=7, balance=9, held=4)
        assert await payers.find(tx, acme, new_id()) is None
        await workspaces.close(tx, acme, NOW)
        assert await payers.find(tx, acme, ada) is None


async def test_nobody_removes_a_member_whose_turn_is_being_admitted(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        acme = await shared(tx, ada, bob)

    async def remove() -> None:
        async with database.transaction() as tx:
            await members.remove(tx, acme, bob)

    async with database.transaction() as tx:
        assert await payers.keep_member(tx, acme, bob)
        removing = asyncio.create_task(remove())
        done, _ = await asyncio.wait({removing}, timeout=0.2)
        assert not done
    await removing
    async with database.transaction() as tx:
        assert not await payers.keep_member(tx, acme, bob)
