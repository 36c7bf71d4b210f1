"""The parts of a process's engine know each other."""

from redis.asyncio import Redis
from sqlalchemy import update

from server.persistence.database import Database
from server.persistence.redis import journal_state_key
from server.persistence.turns import TurnRow
from tests.support.eventually import eventually
from tests.support.turns import Harness


async def test_what_the_journal_hears_of_another_owner_stops_the_turn(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()
    started = await turns.say(caller, "[demo: slow] [demo: long 5000] x")
    await eventually(lambda: started.cursor.text)
    run = turns.engine.live.run(started.event.turn_id)
    assert run is not None
    async with database.transaction() as tx:
        await tx.execute(update(TurnRow).values(fence=2))
    await redis.hset(journal_state_key(started.event.turn_id), "fence", "2")
    await eventually(run.ended.is_set)
    assert run.stopped_by is not None
    assert turns.engine.live.lost == [run.buffer]


async def test_a_settled_turn_leaves_for_billing_at_once(turns: Harness, redis: Redis) -> None:
    await turns.answer(await turns.person(), "x")
    await eventually(lambda: redis.xlen("usage"))
