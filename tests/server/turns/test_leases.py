"""Whoever renews its lease no more loses its turns; an outage of the database proves nothing."""

from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import delete, select, update

from billing.tables import AccountRow
from server.domain.errors import ServiceUnavailable
from server.local.engines import EngineUrls
from server.persistence import workers
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from server.persistence.workers import STEADY_S, WorkerRow
from server.turns.engine import Started
from server.turns.leases import BEAT_S, TTL_S, Leases
from tests.server.turns.proxy import proxied
from tests.server.turns.scene import books_balance, one
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


async def steady(database: Database, harness: Harness) -> Leases:
    """Its leases, as if it had renewed its own for longer than one lasts."""
    async with database.transaction() as tx:
        await tx.execute(
            update(WorkerRow)
            .where(WorkerRow.boot_id == harness.process.boot)
            .values(steady_since=WorkerRow.steady_since - timedelta(seconds=TTL_S + 1))
        )
    return harness.process.turns.leases


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
        await (await steady(database, second)).beat()
        assert started.cursor.outcome is None
        await age(database, first, TTL_S + 1)
        await second.process.turns.leases.beat()
        attached = await second.engine.attach(caller, started.event.turn_id, 1)
        outcome = await second.end(attached.cursor)
        assert outcome["error"]["code"] == "worker_lost"
        assert outcome["balance"]["credits"] == "9"


async def test_nobody_is_judged_until_somebody_was_well_for_as_long_as_a_lease_lasts(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        started = await first.say(caller, LONG)
        await age(database, first, TTL_S + 1)
        await second.process.turns.leases.beat()
        assert await fence(database, started) == 1
        async with turn_harness(migrated) as third:
            # Of the one that has just come, anybody may judge by what another one witnessed.
            await steady(database, second)
            await third.process.turns.leases.beat()
        assert await fence(database, started) == 2


async def test_an_error_of_a_moment_delays_no_judgement(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with (
        turn_harness(migrated) as first,
        proxied(migrated) as (proxy, urls),
        turn_harness(urls) as second,
    ):
        caller = await first.person()
        started = await first.say(caller, LONG)
        leases = await steady(database, second)
        proxy.cut()
        with pytest.raises(ServiceUnavailable):
            await leases.renew()
        proxy.is_down = False
        await age(database, first, TTL_S + 1)
        await leases.beat()
        assert await fence(database, started) == 2


@pytest.mark.parametrize(("late_s", "judges"), [(STEADY_S - 1, True), (STEADY_S + 1, False)])
async def test_who_renews_late_is_no_witness(
    migrated: EngineUrls, database: Database, redis: Redis, late_s: float, judges: bool
) -> None:
    """No error has told it of an outage: it was frozen with everybody else, or the database was."""
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        started = await first.say(caller, LONG)
        leases = await steady(database, second)
        await age(database, second, late_s)
        await age(database, first, TTL_S + 1)
        await leases.look()  # the lease is late already, though nobody has looked at it
        assert await fence(database, started) == (2 if judges else 1)
        await leases.beat()
        assert await fence(database, started) == (2 if judges else 1)


async def fence(database: Database, started: Started) -> int:
    row = await one(database, select(TurnRow.fence).where(TurnRow.id == started.event.turn_id))
    return int(row.fence)


async def test_however_long_an_end_takes_the_lease_is_renewed(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with turn_harness(migrated) as first:
        caller = await first.person()
        await first.say(caller, LONG)
        monkeypatch.setattr("server.turns.leases.BEAT_S", 0.05)
        async with AsyncExitStack() as locks:
            tx = await locks.enter_async_context(database.transaction())
            # Whoever ends the turn waits here for the account.
            await tx.execute(select(AccountRow).with_for_update())
            async with turn_harness(migrated) as second:
                await steady(database, second)
                await age(database, first, TTL_S + 1)
                reaper = second.process.turns.leases._reaper
                await eventually(lambda: reaper.taken_over)
                renewed = await heartbeat(database, second)

                async def is_renewed() -> bool:
                    return await heartbeat(database, second) > renewed

                await eventually(is_renewed)
                assert reaper.taken_over
                await locks.aclose()
                await eventually(lambda: not reaper.taken_over)
    await books_balance(database)


async def heartbeat(database: Database, harness: Harness) -> datetime:
    row = await one(
        database,
        select(WorkerRow.heartbeat_at).where(WorkerRow.boot_id == harness.process.boot),
    )
    moment: datetime = row.heartbeat_at
    return moment


async def test_a_renewal_that_gets_no_answer_is_tried_again(
    migrated: EngineUrls,
    database: Database,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("server.turns.leases.BEAT_S", 0.05)
    monkeypatch.setattr("server.turns.leases.RENEW_S", 0.2)
    async with turn_harness(migrated) as harness:
        async with AsyncExitStack() as locks:
            tx = await locks.enter_async_context(database.transaction())
            await tx.execute(select(WorkerRow).with_for_update())
            await eventually(lambda: "lease.not_renewed" in caplog.messages)
            before = await heartbeat(database, harness)
            await locks.aclose()

        async def is_renewed() -> bool:
            return await heartbeat(database, harness) > before

        await eventually(is_renewed)


async def test_an_outage_of_the_database_for_longer_than_a_lease_kills_no_turn(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.turns.leases.BEAT_S", 0.2)
    monkeypatch.setattr("server.turns.leases.AGAIN_S", 0.2)
    monkeypatch.setattr("server.turns.leases.TTL_S", 1.5)
    monkeypatch.setattr("server.persistence.workers.STEADY_S", 0.75)
    async with (
        proxied(migrated) as (proxy, urls),
        turn_harness(urls) as first,
        turn_harness(urls) as second,
    ):
        caller = await first.person()
        started = await first.say(caller, LONG)
        await eventually(lambda: started.cursor.text)
        boots = {harness.process.boot for harness in (first, second)}

        async def those(condition: Any) -> set[UUID]:
            async with database.snapshot() as tx:
                return set(await tx.scalars(select(WorkerRow.boot_id).where(condition)))

        async def are_steady() -> bool:
            return await those(workers.is_steady(1.5)) == boots

        async def are_over() -> bool:
            return not await those(workers.is_renewed(1.5))

        await eventually(are_steady)
        proxy.cut()
        await eventually(are_over)
        proxy.is_down = False
        await eventually(are_steady)
        heard = len(started.cursor.text)
        await eventually(lambda: len(started.cursor.text) > heard)
        assert await fence(database, started) == 1
