"""What the database knows of a process's turns reaches the process with its next heartbeat."""

from redis.asyncio import Redis
from sqlalchemy import update

from server.local.engines import EngineUrls
from server.persistence import ownership
from server.persistence.database import Database
from server.persistence.turns import TurnRow, request_cancel
from tests.billing.support import statements_of
from tests.server.turns.scene import books_balance, stored
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


async def test_a_wish_that_was_only_written_down_is_found(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    started, beside = await turns.say(caller, LONG), await turns.say(caller, LONG)
    await eventually(lambda: started.cursor.text)
    async with database.transaction() as tx:
        await request_cancel(tx, started.event.turn_id, caller.user_id)
    await turns.process.turns.watch.look()
    assert (await turns.end(started.cursor))["type"] == "turn.cancelled"
    assert beside.cursor.outcome is None


async def test_a_turn_that_was_taken_away_ends_here_as_it_ended_there(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person(credits=9)
        started = await first.say(caller, LONG)
        await eventually(lambda: started.cursor.text)
        assert await second.process.turns.leases.reap(all_others=True) == 1
        beat = first.process.turns.leases.beat

        async def has_ended() -> bool:
            await beat()
            return started.cursor.outcome is not None

        await eventually(has_ended)
        outcome = await first.end(started.cursor)
        assert (outcome["type"], outcome["error"]["code"]) == ("turn.failed", "worker_lost")
        turn = await stored(database, caller, started.event.turn_id)
        assert (turn.outcome, turn.fence) == (outcome, 2)
        assert first.engine.live.lost == []
        (snapshot,) = started.cursor.take()
        assert (snapshot.type, snapshot.seq) == ("turn.snapshot", outcome["seq"])
        await books_balance(database)


async def test_a_turn_that_another_process_took_over_is_left_to_it(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person(credits=9)
        started = await first.say(caller, LONG)
        await eventually(lambda: started.cursor.text)
        run = first.engine.live.run(started.event.turn_id)
        assert run is not None
        async with database.transaction() as tx:
            assert await ownership.take_over(tx, second.process.boot, 9, ttl_s=None)
        # It was frozen and wakes up before the other one has come to the end.
        await first.process.turns.watch.look()
        await eventually(run.ended.is_set)
        await first.process.turns.watch.look()
        turn = await stored(database, caller, started.event.turn_id)
        assert (turn.state, turn.fence, started.cursor.outcome) == ("running", 2, None)
        second.process.turns.leases._reaper.taken_over.add(turn.id)
        await second.process.turns.watch.look()
        await first.process.turns.watch.look()
        outcome = await first.end(started.cursor)
        assert outcome["error"]["code"] == "worker_lost"
        await books_balance(database)


async def test_a_fence_alone_stops_the_owner_though_redis_says_nothing(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    started = await turns.say(caller, LONG)
    await eventually(lambda: started.cursor.text)
    async with database.transaction() as tx:
        await tx.execute(update(TurnRow).values(fence=2))
    run = turns.engine.live.run(started.event.turn_id)
    assert run is not None
    await turns.process.turns.leases.beat()
    await eventually(run.ended.is_set)
    assert run.stopped_by is not None
    # Whoever raised the fence never came back: as the owner it ends what it finds left over.
    await turns.process.turns.leases.beat()
    assert (await turns.end(started.cursor))["error"]["code"] == "internal"
    await books_balance(database)


async def test_a_heartbeat_costs_the_same_whatever_runs(turns: Harness, database: Database) -> None:
    caller = await turns.person()
    own = turns.process.services.database

    async def cost() -> int:
        with statements_of(own) as seen:
            await turns.process.turns.watch.look()
        return len([sent for sent in seen if "boot_id = " in sent])

    idle = await cost()
    for _ in range(5):
        await turns.say(caller, LONG)
    assert await cost() == idle == 1
