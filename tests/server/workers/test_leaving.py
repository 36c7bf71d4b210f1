"""Somebody who asked to leave has gone before long, without anybody doing more."""

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from server.local.engines import EngineUrls
from server.persistence import leaving
from server.persistence.database import Database
from server.persistence.users import UserRow
from tests.server.turns.scene import count
from tests.support.eventually import eventually
from tests.support.turns import turn_harness


async def test_who_asked_of_a_process_that_died_goes_with_another(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as harness:
        caller = await harness.person()
        async with database.transaction() as tx:
            await leaving.mark(tx, caller.user_id, harness.process.services.clock())

        async def has_gone() -> bool:
            return bool(await count(database, UserRow, UserRow.deleted_at.is_not(None)))

        await eventually(has_gone)


async def test_an_outage_is_waited_out(
    migrated: EngineUrls,
    database: Database,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("server.workers.leaving.LOOK_S", 0.05)
    async with turn_harness(migrated) as harness:
        caller = await harness.person()
        async with database.transaction() as tx:
            await tx.execute(text("ALTER TABLE users RENAME TO away"))
        await eventually(lambda: "leaving.not_looked" in caplog.text)
        async with database.transaction() as tx:
            await tx.execute(text("ALTER TABLE away RENAME TO users"))
        await harness.process.services.leaver.ask(caller.user_id)

        async def has_gone() -> bool:
            return bool(await count(database, UserRow, UserRow.deleted_at.is_not(None)))

        await eventually(has_gone)
