"""What runs is told while it runs, grouped, and taken back."""

from redis.asyncio import Redis

from billing.live import read_all
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.workers.livecosts import LivePublisher
from tests.support.eventually import eventually
from tests.support.turns import turn_harness


async def test_running_turns_are_published_by_group_and_withdrawn(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as harness:
        process = harness.process
        publisher = LivePublisher(
            redis, process.services.engine.live, process.boot, process.services.clock, 1_000
        )
        caller = await harness.person()
        started = [await harness.say(caller, "[demo: slow] Tell me more") for _ in range(2)]
        await eventually(lambda: all(turn.cursor.text for turn in started))
        await publisher.publish()
        (aggregate,) = await read_all(redis)
        (group,) = aggregate.items
        assert (group.creator, group.turns, group.model) == (
            caller.user_id,
            2,
            "demo/causerie-demo",
        )
        assert 0 < group.cost_usd < group.held_usd
        for turn in started:
            await harness.engine.cancel(caller, turn.event.turn_id)
            await harness.end(turn.cursor)
        await eventually(lambda: len(process.services.engine.live) == 0)
        await publisher.publish()
        assert [aggregate.items for aggregate in await read_all(redis)] == [[]]
        await publisher.close()
        assert await read_all(redis) == []
