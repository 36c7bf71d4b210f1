"""One round for all who watch: the same bytes for the same view, and a slow one holds up nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from unittest.mock import patch

import pytest
import pytest_asyncio
from msgspec import json
from redis.asyncio import Redis
from sqlalchemy import text

from billing.costviews import Query
from server.accounts.access import Principal
from server.domain.clock import utc_now
from server.domain.errors import Overloaded
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.redis import open_blocking_redis
from server.sockets import costfanout
from server.sockets.access import Access
from server.sockets.costfanout import Fanout, Place
from server.sockets.pump import Pump, PumpLimits
from tests.billing.support import make_user, usage_event
from tests.billing.test_costs import World
from tests.support.alerts import open_alert
from tests.support.eventually import eventually


class Hall:
    """A fan-out over what a world counts, and watchers who take what waits when they are asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.fanout = Fanout(world.costs, utc_now)

    @asynccontextmanager
    async def watcher(
        self, query: Query | None = None, per_second: int = 10
    ) -> AsyncIterator[Place]:
        nobody = cast("Principal", None)
        access = Access(nobody, cast("Any", None), lambda _: None, asyncio.get_running_loop().time)
        pump = Pump(
            cast("Any", None),  # it is never run: what is told waits until it is taken here
            access,
            address="",
            now=asyncio.get_running_loop().time,
            limits=PumpLimits(),
        )
        async with self.fanout.joined(pump) as place:
            if query is not None:
                await self.fanout.subscribe(place, "c1", query, per_second)
            yield place

    async def spend(self, usd: int = 10**6) -> None:
        user, _ = await make_user(self.world.database)
        before = self.world.counted()[0]
        await self.world.commit([usage_event(user, at=datetime.now(UTC), cost=usd)])
        await self.world.relay()
        await self.world.until(lambda: self.world.counted()[0] > before)


def taken(place: Place) -> list[dict[str, Any]]:
    return [json.decode(frame) for frame in place.pump.queue.take()]


async def heard(place: Place, kind: str) -> list[dict[str, Any]]:
    """Everything up to the first event of that type."""
    events: list[dict[str, Any]] = []

    def look() -> bool:
        events.extend(taken(place))
        return any(event["type"] == kind for event in events)

    await eventually(look)
    return events


@pytest_asyncio.fixture
async def hall(database: Database, redis: Redis, migrated: EngineUrls) -> AsyncIterator[Hall]:
    blocking = open_blocking_redis(migrated.redis_url)
    world = World(database, redis, blocking)
    running = asyncio.create_task(world.costs.run())
    yield Hall(world)
    running.cancel()
    await asyncio.wait([running])
    await blocking.aclose()


async def test_who_watches_the_same_is_sent_the_same_bytes(hall: Hall) -> None:
    async with hall.watcher(Query()) as one, hall.watcher(Query()) as other:
        assert one.screen is other.screen
        await hall.spend()
        frames: dict[int, list[bytes]] = {id(one): [], id(other): []}

        def look() -> bool:
            for place in (one, other):
                frames[id(place)] += place.pump.queue.take()
            return all(b"todayUsd" in b"".join(seen[1:]) for seen in frames.values())

        await eventually(look)
        updates = [[f for f in seen if b"feed.update" in f] for seen in frames.values()]
        shared = {id(frame) for frame in updates[0]} & {id(frame) for frame in updates[1]}
        assert shared


async def test_a_slow_reader_gets_one_update_that_says_it_all(hall: Hall) -> None:
    async with hall.watcher(Query()) as slow, hall.watcher(Query()) as quick:
        await heard(quick, "feed.snapshot")
        for _ in range(5):
            await hall.spend()
            await heard(quick, "feed.update")
        (snapshot,) = taken(slow)
        assert snapshot["errors"]["calls"] == 0
        (update,) = [e for e in await heard(slow, "feed.update") if e["type"] == "feed.update"]
        assert update["errors"]["calls"] == 5


async def test_open_alerts_are_in_the_snapshot_and_followed_from_there(hall: Hall) -> None:
    database = hall.world.database
    first = await open_alert(database, "model", "demo/a")
    async with hall.watcher(Query()) as place:
        (snapshot,) = await heard(place, "feed.snapshot")
        assert [alert["id"] for alert in snapshot["alerts"]] == [str(first)]
        second = await open_alert(database, "creator", "nova", severity="watch")
        opened = (await heard(place, "alert.opened"))[-1]["alert"]
        assert (opened["id"], opened["severity"]) == (str(second), "watch")
        async with database.transaction() as tx:
            await tx.execute(
                text(
                    "INSERT INTO pauses (id, scope_kind, scope_key, reason)"
                    " VALUES (gen_random_uuid(), 'model', 'demo/a', 'costly')"
                )
            )
        updated = (await heard(place, "alert.updated"))[-1]["alert"]
        assert (updated["id"], updated["paused"]) == (str(first), True)
        async with database.transaction() as tx:
            await tx.execute(
                text("UPDATE alerts SET state = 'closed', closed_at = now() WHERE id = :id"),
                {"id": second},
            )
        assert (await heard(place, "alert.closed"))[-1]["id"] == str(second)


async def test_different_views_are_bounded_and_make_room_when_nobody_looks(hall: Hall) -> None:
    with patch.object(costfanout, "SCREENS_MAX", 1):
        async with hall.watcher(Query()) as place:
            async with hall.watcher() as late:
                other = Query(group_by="creator")
                with pytest.raises(Overloaded):
                    await hall.fanout.subscribe(late, "c1", other, 10)
                await hall.fanout.subscribe(late, "c2", Query(), 10)
                assert late.screen is place.screen
            await hall.fanout.subscribe(place, "c3", other, 10)
            assert place.screen is not None
            assert place.screen.query == other


async def test_nothing_is_told_of_a_new_subscription_before_its_snapshot(hall: Hall) -> None:
    past = datetime.now(UTC) - timedelta(days=40)
    long_ago = Query(seconds=None, start=past, end=past + timedelta(days=1))
    async with hall.watcher(Query()) as place, hall.watcher(long_ago):
        for query in (long_ago, Query(group_by="agent"), Query()):
            place.pump.queue.take()
            await hall.spend()
            await hall.fanout.subscribe(place, "again", query, 10)
            told = taken(place)
            assert [event["type"] for event in told if event.get("re") == "again"] == [
                "feed.snapshot"
            ]
            assert told[-1]["re"] == "again"


async def test_who_asks_for_less_gets_less(hall: Hall) -> None:
    async with hall.watcher(Query(), per_second=1) as slow, hall.watcher(Query()) as quick:
        await heard(quick, "feed.snapshot")
        await heard(slow, "feed.snapshot")
        counts = [0, 0]
        for _ in range(6):
            await hall.spend()
            await heard(quick, "feed.update")
            counts[0] += 1
            counts[1] += len(taken(slow))
        assert counts[1] < counts[0]


async def test_figures_that_stand_still_are_told_once_and_end_with_a_snapshot(hall: Hall) -> None:
    async with hall.watcher(Query()) as place:
        await heard(place, "feed.snapshot")
        await hall.spend()
        costs = hall.world.costs
        since = costs.stale_since = datetime.now(UTC)
        stale = (await heard(place, "feed.stale"))[-1]
        assert datetime.fromisoformat(stale["since"]) == since
        costs.stale_since = None
        assert (await heard(place, "feed.snapshot"))[-1]["errors"]["calls"] == 1
