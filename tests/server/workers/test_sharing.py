"""What several creators have learned reaches all of them, once an hour, whoever looks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from knowledge import store
from knowledge.network import AIKnowledgeNetwork
from knowledge.tables import CREATORS_MIN, InsightRow
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.persistence.database import Database
from server.persistence.redis import SHARED_KEY, SHARED_TTL_S
from server.workers import sharing
from server.workers.sharing import keep_sharing
from tests.billing.support import statements_of
from tests.knowledge.scene import creator, new
from tests.server.turns.scene import count
from tests.support.eventually import eventually


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "LOOK_S", 0.02)


async def common(database: Database, said: str) -> None:
    """As many creators as it takes have learned it."""
    for _ in range(CREATORS_MIN):
        who = await creator(database)
        async with database.transaction() as tx:
            await store.add(tx, new_id(), who, new(said), utc_now())


@asynccontextmanager
async def kept(database: Database, redis: Redis) -> AsyncIterator[None]:
    network = AIKnowledgeNetwork(database, redis, redis, clock=utc_now)
    task = asyncio.create_task(keep_sharing(network, redis))
    try:
        yield
    finally:
        task.cancel()


def shared(database: Database, wanted: int) -> Callable[[], object]:
    async def is_so() -> bool:
        return await count(database, InsightRow, InsightRow.user_id.is_(None)) == wanted

    return is_so


async def test_it_is_done_at_once_and_not_again_within_the_hour(
    database: Database, redis: Redis
) -> None:
    await common(database, "Polls sell.")
    async with kept(database, redis):
        await eventually(shared(database, 1))
        await eventually(lambda: redis.exists(SHARED_KEY))
    assert 0 < await redis.ttl(SHARED_KEY) <= SHARED_TTL_S
    await common(database, "Bundles sell.")
    async with kept(database, redis), kept(database, redis):
        with statements_of(database) as seen:
            await asyncio.sleep(0.2)
        assert seen == []
        await redis.delete(SHARED_KEY)
        await eventually(shared(database, 2))


async def test_an_outage_is_waited_out(
    database: Database, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    await common(database, "Polls sell.")
    async with database.transaction() as tx:
        await tx.execute(text("ALTER TABLE insights RENAME TO away"))
    async with kept(database, redis):
        await eventually(lambda: "insights.not_shared" in caplog.text)
        assert not await redis.exists(SHARED_KEY)
        async with database.transaction() as tx:
            await tx.execute(text("ALTER TABLE away RENAME TO insights"))
        await eventually(shared(database, 1))
