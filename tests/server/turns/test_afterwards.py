"""What follows a turn: what it taught in any case, a name only where settings say so."""

from redis.asyncio import Redis
from sqlalchemy import select

from knowledge.tables import InsightRow
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from tests.server.turns.scene import count, one
from tests.server.turns.test_jobs import done, job
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness


async def test_what_a_job_teaches_is_known_soon(turns: Harness, database: Database) -> None:
    caller = await turns.person()
    await done(turns, caller, job("Hi! I really love the photos of the old lighthouse."))

    async def is_known() -> bool:
        return await count(database, InsightRow, InsightRow.user_id == caller.user_id) == 1

    await eventually(is_known)
    told = await one(database, select(InsightRow.text))
    assert "lighthouse" in told[0]


async def test_a_first_exchange_is_named_where_settings_say_so(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated, auto_titles="true") as turns:
        await turns.answer(await turns.person(), "How is bread baked?")

        async def is_named() -> bool:
            return await count(database, TurnRow, TurnRow.feature == "title") == 1

        await eventually(is_named)
