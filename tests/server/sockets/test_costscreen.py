"""Whatever somebody has seen, with what they lack they have what a snapshot would say."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from msgspec import json
from redis.asyncio import Redis

from billing.costviews import Filters, Query
from server.domain.clock import utc_now
from server.domain.ids import UserId, new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.redis import open_blocking_redis
from server.protocol.feed import FeedAlert, FeedSnapshot
from server.sockets.costscreen import PAST_S, Screen
from tests.billing.support import make_user, usage_event
from tests.billing.test_costs import World

SOON = datetime.now(UTC) + timedelta(minutes=10)


@pytest_asyncio.fixture
async def world(database: Database, redis: Redis, migrated: EngineUrls) -> AsyncIterator[World]:
    blocking = open_blocking_redis(migrated.redis_url)
    yield World(database, redis, blocking)
    await blocking.aclose()


def whole(screen: Screen) -> dict[str, Any]:
    said: dict[str, Any] = json.decode(screen.snapshot("c1", [], 0))
    return said


class Reader:
    """Applies what it is told, as the page does, and looks away now and then."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.has = whole(screen)
        self.mark = screen.mark

    def read(self) -> None:
        if not self._screen.follows(self.mark):
            self.has = whole(self._screen)
        elif (update := self._screen.since(self.mark)) is not None:
            said = json.decode(update)
            curves = {curve["key"]: dict(curve["points"]) for curve in self.has["series"]}
            for curve in said.pop("series", []):
                curves.setdefault(curve["key"], {}).update(dict(curve["points"]))
            self.has |= said | {
                "type": "feed.snapshot",
                "series": [
                    {"key": key, "points": sorted([s, usd] for s, usd in points.items())}
                    for key, points in sorted(curves.items())
                ],
            }
        self.mark = self._screen.mark


async def calls(world: World, people: list[UserId], chance: random.Random) -> None:
    """Some calls of a moment, on their way as in production."""
    now = datetime.now(UTC)
    events = [
        usage_event(
            chance.choice(people),
            at=now - timedelta(seconds=chance.choice([0, 0, 3, 40])),
            cost=chance.choice([1, 10**6, 10**7]),
            model=f"demo/{chance.randrange(12)}",
        )
        for _ in range(chance.randrange(1, 6))
    ]
    before = world.counted()[0]
    await world.commit(events)
    await world.relay()
    await world.until(lambda: world.counted()[0] == before + len(events))


@pytest.mark.parametrize(
    "query",
    [
        Query(),
        Query(group_by="creator"),
        Query(seconds=86_400, filters=Filters(model=frozenset({"demo/1", "demo/2"}))),
        Query(seconds=None, start=SOON - timedelta(hours=2), end=SOON),
    ],
    ids=["five minutes", "creators", "a day of two models", "a window that stands"],
)
async def test_whoever_reads_from_time_to_time_has_what_a_snapshot_says(
    world: World, query: Query
) -> None:
    chance = random.Random(7)
    people = [(await make_user(world.database))[0] for _ in range(12)]
    async with world.watching() as costs:
        screen = Screen(costs, query, utc_now)
        await screen.open()
        readers = [Reader(screen) for _ in range(3)]
        for _ in range(12):
            await calls(world, people, chance)
            screen.refresh()
            for reader in readers:
                if chance.random() < 0.5:
                    reader.read()
        for reader in readers:
            reader.read()
            assert reader.has | {"watermark": 0} == whole(screen) | {"watermark": 0}
        screen.close()


async def test_who_lacks_the_same_gets_the_same_bytes(world: World) -> None:
    user, _ = await make_user(world.database)
    async with world.watching() as costs:
        screen = Screen(costs, Query(), utc_now)
        await screen.open()
        base = screen.mark
        await calls(world, [user], random.Random(1))
        screen.refresh()
        assert screen.mark > base
        update = screen.since(base)
        assert update is not None
        assert screen.since(base) is update
        assert json.decode(update)["watermark"] == screen.mark
        assert screen.since(screen.mark) is None


async def test_a_snapshot_answers_who_asked_and_has_the_alerts(world: World) -> None:
    async with world.watching() as costs:
        screen = Screen(costs, Query(), utc_now)
        await screen.open()
        odd = screen.snapshot('say "c2"', [], 0)
        assert json.decode(odd)["re"] == 'say "c2"'
        alert = FeedAlert(
            id=new_id(),
            severity="high",
            scope="system",
            scope_kind="system",
            scope_key="",
            observed="1 USD",
            usual="0.1 USD",
            since=SOON,
            explanation="Ten times the usual.",
            acknowledged=False,
            paused=False,
        )
        said = json.decode(screen.snapshot("c3", [alert], 5), type=FeedSnapshot)
        assert (said.re, said.alerts) == ("c3", [alert])


async def test_after_figures_that_began_again_everybody_needs_a_snapshot(world: World) -> None:
    user, _ = await make_user(world.database)
    async with world.watching() as costs:
        screen = Screen(costs, Query(), utc_now)
        await screen.open()
        await calls(world, [user], random.Random(1))
        base, generation = screen.mark, costs.generation
        assert screen.follows(base)
        await world.redis.flushdb()
        await world.commit([usage_event(user, at=datetime.now(UTC))])
        await world.relay()
        await world.until(lambda: costs.generation > generation)
        assert screen.is_over
        await screen.begin()
        assert not screen.follows(base)
        assert whole(screen)["errors"]["calls"] == world.counted()[0]


async def test_a_window_long_past_stands_while_what_goes_on_is_shown(world: World) -> None:
    user, _ = await make_user(world.database)
    then = datetime.now(UTC) - timedelta(days=40)
    await world.bill([usage_event(user, at=then, cost=10**9)])
    query = Query(seconds=None, start=then - timedelta(days=1), end=then + timedelta(days=1))
    async with world.watching() as costs:
        screen = Screen(costs, query, utc_now)
        await screen.open()
        before = whole(screen)
        assert before["stepSeconds"] == 600
        assert [point[1] for curve in before["series"] for point in curve["points"]] == ["1"]
        await calls(world, [user], random.Random(1))
        screen.refresh()
        after = whole(screen)
        assert after["totals"]["todayUsd"] != before["totals"]["todayUsd"]
        assert after["series"] == before["series"]
        assert after["errors"] == before["errors"]


async def test_a_window_that_began_long_ago_is_read_again_for_who_asks_later(world: World) -> None:
    user, _ = await make_user(world.database)
    then = datetime.now(UTC) - timedelta(days=2)
    await world.bill([usage_event(user, at=then)])
    now = [datetime.now(UTC)]
    async with world.watching() as costs:
        query = Query(seconds=None, start=then - timedelta(days=1), end=SOON)
        screen = Screen(costs, query, lambda: now[0])
        await screen.open()
        await world.bill([usage_event(user, at=then)])
        base = screen.mark
        await screen.renew()
        now[0] += timedelta(seconds=PAST_S)
        assert whole(screen)["errors"]["calls"] == 1
        await screen.renew()
        await costs.changed(base)
        screen.refresh()
        assert whole(screen)["errors"]["calls"] == 2
        update = screen.since(base)
        assert update is not None
        assert json.decode(update)["errors"]["calls"] == 2
