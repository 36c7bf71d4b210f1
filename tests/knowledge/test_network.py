"""What one process learns, another tells its agents; PostgreSQL is what is believed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from knowledge.network import AIKnowledgeNetwork
from knowledge.tables import CREATORS_MIN
from server.domain.clock import utc_now
from server.domain.errors import NotFound
from server.domain.ids import UserId, new_id
from server.domain.insights import Audience, InsightKind
from server.local.engines import EngineUrls
from server.persistence.database import Database, open_database
from server.persistence.redis import INSIGHTS_STREAM, open_blocking_redis, open_redis
from tests.knowledge.scene import creator, new, words
from tests.server.accounts.people import START, TurnedClock
from tests.support.eventually import eventually


@asynccontextmanager
async def process(urls: EngineUrls, clock: TurnedClock) -> AsyncIterator[AIKnowledgeNetwork]:
    """As each process has one: with connections of its own."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(urls.database_url, pool_size=3))
        commands = await stack.enter_async_context(open_redis(urls.redis_url))
        blocking = await stack.enter_async_context(open_blocking_redis(urls.redis_url))
        network = AIKnowledgeNetwork(database, commands, blocking, clock=clock)
        async with anyio.create_task_group() as background:
            background.start_soon(network.run)
            await eventually(lambda: network._changes.is_heard)
            yield network
            background.cancel_scope.cancel()


async def recall(network: AIKnowledgeNetwork, who: UserId, **fields: Any) -> list[str]:
    values = {"text": "", "budget_tokens": 1_000, "count": words, **fields}
    return [one.insight.text for one in await network.get_relevant_insights(who, **values)]


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


async def test_what_one_process_learns_another_recalls_within_a_second(
    migrated: EngineUrls, database: Database, redis: Redis, clock: TurnedClock
) -> None:
    who, other = await creator(database), await creator(database)
    async with process(migrated, clock) as here, process(migrated, clock) as there:
        assert await recall(there, who) == []

        async def known(*texts: str) -> bool:
            return await recall(there, who) == list(texts)

        kept = await here.broadcast_insight(who, new("Photos sell.", 0.5))
        await eventually(lambda: known("Photos sell."), 1.0)
        better = await here.broadcast_insight(who, new("Videos sell.", 0.4), supersedes=kept.id)
        await eventually(lambda: known("Videos sell."), 1.0)
        await here.broadcast_insight(who, new("Polls sell.", 0.45))
        await eventually(lambda: known("Polls sell.", "Videos sell."), 1.0)
        await here.note_outcome(who, better.id, key="1", helped=True)
        await eventually(lambda: known("Videos sell.", "Polls sell."), 1.0)
        await here.retract(who, better.id)
        await eventually(lambda: known("Polls sell."), 1.0)
        assert await recall(there, other) == []


async def test_what_is_recalled_again_is_not_read_again_until_it_changes(
    migrated: EngineUrls, database: Database, redis: Redis, clock: TurnedClock
) -> None:
    who = await creator(database)
    async with process(migrated, clock) as network:
        await network.broadcast_insight(who, new("Photos sell."))
        await eventually(lambda: redis.xlen(INSIGHTS_STREAM))
        await asyncio.sleep(0.1)  # our own word comes back to us
        await recall(network, who)
        async with database.transaction() as tx:
            await tx.execute(text("UPDATE insights SET text = 'Behind the back.'"))
        assert await recall(network, who) == ["Photos sell."]
        assert await recall(network, who, text="otherwise") == ["Behind the back."]
        await network.announce(who)
        assert await recall(network, who) == ["Behind the back."]


async def test_after_a_flush_nothing_is_lost(
    migrated: EngineUrls, database: Database, redis: Redis, clock: TurnedClock
) -> None:
    who = await creator(database)
    async with process(migrated, clock) as here, process(migrated, clock) as there:
        await here.broadcast_insight(who, new("Photos sell."))
        await recall(there, who)
        await here.broadcast_insight(who, new("Videos sell.", 0.1))
        await redis.flushdb()

        async def knows_both() -> bool:
            return await recall(there, who) == ["Photos sell.", "Videos sell."]

        await eventually(knows_both)


