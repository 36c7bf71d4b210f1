"""What runs is told while it runs, grouped, and taken back."""

from redis.asyncio import Redis

from billing.live import read_all
from billing.pricing import charged_usd
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.workers.livecosts import LivePublisher, aggregate
from tests.server.turns.teamwork import Step, Team, begin
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


async def test_each_of_several_agents_is_told_and_their_turn_counted_once(
    migrated: EngineUrls, database: Database
) -> None:
    steps: list[Step] = [
        ("messaging", "call", 1_000),
        ("sales", "call", 2_000),
        ("sales", "write", 500),
        ("messaging", "wait", 0),
    ]
    async with turn_harness(migrated) as harness:
        team = Team(steps)
        run = await begin(harness, await harness.person(), team, beside=(2_000, 100))
        await eventually(lambda: len(run.meter.open) == 2 and run.meter.cost_so_far() > 2_500_000)
        told = aggregate(harness.engine.live, 1_000)
        by_agent = {item.agent: item for item in told}
        assert {agent: item.turns for agent, item in by_agent.items()} == {
            "team": 1,
            "messaging": 0,
            "sales": 0,
        }
        assert 0 == by_agent["team"].cost_usd < by_agent["messaging"].cost_usd
        assert sum(item.cost_usd for item in told) == run.meter.cost_so_far()
        assert sum(item.held_usd for item in told) == charged_usd(run.held, 1_000)
        assert all(item.held_usd > item.cost_usd for item in told)
        team.go_on.set()
        await run.ended.wait()
