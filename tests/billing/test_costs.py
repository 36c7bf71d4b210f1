"""Live costs on real engines: snapshot and tail join without gap or double count."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import anyio
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import text

from billing.consumers import charges
from billing.costs import LiveCosts
from billing.costviews import Query
from billing.live import publish
from server.domain.usage import CallOutcome, UsageEvent
from server.local.engines import EngineUrls
from server.persistence import outbox
from server.persistence.database import Database
from server.persistence.redis import open_blocking_redis, open_redis
from server.workers.relay import Relay
from tests.billing.support import make_user, usage_event
from tests.billing.test_live import aggregate
from tests.support.alerts import open_alert

DAY = Query(seconds=86_400)


@asynccontextmanager
async def running(costs: LiveCosts) -> AsyncIterator[None]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(costs.run)
        yield
        tasks.cancel_scope.cancel()


class World:
    """Events on their way, and a follower that watches them."""

    def __init__(self, database: Database, redis: Redis, blocking: Redis) -> None:
        self.database, self.redis = database, redis
        self.costs = LiveCosts(database, redis, blocking)

    async def commit(self, events: list[UsageEvent]) -> None:
        async with self.database.transaction() as tx:
            await outbox.append(tx, events)

    async def relay(self) -> None:
        await Relay(self.database, self.redis).flush()

    async def bill(self, events: list[UsageEvent]) -> None:
        async with self.database.transaction() as tx:
            await charges.apply(tx, events)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[LiveCosts]:
        async with running(self.costs), self.costs.watching():
            await self.until(lambda: self.costs.is_ready)
            yield self.costs

    async def until(self, condition: Callable[[], bool]) -> None:
        seen = 0
        async with asyncio.timeout(15):
            while not condition():
                seen = await self.costs.changed(seen)

    def counted(self, query: Query = DAY) -> tuple[int, int]:
        """Calls and nano-dollars of the last day."""
        view = self.costs.view(query)
        return view.errors.calls, view.totals.today


@pytest_asyncio.fixture
async def world(database: Database, redis: Redis, migrated: EngineUrls) -> AsyncIterator[World]:
    blocking = open_blocking_redis(migrated.redis_url)
    yield World(database, redis, blocking)
    await blocking.aclose()


async def fresh(world: World, count: int, **changes: object) -> list[UsageEvent]:
    """Calls made now, of a creator of their own, each for one nano-dollar."""
    user, _ = await make_user(world.database)
    now = datetime.now(UTC)
    return [usage_event(user, at=now, cost=1, **changes) for _ in range(count)]


async def test_every_state_of_a_call_is_counted_once(world: World) -> None:
    billed, sent, unsent, later = [await fresh(world, 10) for _ in range(4)]
    await world.commit([*billed, *sent])
    await world.relay()
    await world.bill(billed)
    await world.commit(unsent)
    async with world.watching():
        assert world.counted()[0] == 30
        await world.relay()  # the unsent ones come by
        await world.bill([*sent, *unsent])
        await world.commit(later)
        await world.relay()
        await world.until(lambda: world.counted()[0] >= 40)
        async with world.database.transaction() as tx:  # and everything is sent once more
            await tx.execute(text("UPDATE outbox SET published_at = NULL"))
        await world.relay()
        (marker,) = await fresh(world, 1)
        await world.commit([marker])
        await world.relay()
        await world.until(lambda: world.counted()[0] >= 41)
        assert world.counted()[0] == 41


async def test_a_snapshot_taken_while_calls_pour_in_is_exact(world: World) -> None:
    total = 0

    async def pour() -> None:
        nonlocal total
        for _ in range(30):
            events = await fresh(world, 5)
            await world.commit(events)
            total += 5
            await world.relay()
            if total % 3:
                await world.bill(events)

    pouring = asyncio.create_task(pour())
    await asyncio.sleep(0.05)
    async with world.watching():
        await pouring
        await world.until(lambda: world.counted()[0] >= total)
        await asyncio.sleep(0.2)
        assert world.counted()[0] == total


async def test_figures_of_a_call_arrive_within_a_second(world: World) -> None:
    async with world.watching() as costs:
        events = await fresh(world, 3, outcome=CallOutcome.FAILED)
        await world.commit(events)
        before = asyncio.get_running_loop().time()
        await world.relay()
        await world.until(lambda: world.counted(Query())[0] == 3)
        assert asyncio.get_running_loop().time() - before < 1
        view = costs.view(Query(group_by="creator"))
        assert view.errors.rate == 1.0
        assert [call.call_id for call in view.dearest] == sorted(
            (event.call_id for event in events), reverse=True
        )
        assert view.groups[0].key == str(events[0].creator_id)
        await world.until(lambda: costs.name_of(view.groups[0].key) == "Someone")
        assert costs.name_of("demo/a") == "demo/a"


async def test_running_turns_are_shown_while_they_run(world: World) -> None:
    await publish(world.redis, aggregate(2))
    async with world.watching() as costs:
        await world.until(lambda: costs.view(Query()).running.turns == 2)
        await publish(world.redis, aggregate(5))
        await world.until(lambda: costs.view(Query()).running.turns == 7)


async def test_a_flush_begins_again_with_a_snapshot(world: World) -> None:
    events = await fresh(world, 4)
    await world.commit(events)
    await world.relay()
    async with world.watching() as costs:
        generation = costs.generation
        await world.redis.flushdb()
        more = await fresh(world, 3)
        await world.commit(more)
        await world.relay()
        await world.until(lambda: costs.generation > generation)
        await world.until(lambda: world.counted()[0] == 7)


async def test_an_outage_is_told_and_the_old_figures_stay(world: World) -> None:
    nowhere = open_redis("redis://127.0.0.1:1/0")
    costs = LiveCosts(world.database, nowhere, nowhere)
    async with running(costs), costs.watching(), asyncio.timeout(5):
        await costs.changed(0)
        assert costs.stale_since is not None
        assert not costs.is_ready
    await nowhere.aclose()


async def test_nobody_watching_nothing_is_kept_and_watching_again_begins_anew(
    world: World,
) -> None:
    await world.commit(await fresh(world, 2))
    async with running(world.costs):
        for _ in range(2):
            async with world.costs.watching():
                await world.until(lambda: world.costs.is_ready)
                assert world.counted()[0] == 2
            async with asyncio.timeout(5):
                while world.costs.is_ready:  # noqa: ASYNC110 - nobody rings when it forgets
                    await asyncio.sleep(0.01)


async def test_a_board_goes_on_with_what_comes_until_it_is_closed(world: World) -> None:
    async with world.watching() as costs:
        board = await costs.board(Query(group_by="creator"))
        await world.commit(await fresh(world, 3))
        await world.relay()
        await world.until(lambda: board.errors().calls == 3)
        assert board.totals() == costs.view(Query(group_by="creator")).totals
        costs.close(board)
        await world.commit(await fresh(world, 1))
        await world.relay()
        await world.until(lambda: world.counted()[0] == 4)
        assert board.errors().calls == 3


async def test_open_alerts_are_there_from_the_beginning_and_followed(world: World) -> None:
    first = await open_alert(world.database, "model", "demo/a")
    async with world.watching() as costs:
        assert [alert.id for alert in costs.alerts] == [first]
        second = await open_alert(world.database, "system", "")
        await world.until(lambda: {alert.id for alert in costs.alerts} == {first, second})
        async with world.database.transaction() as tx:
            await tx.execute(text("UPDATE alerts SET state = 'closed', closed_at = now()"))
        await world.until(lambda: not costs.alerts)


async def test_a_window_long_past_comes_from_the_database(world: World) -> None:
    user, _ = await make_user(world.database)
    then = datetime.now(UTC) - timedelta(days=40)
    await world.bill([usage_event(user, at=then, cost=cost) for cost in (5, 6, 7)])
    async with world.watching() as costs:
        query = Query(
            seconds=None,
            start=then - timedelta(days=1),
            end=then + timedelta(days=1),
            group_by="creator",
        )
        assert not costs.reaches(query)
        assert costs.reaches(Query())
        past = await costs.past(query)
        assert past.step == 600
        assert [(group.key, group.calls) for group in past.groups] == [(str(user), 3)]
        assert sum(usd for curve in past.series for _, usd in curve.points) == 18
        assert [call.cost_usd for call in past.dearest] == [7, 6, 5]
        assert past.totals == costs.view(query).totals
