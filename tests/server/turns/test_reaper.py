"""A turn that nobody runs is ended once, with what is known of it, and its hold released."""

import asyncio

from redis.asyncio import Redis
from sqlalchemy import select, text

from server.domain.turn import TurnState
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.redis import slots_key
from server.persistence.turns import TurnRow
from tests.server.turns.scene import Client, books_balance, count, one, stored
from tests.support.eventually import eventually
from tests.support.turns import turn_harness

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


async def test_one_that_was_only_admitted_had_made_no_call(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person(credits=9)
        started = await first.say(caller, LONG)
        async with database.transaction() as tx:
            await tx.execute(text("UPDATE turns SET state = 'admitted'"))
        await redis.flushdb()
        assert await second.process.turns.leases.reap(all_others=True) == 1
        turn = await stored(database, caller, started.event.turn_id)
        assert turn.outcome is not None
        assert turn.outcome["receipt"]["calls"] == []
        assert turn.outcome["partial"] is False


async def test_two_reapers_end_each_turn_once(
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
        # Each takes the other for dead as well, which runs nothing.
        await asyncio.gather(*(leases.reap(all_others=True) for leases in reapers))
        await asyncio.gather(*(leases.reap(all_others=True) for leases in reapers))
        assert await count(database, TurnRow, TurnRow.state == "failed") == 4
        await books_balance(database)


async def test_one_that_cannot_be_ended_keeps_no_other_waiting(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        stuck = await first.say(caller, LONG)
        await first.say(caller, LONG)
        rule = f"id <> '{stuck.event.turn_id}' OR outcome IS NULL"
        async with database.transaction() as tx:
            await tx.execute(text(f"ALTER TABLE turns ADD CONSTRAINT t CHECK ({rule})"))
        try:
            assert await second.process.turns.leases.reap(all_others=True) == 1
        finally:
            async with database.transaction() as tx:
                await tx.execute(text("ALTER TABLE turns DROP CONSTRAINT t"))
        assert await second.process.turns.leases.reap(all_others=True) == 1
        row = await one(database, select(TurnRow.fence).where(TurnRow.id == stuck.event.turn_id))
        assert row.fence == 3
        await books_balance(database)
