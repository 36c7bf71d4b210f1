"""A turn that nobody runs is ended once, with what is known of it, and its hold released."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec import to_builtins
from redis.asyncio import Redis
from sqlalchemy import select, text, update

from server.domain.ids import new_id
from server.domain.turn import TurnState
from server.local.engines import EngineUrls
from server.persistence import ownership, workers
from server.persistence.database import Database
from server.persistence.redis import slots_key
from server.persistence.turns import TurnRow
from server.persistence.workers import WorkerRow
from server.turns.leases import TTL_S
from server.turns.reaper import AT_ONCE
from tests.server.turns.scene import Client, books_balance, count, stored
from tests.server.turns.test_leases import steady
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


async def test_a_turn_left_by_a_dead_process_is_ended_and_released(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person(credits=9)
        started = await first.say(caller, LONG)
        await eventually(lambda: started.cursor.text)
        await first.process.turns.journal.flush()
        elsewhere = await second.engine.attach(caller, started.event.turn_id, 0)
        client = Client()
        client.receive(elsewhere.cursor)
        assert await second.process.turns.leases.reap(all_others=True) == 1
        outcome = await second.end(elsewhere.cursor)
        client.receive(elsewhere.cursor)
        assert outcome["error"]["code"] == "worker_lost"
        assert outcome["balance"] == {"credits": "9", "held": "0", "spendable": "9"}
        assert client.ended
        assert client.text == elsewhere.cursor.text != ""
        (call,) = outcome["receipt"]["calls"]
        assert (call["charged"], call["usageSource"]) == ("0", "estimated")
        assert float(call["costUsd"]) > 0
        turn = await stored(database, caller, started.event.turn_id)
        assert (turn.state, turn.fence, turn.outcome) == (TurnState.FAILED, 2, outcome)
        assert await redis.zcard(slots_key(caller.user_id)) == 0
        await books_balance(database)


async def test_two_reapers_take_each_turn_once(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with (
        turn_harness(migrated) as first,
        turn_harness(migrated) as second,
        turn_harness(migrated) as third,
    ):
        caller = await first.person()
        for _ in range(4):
            await first.say(caller, LONG)
        await silence(database, first)
        await steady(database, second)
        reapers = [harness.process.turns.leases for harness in (second, third)]
        ended = 0
        while ended < 4:
            ended += sum(await asyncio.gather(*(leases.reap() for leases in reapers)))
        rows = await rows_of(database, select(TurnRow.state, TurnRow.fence))
        assert rows == [("failed", 2)] * 4
        await books_balance(database)


async def test_reapers_that_take_each_other_for_dead_end_each_turn_once(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with (
        turn_harness(migrated) as first,
        turn_harness(migrated) as second,
        turn_harness(migrated) as third,
    ):
        caller = await first.person()
        for _ in range(4):
            await first.say(caller, LONG)
        reapers = [harness.process.turns.leases for harness in (second, third)]
        await asyncio.gather(*(leases.reap(all_others=True) for leases in reapers))
        await asyncio.gather(*(leases.reap(all_others=True) for leases in reapers))
        assert await count(database, TurnRow, TurnRow.state == "failed") == 4
        await books_balance(database)


async def test_those_that_cannot_be_ended_keep_no_other_waiting(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.turns.reaper.REAP_BATCH", 2)
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        stuck, odd, plain = [await first.say(caller, LONG) for _ in range(3)]
        rule = f"id <> '{stuck.event.turn_id}' OR outcome IS NULL"
        async with database.transaction() as tx:
            await tx.execute(text(f"ALTER TABLE turns ADD CONSTRAINT t CHECK ({rule})"))
            # Another version of this program, say, wrote what this one cannot read.
            await tx.execute(
                update(TurnRow)
                .where(TurnRow.id == odd.event.turn_id)
                .values(price={"input": "one dollar"}, state="running")
            )
        leases = second.process.turns.leases
        try:
            assert await leases.reap(all_others=True) == 1
            assert (await stored(database, caller, plain.event.turn_id)).outcome is not None
            # What was taken over is tried again with each heartbeat, whoever else is there.
            await leases.look()
        finally:
            async with database.transaction() as tx:
                await tx.execute(text("ALTER TABLE turns DROP CONSTRAINT t"))
        good = to_builtins((await stored(database, caller, plain.event.turn_id)).price)
        async with database.transaction() as tx:
            await tx.execute(update(TurnRow).values(price=good))
        await leases.look()
        for one in (stuck, odd):
            turn = await stored(database, caller, one.event.turn_id)
            assert turn.outcome is not None
            assert (turn.outcome["error"]["code"], turn.fence) == ("worker_lost", 4)
        await books_balance(database)


async def test_a_reaper_that_dies_before_it_has_ended_what_it_fenced_has_a_reaper_too(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person(credits=9)
        started = await first.say(caller, LONG)
        dead = new_id()
        async with database.transaction() as tx:
            await workers.register(tx, boot=dead, role="web", host="here", pid=1)
            assert len(await ownership.take_over(tx, dead, 9, ttl_s=None)) == 1
        leases = await steady(database, second)
        assert await leases.reap() == 0
        async with database.transaction() as tx:
            await workers.leave(tx, dead)
        assert await leases.reap() == 1
        turn = await stored(database, caller, started.event.turn_id)
        assert turn.outcome is not None
        assert (turn.fence, turn.outcome["error"]["code"]) == (3, "worker_lost")
        assert turn.outcome["balance"] == {"credits": "9", "held": "0", "spendable": "9"}
        await books_balance(database)


async def test_a_reaper_that_was_fenced_meanwhile_writes_nothing(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with (
        turn_harness(migrated) as first,
        turn_harness(migrated) as slow,
        turn_harness(migrated) as second,
    ):
        caller = await first.person()
        started = await first.say(caller, LONG)
        async with database.transaction() as tx:
            found = await ownership.take_over(tx, slow.process.boot, 9, ttl_s=None)
        assert await second.process.turns.leases.reap(all_others=True) == 1
        before = await stored(database, caller, started.event.turn_id)
        await second.process.turns.journal.flush()
        journaled = await second.process.turns.journal.read(started.event.turn_id)
        assert await slow.process.turns.leases._reaper._end_all(found) == 0
        await slow.process.turns.journal.flush()
        assert await stored(database, caller, started.event.turn_id) == before
        assert await second.process.turns.journal.read(started.event.turn_id) == journaled
        await books_balance(database)


async def test_redis_that_is_away_keeps_no_money_waiting(
    migrated: EngineUrls,
    database: Database,
    redis: Redis,
    caplog: pytest.LogCaptureFixture,
) -> None:
    nobody = EngineUrls(database_url=migrated.database_url, redis_url="redis://127.0.0.1:1/0")
    async with turn_harness(migrated) as first, turn_harness(nobody) as second:
        caller = await first.person(credits=100)
        turns = [await first.say(caller, LONG) for _ in range(3 * AT_ONCE)]
        assert await second.process.turns.leases.reap(all_others=True) == len(turns)
        # It is asked for once by those that are ended side by side, and by no other.
        asked = [entry for entry in caplog.records if entry.name == "server.turns.reaper"]
        unread = [entry for entry in asked if entry.message == "journal.unavailable"]
        assert 0 < len(unread) <= AT_ONCE
        figures, _ = await second.engine.figures(caller)
        assert (figures.credits, figures.held) == ("100", "0")
        await books_balance(database)


async def silence(database: Database, harness: Harness) -> None:
    """As if the process had not renewed its lease for longer than that lasts."""
    async with database.transaction() as tx:
        await tx.execute(
            update(WorkerRow)
            .where(WorkerRow.boot_id == harness.process.boot)
            .values(heartbeat_at=WorkerRow.heartbeat_at - timedelta(seconds=TTL_S + 1))
        )


async def rows_of(database: Database, query: Any) -> list[Any]:
    async with database.snapshot() as tx:
        return [tuple(row) for row in await tx.execute(query)]
