"""The worker on a real stream: crashes, duplicates, flushes, poison, outages."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.json import encode
from redis.asyncio import Redis
from sqlalchemy import text

from billing.consumers import charges, deadletters
from billing.consumers.group import DELIVERIES, GroupConsumer
from server.domain.errors import ServiceUnavailable
from server.domain.ids import UserId, new_id
from server.domain.money import NanoUsd
from server.domain.usage import UsageEvent
from server.persistence.database import Tx
from server.persistence.redis import USAGE_GROUP, USAGE_STREAM
from server.persistence.usage_stream import EVENT
from server.workers.relay import Relay
from tests.billing.consumers.scene import Scene, totals
from tests.billing.support import make_user, usage_event


async def send(scene: Scene, count: int, user: UserId | None = None) -> list[UsageEvent]:
    """Commit events and relay them to the stream."""
    creator = user or (await make_user(scene.database))[0]
    events = [usage_event(creator, cost=number + 1) for number in range(count)]
    await scene.commit(events)
    await Relay(scene.database, scene.redis).flush()
    return events


async def drain(consumer: GroupConsumer) -> None:
    await consumer.join()
    while await consumer.step(block_ms=1):
        pass


async def test_what_is_sent_is_written_and_acknowledged(scene: Scene) -> None:
    events = await send(scene, 450)
    await drain(scene.consumer())
    assert await scene.charges() == totals(events)
    assert await scene.pending() == 0
    assert await scene.unapplied() == 0


async def test_a_replay_of_the_whole_stream_adds_nothing(scene: Scene) -> None:
    events = await send(scene, 30)
    await drain(scene.consumer())
    await scene.redis.xgroup_destroy(USAGE_STREAM, USAGE_GROUP)
    await drain(scene.consumer("two"))
    assert await scene.charges() == totals(events)


async def test_what_is_written_is_told_once_after_its_commit(scene: Scene) -> None:
    told: list[UsageEvent] = []

    def tell(events: Sequence[UsageEvent]) -> None:
        assert events
        told.extend(events)

    poison = await send(scene, 1, UserId(new_id()))  # of nobody: its batch is split
    events = await send(scene, 30)
    await drain(scene.consumer(on_written=tell))
    assert sorted(event.call_id for event in told) == sorted(event.call_id for event in events)
    await scene.redis.xgroup_destroy(USAGE_STREAM, USAGE_GROUP)
    await drain(scene.consumer("two", on_written=tell))  # all of them again
    assert len(told) == 30
    assert poison[0] not in told


async def test_a_crash_between_commit_and_ack_counts_once(scene: Scene) -> None:
    events = await send(scene, 10)
    dead = scene.consumer("dead")
    await dead.join()
    entries = await dead._read(">", 1)
    async with scene.database.transaction() as tx:
        await charges.apply(tx, events)  # committed, and here the process dies
    assert len(entries) == 10
    await drain(scene.consumer("heir", claim_idle_ms=0))
    assert await scene.charges() == totals(events)
    assert await scene.pending() == 0


async def test_a_crash_before_commit_loses_nothing(scene: Scene) -> None:
    events = await send(scene, 10)
    dead = scene.consumer("dead")
    await dead.join()
    await dead._read(">", 1)
    await drain(scene.consumer("heir", claim_idle_ms=0))
    assert await scene.charges() == totals(events)


async def test_a_lost_reply_is_read_again_by_its_own_consumer(scene: Scene) -> None:
    events = await send(scene, 10)
    consumer = scene.consumer()
    await consumer.join()
    await consumer._read(">", 1)  # delivered; the reply never came
    await consumer.join()
    assert await scene.charges() == totals(events)
    assert await scene.pending() == 0


async def test_two_workers_share_a_stream(scene: Scene) -> None:
    events = await send(scene, 500)
    await asyncio.gather(drain(scene.consumer("one")), drain(scene.consumer("two")))
    assert await scene.charges() == totals(events)
    assert await scene.pending() == 0


async def test_a_flush_loses_nothing(scene: Scene, redis: Redis) -> None:
    first = await send(scene, 20)
    consumer = scene.consumer()
    task = asyncio.create_task(consumer.run())
    try:
        await until_logged(scene, first)
        user = first[0].creator_id
        lost = [usage_event(user, cost=7) for _ in range(20)]
        await scene.commit(lost)
        async with scene.database.transaction() as tx:  # relayed, then flushed before billing
            await tx.execute(
                text(
                    "UPDATE outbox SET published_at = now() - interval '2 minutes'"
                    " WHERE applied_at IS NULL"
                )
            )
        await redis.flushdb()
        relay = Relay(scene.database, redis)
        await relay.sweep()
        await relay.flush()
        await until_logged(scene, [*first, *lost])
    finally:
        consumer.stop()
        await task
    assert await scene.charges() == totals([*first, *lost])


async def until_logged(scene: Scene, events: Sequence[UsageEvent]) -> None:
    calls = {event.call_id for event in events}
    async with asyncio.timeout(15):
        while not calls <= await scene.logged():  # noqa: ASYNC110 - seen in the database
            await asyncio.sleep(0.02)


async def test_a_poisonous_event_does_not_block_the_rest(scene: Scene) -> None:
    user, _ = await make_user(scene.database)
    stranger = UserId(new_id())
    poison = [
        usage_event(stranger),  # foreign key
        usage_event(user, cost=2**63),  # overflow, refused by the driver
        usage_event(user, agent="nul\x00"),  # text that PostgreSQL does not store
    ]
    junk = [b"not json", b'{"callId": 5}', b""]
    async with scene.redis.pipeline(transaction=False) as pipe:
        for payload in [*map(encode, poison), *junk]:
            _ = pipe.xadd(USAGE_STREAM, {EVENT: payload})
        await pipe.execute()
    events = await send(scene, 100, user)
    consumer = scene.consumer()
    await drain(consumer)
    assert await scene.charges() == totals(events)
    assert await scene.pending() == len(poison) + len(junk)
    for _ in range(DELIVERIES):
        await consumer.join()
    letters = await scene.rows(
        "SELECT call_id, payload, reason FROM dead_letters ORDER BY entry_id"
    )
    assert [letter.payload for letter in letters] == [*map(encode, poison), *junk]
    assert [letter.call_id for letter in letters] == [
        *(event.call_id for event in poison),
        None,
        None,
        None,
    ]
    assert "ForeignKey" in letters[0].reason
    assert await scene.pending() == 0


async def test_a_poisonous_event_is_tried_three_times(scene: Scene) -> None:
    await scene.redis.xadd(USAGE_STREAM, {EVENT: encode(usage_event(UserId(new_id())))})
    consumer = scene.consumer()
    await consumer.join()
    for delivery in range(1, DELIVERIES + 1):
        assert await scene.rows("SELECT id FROM dead_letters") == []
        await (consumer.step(block_ms=1) if delivery == 1 else consumer._own_pending())
    assert len(await scene.rows("SELECT id FROM dead_letters")) == 1


async def test_a_mended_dead_letter_is_replayed(scene: Scene) -> None:
    stranger = UserId(new_id())
    (event,) = await send(scene, 1, stranger)
    consumer = scene.consumer()
    await drain(consumer)
    for _ in range(DELIVERIES):
        await consumer.join()
    user, _ = await make_user(scene.database)
    async with scene.database.transaction() as tx:
        await tx.execute(
            text("UPDATE users SET id = :id WHERE id = :old"), {"id": stranger, "old": user}
        )
        assert len((await deadletters.replay(tx)).sent) == 1
        assert (await deadletters.replay(tx)).sent == []
    await Relay(scene.database, scene.redis).flush()
    await drain(consumer)
    assert await scene.charges() == totals([event])
    assert await scene.unapplied() == 0


async def test_an_outage_of_the_database_is_waited_out_and_not_counted(scene: Scene) -> None:
    events = await send(scene, 5)
    failures = DELIVERIES + 2

    async def fails(tx: Tx, batch: Sequence[UsageEvent]) -> Sequence[UsageEvent]:
        nonlocal failures
        failures -= 1
        if failures > 0:
            raise ServiceUnavailable("The database does not answer.")
        return await charges.apply(tx, batch)

    await asyncio.wait_for(drain(scene.consumer(handle=fails)), 30)
    assert await scene.charges() == totals(events)
    assert await scene.rows("SELECT id FROM dead_letters") == []


async def test_a_worker_that_is_told_to_stop_leaves_no_name(scene: Scene) -> None:
    events = await send(scene, 5)
    consumer = scene.consumer()
    task = asyncio.create_task(consumer.run())
    await until_logged(scene, events)
    consumer.stop()
    async with asyncio.timeout(10):
        await task
    assert await scene.redis.xinfo_consumers(USAGE_STREAM, USAGE_GROUP) == []


async def test_a_worker_told_to_stop_in_an_outage_stops(scene: Scene) -> None:
    events = await send(scene, 5)

    async def fails(tx: Tx, batch: Sequence[UsageEvent]) -> Sequence[UsageEvent]:
        raise ServiceUnavailable("The database does not answer.")

    consumer = scene.consumer(handle=fails)
    task = asyncio.create_task(consumer.run())
    await asyncio.sleep(0.5)
    consumer.stop()
    async with asyncio.timeout(10):
        await task
    assert await scene.pending() == 5
    await drain(scene.consumer("heir", claim_idle_ms=0))
    assert await scene.charges() == totals(events)


@pytest.mark.parametrize("charged", [0, 5])
async def test_failed_calls_are_logged_with_their_cost(scene: Scene, charged: int) -> None:
    user, _ = await make_user(scene.database)
    event = usage_event(user, cost=9, charged=charged, charged_usd=NanoUsd(charged))
    await scene.commit([event])
    await Relay(scene.database, scene.redis).flush()
    await drain(scene.consumer())
    assert await scene.charges() == totals([event])
