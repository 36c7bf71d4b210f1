"""The database ends what no journal ends, at the price of one query, and in nobody's way."""

import gc

import pytest
from redis.asyncio import Redis

from server.local.engines import EngineUrls
from server.persistence.database import Database, open_database
from server.persistence.redis import journal_key, open_redis
from server.turns import quiet
from server.turns.storage import Storage
from tests.billing.support import statements_of
from tests.server.turns.scene import Client
from tests.support.eventually import eventually
from tests.support.turns import turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


async def test_the_end_comes_from_the_database_when_the_journal_is_gone(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        started = await first.say(caller, "[demo: slow] [demo: long 5000] x")
        await eventually(lambda: started.cursor.text)
        await first.process.turns.journal.flush()
        attached = await second.engine.attach(caller, started.event.turn_id, 0)
        # As if its Redis were gone for good: it writes no more, and what it wrote is lost.
        first.process.turns.journal._redis = open_redis("unix:///nonexistent/valkey.sock")
        await redis.delete(journal_key(started.event.turn_id))
        await first.engine.cancel(caller, started.event.turn_id)
        here = await first.end(started.cursor)
        client = Client()
        assert await second.end(attached.cursor) == here
        client.receive(attached.cursor)
        assert client.text == started.cursor.text
        first.process.turns.journal._redis = redis


async def test_a_look_costs_one_query_however_many_are_quiet(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet, "LOOK_S", 3_600.0)
    async with turn_harness(migrated) as owner, turn_harness(migrated) as other:
        caller = await owner.person()
        attached = []
        for _ in range(5):
            started = await owner.say(caller, LONG)
            attached.append(await other.engine.attach(caller, started.event.turn_id, 0))
        # They go on, and this process hears nothing of it.
        other.process.turns.followers._unreadable.update(other.process.turns.followers.replicas)
        with statements_of(other.process.services.database) as seen:
            await other.process.turns.quiet.look()
            await other.process.turns.quiet.look()
        assert len([sent for sent in seen if "outcome IS NOT NULL" in sent]) == 1
        assert not any(found.cursor.outcome for found in attached)
        del attached, seen
        gc.collect()
        assert len(other.process.turns.quiet._seq_before) == 0


async def test_a_database_that_is_away_is_waited_for(
    migrated: EngineUrls,
    database: Database,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(quiet, "LOOK_S", 0.05)
    async with (
        turn_harness(migrated) as owner,
        turn_harness(migrated) as other,
        open_database("postgresql://nobody@/none?host=/nonexistent") as nowhere,
    ):
        caller = await owner.person()
        started = await owner.say(caller, LONG)
        attached = await other.engine.attach(caller, started.event.turn_id, 0)
        other.process.turns.followers._unreadable.update(other.process.turns.followers.replicas)
        turns = other.process.turns.quiet
        there, turns._storage = turns._storage, Storage(nowhere)
        await eventually(lambda: "quiet.not_looked" in [r.message for r in caplog.records])
        await owner.engine.cancel(caller, started.event.turn_id)
        outcome = await owner.end(started.cursor)
        turns._storage = there
        assert await other.end(attached.cursor) == outcome
