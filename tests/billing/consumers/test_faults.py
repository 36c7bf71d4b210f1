"""Workers against engines that fail: lost replies, cut lines, lost streams, deadlocks, backlogs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from msgspec.json import encode
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from billing.consumers.group import DELIVERIES, GroupConsumer
from server.domain.errors import ServiceUnavailable
from server.domain.ids import UserId
from server.domain.usage import UsageEvent
from server.local.engines import EngineUrls
from server.persistence.database import Database, open_database
from server.persistence.redis import USAGE_GROUP, USAGE_STREAM, open_redis
from server.persistence.usage_stream import EVENT
from server.workers.relay import Relay
from tests.billing import books
from tests.billing.consumers.scene import Scene, scene_on, totals
from tests.billing.support import make_user, usage_event
from tests.support.eventually import eventually
from tests.support.proxy import Proxy, proxied

MANY = 20_000


async def committed(scene: Scene, count: int, *users: UserId) -> list[UsageEvent]:
    creators = users or ((await make_user(scene.database))[0],)
    events = [
        usage_event(creators[number % len(creators)], cost=number + 1) for number in range(count)
    ]
    await scene.commit(events)
    return events


@asynccontextmanager
async def running(*consumers: GroupConsumer) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(consumer.run()) for consumer in consumers]
    try:
        yield
    finally:
        for consumer in consumers:
            consumer.stop()
        async with asyncio.timeout(20):
            await asyncio.gather(*tasks)


async def all_applied(scene: Scene) -> bool:
    return await scene.unapplied() == 0


Loss = Callable[[Redis], Awaitable[object]]
LOSSES: dict[str, Loss] = {
    "everything is flushed": lambda redis: redis.flushdb(),
    "the stream is deleted": lambda redis: redis.delete(USAGE_STREAM),
    "the group is destroyed": lambda redis: redis.xgroup_destroy(USAGE_STREAM, USAGE_GROUP),
    "the stream is cut": lambda redis: redis.xtrim(USAGE_STREAM, maxlen=0, approximate=False),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
async def test_whatever_is_lost_of_the_stream_is_sent_again(scene: Scene, loss: Loss) -> None:
    user, _ = await make_user(scene.database)
    impatient = Relay(scene.database, scene.redis, resend_after_s=0)
    async with running(scene.consumer()):
        events = await committed(scene, 20, user)
        await impatient.flush()
        await eventually(lambda: all_applied(scene))
        await loss(scene.redis)
        events += await committed(scene, 20, user)
        await impatient.flush()
        await loss(scene.redis)  # maybe read, maybe not
        await impatient.sweep()
        await impatient.flush()
        await eventually(lambda: all_applied(scene))
    assert await scene.charges() == totals(events)
    assert await scene.rows("SELECT id FROM dead_letters") == []


async def test_an_entry_that_was_cut_off_while_it_was_pending_is_let_go(scene: Scene) -> None:
    await committed(scene, 3)
    await Relay(scene.database, scene.redis).flush()
    consumer = scene.consumer()
    await consumer.join()
    await consumer._read(">", 1)
    await scene.redis.xtrim(USAGE_STREAM, maxlen=1, approximate=False)
    await consumer.join()
    assert await scene.pending() == 0
    assert len(await scene.logged()) == 1
    assert await scene.rows("SELECT id FROM dead_letters") == []


async def test_json_nested_beyond_measure_is_one_more_dead_letter(scene: Scene) -> None:
    events = await committed(scene, 1)
    bomb = b'{"usage": {"raw": {"a": ' + b"[" * 100_000
    await scene.redis.xadd(USAGE_STREAM, {EVENT: bomb})
    await scene.redis.xadd(USAGE_STREAM, {"another": b"field"})
    await Relay(scene.database, scene.redis).flush()
    consumer = scene.consumer()
    await consumer.join()
    await consumer.step(block_ms=1)
    for _ in range(DELIVERIES):
        await consumer.join()
    letters = await scene.rows("SELECT payload, reason FROM dead_letters ORDER BY id")
    assert [payload for payload, _ in letters] == [bomb, b""]
    assert letters[0].reason.startswith("RecursionError")
    assert await scene.charges() == totals(events)


async def test_a_batch_in_a_deadlock_is_written_once_all_the_same(scene: Scene) -> None:
    users = sorted([(await make_user(scene.database))[0] for _ in range(2)])
    events = await committed(scene, 20, *users)
    await Relay(scene.database, scene.redis).flush()
    await books.run(
        scene.database,
        "INSERT INTO monthly_charges (creator_id, month, plan)"
        " SELECT id, '2026-03-01', 'starter' FROM users",
    )
    lock = text("SELECT plan FROM monthly_charges WHERE creator_id = :user FOR UPDATE")
    async with running(scene.consumer()):
        async with scene.database.transaction() as tx:
            await tx.execute(lock, {"user": users[1]})
            async with asyncio.timeout(10):
                await eventually(lambda: waits_for_a_lock(scene))
            # The worker has the first and wants the second: now each waits for the other, and
            # the server ends the one that has waited longer.
            await tx.execute(lock, {"user": users[0]})
        await eventually(lambda: all_applied(scene))
    assert await deadlocks(scene) > 0
    assert await scene.charges() == totals(events)
    assert await scene.rows("SELECT id FROM dead_letters") == []


async def waits_for_a_lock(scene: Scene) -> bool:
    return bool(
        await scene.rows(
            "SELECT pid FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
    )


async def deadlocks(scene: Scene) -> int:
    async def counted() -> int:
        rows = await scene.rows(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(rows[0][0])

    found: int = await eventually(counted)  # the statistics come a moment later
    return found


@asynccontextmanager
async def fragile(urls: EngineUrls) -> AsyncIterator[tuple[Proxy, Proxy, Scene]]:
    """A worker's world behind wires that can be cut."""
    async with (
        proxied(urls) as (postgres, valkey, through),
        open_database(through.database_url, pool_size=3) as database,
        aclosing(open_redis(through.redis_url)) as redis,
        scene_on(database, redis, through.redis_url) as scene,
    ):
        yield postgres, valkey, scene


