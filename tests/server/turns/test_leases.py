"""Whoever renews its lease no more loses its turns; an outage of the database proves nothing."""

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import delete, select, update

from server.domain.errors import ServiceUnavailable
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.workers import WorkerRow
from server.turns.leases import BEAT_S, TTL_S, Leases
from tests.server.turns.proxy import proxied
from tests.server.turns.scene import one
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


async def age(database: Database, harness: Harness, seconds: float) -> None:
    """Make a lease look as if it had not been renewed for so long."""
    async with database.transaction() as tx:
        await tx.execute(
            update(WorkerRow)
            .where(WorkerRow.boot_id == harness.process.boot)
            .values(heartbeat_at=WorkerRow.heartbeat_at - timedelta(seconds=seconds))
        )


def judging(leases: Leases) -> Leases:
    """The same, its first TTL being over."""
    leases._judges_from = 0.0
    return leases


async def test_a_lease_is_renewed_again_taken_and_given_back(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as harness:
        leases = harness.process.turns.leases
        before = (await one(database, select(WorkerRow.heartbeat_at))).heartbeat_at
        leases.draining = True
        await leases.beat()
        row = await one(database, select(WorkerRow.heartbeat_at, WorkerRow.draining))
        assert row.heartbeat_at > before
        assert row.draining
        async with database.transaction() as tx:
            await tx.execute(delete(WorkerRow))
        await leases.beat()
        assert (await one(database, select(WorkerRow.boot_id))).boot_id == harness.process.boot
    async with database.snapshot() as tx:
        assert (await tx.execute(select(WorkerRow.boot_id))).all() == []


async def test_the_task_beats_by_itself(turns: Harness, database: Database) -> None:
    before = (await one(database, select(WorkerRow.heartbeat_at))).heartbeat_at

    async def has_beaten() -> bool:
        row = await one(database, select(WorkerRow.heartbeat_at))
        return bool(row.heartbeat_at > before)

    await eventually(has_beaten, deadline_s=BEAT_S + 10)


async def test_the_turns_of_a_process_that_renews_no_more_are_ended(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person(credits=9)
        started = await first.say(caller, LONG)
        await judging(second.process.turns.leases).beat()
        assert started.cursor.outcome is None
        await age(database, first, TTL_S + 1)
        await second.process.turns.leases.beat()
        attached = await second.engine.attach(caller, started.event.turn_id, 1)
        outcome = await second.end(attached.cursor)
        assert outcome["error"]["code"] == "worker_lost"
        assert outcome["balance"]["credits"] == "9"


async def test_nobody_is_judged_before_a_ttl_has_passed_since_an_outage(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with (
        turn_harness(migrated) as first,
        proxied(migrated) as (proxy, urls),
        turn_harness(urls) as second,
    ):
        caller = await first.person()
        started = await first.say(caller, LONG)
        leases = judging(second.process.turns.leases)
        proxy.cut()
        with pytest.raises(ServiceUnavailable):
            await leases.beat()
        await eventually(lambda: leases._judges_from > 0.0, deadline_s=BEAT_S + 10)
        proxy.is_down = False
        await age(database, first, TTL_S + 1)
        await leases.beat()
        assert started.cursor.outcome is None
        now = asyncio.get_running_loop().time()
        assert now < leases._judges_from <= now + TTL_S