async def test_without_redis_all_works_and_nothing_is_remembered(
    migrated: EngineUrls, database: Database
) -> None:
    who = await creator(database)
    async with open_redis("redis://127.0.0.1:1/0") as away:
        network = AIKnowledgeNetwork(database, away, away, clock=utc_now)
        kept = await network.broadcast_insight(who, new("Photos sell."))
        assert await recall(network, who) == ["Photos sell."]
        async with database.transaction() as tx:
            await tx.execute(text("DELETE FROM insights"))
        assert await recall(network, who) == []
        with pytest.raises(NotFound):
            await network.retract(who, kept.id)


async def test_after_thirty_days_it_is_four_fifths_as_sure(
    migrated: EngineUrls, database: Database, redis: Redis, clock: TurnedClock
) -> None:
    who = await creator(database)
    async with process(migrated, clock) as network:
        await network.broadcast_insight(who, new(confidence=0.5))
        for confidence in (0.5, 0.4, 0.32):
            (found,) = await network.get_relevant_insights(
                who, text="", budget_tokens=100, count=words
            )
            assert found.confidence == pytest.approx(confidence)
            clock.turn(days=30)


async def test_what_fits_and_was_asked_for_is_told(
    migrated: EngineUrls, database: Database, redis: Redis, clock: TurnedClock
) -> None:
    who = await creator(database)
    async with process(migrated, clock) as network:
        await network.broadcast_insight(who, new("Photos sell.", 0.3))
        await network.broadcast_insight(who, new("Mornings are quiet.", 0.9))
        fan = new("Polls please.", kind=InsightKind.FAN_PREFERENCE)
        await network.broadcast_insight(who, fan)
        asked = {"text": "a photo", "kinds": [InsightKind.CONTENT_PERFORMANCE]}
        assert await recall(network, who, **asked) == ["Photos sell.", "Mornings are quiet."]
        assert await recall(network, who, **asked, budget_tokens=20) == ["Photos sell."]
        assert await recall(network, who, **asked, budget_tokens=10) == []


async def test_who_looks_through_them_finds_also_what_is_alike(
    migrated: EngineUrls, database: Database, redis: Redis, clock: TurnedClock
) -> None:
    who = await creator(database)
    async with process(migrated, clock) as network:
        for words_of_it in ("Short photos sell well here", "Photos sell well here, short"):
            await network.broadcast_insight(who, new(words_of_it))
        await network.broadcast_insight(who, new("Mornings are quiet.", 0.1))
        assert len(await recall(network, who, text="photos")) == 2
        found = await network.search(who, text="photos", limit=3)
        assert [one.insight.text for one in found][2:] == ["Mornings are quiet."]
        assert await network.search(who, text="photos", limit=2) == found[:2]


async def test_strangers_change_nothing_and_read_only_what_is_shared(
    migrated: EngineUrls, database: Database, redis: Redis, clock: TurnedClock
) -> None:
    stranger = await creator(database)
    async with process(migrated, clock) as network:
        for _ in range(CREATORS_MIN):
            who = await creator(database)
            kept = await network.broadcast_insight(who, new("Photos sell."))
        private = await network.broadcast_insight(who, new("Ada likes polls."))
        for id in (kept.id, private.id, new_id()):
            with pytest.raises(NotFound):
                await network.retract(stranger, id)
            with pytest.raises(NotFound):
                await network.note_outcome(stranger, id, key="x", helped=False)
        assert await recall(network, stranger) == []
        assert await network.share() == 1
        (shared,) = await network.get_relevant_insights(
            stranger, text="", budget_tokens=100, count=words
        )
        assert shared.insight.audience is Audience.SHARED
        assert shared.insight.confidence_at == START
        with pytest.raises(NotFound):
            await network.retract(stranger, shared.insight.id)
        own = await network.get_relevant_insights(who, text="", budget_tokens=100, count=words)
        assert all(one.insight.audience is Audience.OWN for one in own)  # told once