async def test_a_database_that_is_away_for_long_is_waited_for(
    scene: Scene, migrated: EngineUrls, caplog: pytest.LogCaptureFixture
) -> None:
    async with fragile(migrated) as (postgres, _, worker), running(worker.consumer()):
        postgres.refuse()
        events = await committed(scene, 30)
        await Relay(scene.database, scene.redis).flush()
        await eventually(scene.pending)
        await eventually(lambda: caplog.text.count("wait for the database") > DELIVERIES)
        assert await scene.pending()
        postgres.accept()
        await eventually(lambda: all_applied(scene))
    assert await scene.charges() == totals(events)
    assert await scene.rows("SELECT id FROM dead_letters") == []


async def test_lost_replies_of_either_engine_count_nothing_twice(
    scene: Scene, migrated: EngineUrls
) -> None:
    """Commits, sends and acknowledgements that were done, and of which nobody heard."""
    user, _ = await make_user(scene.database)
    events: list[UsageEvent] = []
    async with fragile(migrated) as (postgres, valkey, worker):
        relay = Relay(worker.database, worker.redis, resend_after_s=0)
        async with running(worker.consumer("one"), worker.consumer("two")):
            for number in range(6):
                events += await committed(scene, 10, user)
                (postgres if number % 2 else valkey).lose_replies(2)
                await eventually(lambda: sent(relay))
            await eventually(lambda: all_applied(scene))
            assert postgres.lost > 0
            assert valkey.lost > 0
    assert await scene.charges() == totals(events)
    assert await scene.rows("SELECT id FROM dead_letters") == []


async def all_aside(scene: Scene, count: int) -> bool:
    return len(await scene.rows("SELECT id FROM dead_letters")) == count


async def sent(relay: Relay) -> bool:
    try:
        await relay.sweep()
        await relay.flush()
    except (ServiceUnavailable, DBAPIError, RedisError, OSError):
        return False
    return True


async def test_a_long_backlog_is_written_by_two_workers_beside_poison(
    database: Database, scene: Scene
) -> None:
    user, _ = await make_user(database)
    pattern = usage_event(user, cost=3)
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "INSERT INTO outbox (call_id, payload)"
                " SELECT id, CAST(:event AS jsonb) || jsonb_build_object('callId', id)"
                " FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, :many)) AS calls"
            ),
            {"event": encode(pattern).decode(), "many": MANY},
        )
    relay = Relay(database, scene.redis)
    assert await relay.flush() == MANY
    for place in range(5):
        await scene.redis.xadd(USAGE_STREAM, {EVENT: b"poison %d" % place})
    async with running(scene.consumer("one"), scene.consumer("two")):
        await eventually(lambda: all_applied(scene), deadline_s=60)
        await eventually(lambda: all_aside(scene, 5))
    ((_, sums),) = (await scene.charges()).items()
    assert sums == (3 * MANY, 3 * MANY, 3 * MANY, MANY)
    consumers: Any = await scene.redis.xinfo_groups(USAGE_STREAM)
    assert consumers[0]["pending"] == 0
