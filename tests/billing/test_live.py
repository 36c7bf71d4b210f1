"""What processes say about their running turns, over a real Valkey."""

from datetime import UTC, datetime
from uuid import UUID

from redis.asyncio import Redis

from billing.live import LiveAggregate, LiveCost, merged, publish, read_all, withdraw
from server.domain.ids import new_id
from server.domain.money import NanoUsd
from server.persistence.redis import LIVE_INDEX, live_key


def aggregate(turns: int) -> LiveAggregate:
    item = LiveCost(
        creator=UUID(int=1),
        feature="chat",
        agent="assistant",
        model="demo/a",
        provider="demo",
        turns=turns,
        cost_usd=NanoUsd(turns),
        held_usd=NanoUsd(2 * turns),
    )
    return LiveAggregate(boot=new_id(), at=datetime.now(UTC), items=[item])


async def test_all_processes_are_heard_and_the_last_word_counts(redis: Redis) -> None:
    one, two = aggregate(1), aggregate(2)
    for said in (one, two, one):
        await publish(redis, said)
    heard = await read_all(redis)
    assert {said.boot: said for said in heard} == {one.boot: one, two.boot: two}
    assert sum(item.turns for item in merged(heard)) == 3


async def test_a_process_that_ends_or_dies_is_forgotten(redis: Redis) -> None:
    one, two = aggregate(1), aggregate(2)
    await publish(redis, one)
    await publish(redis, two)
    assert 0 < await redis.ttl(live_key(one.boot)) <= 5
    assert await redis.ttl(LIVE_INDEX) > 0
    await withdraw(redis, one.boot)
    assert await read_all(redis) == [two]
    await redis.delete(live_key(two.boot))  # as its lifetime would
    assert await read_all(redis) == []


async def test_another_versions_shape_is_left_out(redis: Redis) -> None:
    one, strange = aggregate(1), aggregate(2)
    await publish(redis, one)
    await publish(redis, strange)
    await redis.set(live_key(strange.boot), b"\xc1", ex=5)
    assert await read_all(redis) == [one]
    assert await read_all(redis) == [one]
