"""The relay between a real outbox and a real stream."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from msgspec.json import decode
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text

from server.domain.usage import UsageEvent
from server.persistence import outbox
from server.persistence.database import Database
from server.persistence.redis import USAGE_STREAM, open_redis
from server.persistence.usage_stream import EVENT
from server.workers.relay import BATCH, Relay
from tests.billing.support import make_user, usage_event, uses_of
from tests.support.eventually import eventually


class TurnedClock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


async def fill(database: Database, count: int) -> list[UsageEvent]:
    user, _ = await make_user(database)
    events = [usage_event(user) for _ in range(count)]
    async with database.transaction() as tx:
        await outbox.append(tx, events)
    return events


async def on_stream(redis: Redis) -> list[UsageEvent]:
    entries: Any = await redis.xrange(USAGE_STREAM)
    return [decode(fields[EVENT], type=UsageEvent) for _, fields in entries]


async def waiting(database: Database) -> int:
    async with database.snapshot() as snapshot:
        count = await snapshot.scalar(
            text("SELECT count(*) FROM outbox WHERE published_at IS NULL")
        )
    assert isinstance(count, int)
    return count


async def test_what_is_in_the_outbox_reaches_the_stream_unchanged(
    database: Database, redis: Redis
) -> None:
    events = await fill(database, 3)
    assert await Relay(database, redis).flush() == 3
    assert await on_stream(redis) == events
    assert await waiting(database) == 0
    assert await Relay(database, redis).flush() == 0


async def test_a_long_backlog_leaves_in_batches(database: Database, redis: Redis) -> None:
    events = await fill(database, BATCH + 20)
    await Relay(database, redis).flush()
    assert len(await on_stream(redis)) == len(events)


async def test_events_of_one_moment_leave_together(
    database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing_waits() -> bool:
        return not await waiting(database)

    monkeypatch.setattr("server.workers.relay.GATHER_S", 2.0)
    monkeypatch.setattr("server.workers.relay.POLL_S", 30.0)
    user, _ = await make_user(database)
    relay = Relay(database, redis)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(relay.run)
        async with database.transaction() as tx:
            await outbox.append(tx, [usage_event(user)])
        relay.nudge()
        await eventually(nothing_waits)  # from then on it waits for more
        with uses_of(database) as uses:
            for _ in range(5):
                async with database.transaction() as tx:
                    await outbox.append(tx, [usage_event(user)])
                relay.nudge()
            await eventually(lambda: marks(uses), 20)
        tasks.cancel_scope.cancel()
    assert len(await on_stream(redis)) == 6
    assert marks(uses) == 1


def marks(uses: list[list[str]]) -> int:
    """Transactions that marked rows as sent."""
    return len([use for use in uses if any("UPDATE outbox" in sent for sent in use)])


async def test_two_relays_share_the_work(database: Database, redis: Redis) -> None:
    await fill(database, 300)
    relays = [Relay(database, redis) for _ in range(2)]
    await asyncio.gather(*(relay.flush() for relay in relays))
    calls = [event.call_id for event in await on_stream(redis)]
    assert (len(calls), len(set(calls))) == (300, 300)


async def test_a_nudge_is_faster_than_the_poll(database: Database, redis: Redis) -> None:
    relay = Relay(database, redis)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(relay.run)
        await asyncio.sleep(0.2)  # it has looked once, and waits
        await fill(database, 1)
        relay.nudge()
        async with asyncio.timeout(0.6):
            while not await redis.xlen(USAGE_STREAM):  # noqa: ASYNC110 - another process's data
                await asyncio.sleep(0.01)
        tasks.cancel_scope.cancel()


async def test_without_redis_nothing_leaves_the_outbox(database: Database, redis: Redis) -> None:
    await fill(database, 2)
    nowhere = open_redis("redis://127.0.0.1:1/0")
    try:
        with pytest.raises(RedisError):
            await Relay(database, nowhere).flush()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Relay(database, nowhere).run)
            await asyncio.sleep(0.5)  # an outage that ended the task would end the group
            tasks.cancel_scope.cancel()
    finally:
        await nowhere.aclose()
    assert await waiting(database) == 2


async def test_the_lag_grows_until_the_outbox_is_found_empty(
    database: Database, redis: Redis
) -> None:
    clock = TurnedClock()
    relay = Relay(database, redis, clock)
    clock.turn(90)
    assert relay.lag_s == 90
    await relay.flush()
    assert relay.lag_s == 0


async def test_what_was_sent_and_never_billed_is_sent_again(
    database: Database, redis: Redis
) -> None:
    await fill(database, 3)
    relay = Relay(database, redis)
    await relay.flush()
    await relay.sweep()
    assert await waiting(database) == 0  # too fresh
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET published_at = now() - interval '61 seconds'"))
        await tx.execute(text("UPDATE outbox SET applied_at = now() WHERE id = 1"))
    await relay.sweep()
    assert await waiting(database) == 2


async def test_a_worker_that_is_away_for_long_finds_each_event_once(
    database: Database, redis: Redis
) -> None:
    await fill(database, 3)
    relay = Relay(database, redis)
    await relay.flush()
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET published_at = now() + interval '2 minutes'"))
    impatient = Relay(database, redis, resend_after_s=-180)  # as if three minutes had passed
    await impatient.sweep()
    assert await impatient.flush() == 0
    await redis.flushdb()
    await impatient.sweep()
    assert await impatient.flush() == 3


async def test_a_dead_letter_is_not_sent_again_until_it_is_replayed(
    database: Database, redis: Redis
) -> None:
    (event,) = await fill(database, 1)
    relay = Relay(database, redis)
    await relay.flush()
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET published_at = now() - interval '2 minutes'"))
        await tx.execute(
            text(
                "INSERT INTO dead_letters (entry_id, call_id, payload, reason)"
                " VALUES ('1-1', :call, '', 'test')"
            ),
            {"call": event.call_id},
        )
    await relay.sweep()
    assert await waiting(database) == 0
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE dead_letters SET replayed_at = now()"))
    await relay.sweep()
    assert await waiting(database) == 1


async def test_a_rolled_back_transaction_sends_nothing(database: Database, redis: Redis) -> None:
    user, _ = await make_user(database)

    async def fail() -> None:
        async with database.transaction() as tx:
            await outbox.append(tx, [usage_event(user)])
            raise RuntimeError("the settlement failed")

    with pytest.raises(RuntimeError):
        await fail()
    assert await Relay(database, redis).flush() == 0
