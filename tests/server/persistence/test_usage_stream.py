"""How far the usage stream has been read and may be shortened, on a real one."""

from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from server.persistence.redis import USAGE_GROUP, USAGE_STREAM
from server.persistence.usage_stream import CLOCKS_APART, EVENT, decode_id, trim, waiting_since


async def fill(redis: Redis, count: int) -> None:
    for _ in range(count):
        await redis.xadd(USAGE_STREAM, {EVENT: b"{}"})


def test_ids_compare_by_time_and_number() -> None:
    assert decode_id(b"9-10") > decode_id("9-9")
    assert decode_id("10-0") > decode_id("9-99")
    assert decode_id("7") == (7, 0)


async def test_without_a_stream_or_a_group_nothing_is_dropped(redis: Redis) -> None:
    assert await trim(redis, keep_ms=-60_000) == 0
    await fill(redis, 3)
    assert await trim(redis, keep_ms=-60_000) == 0


async def test_the_slowest_group_decides(redis: Redis) -> None:
    await fill(redis, 4)
    for group in ("fast", "slow"):
        await redis.xgroup_create(USAGE_STREAM, group, id="0")
    for group, count in (("fast", 4), ("slow", 1)):
        reply: Any = await redis.xreadgroup(group, "reader", {USAGE_STREAM: ">"}, count=count)
        await redis.xack(USAGE_STREAM, group, *[id_ for id_, _ in reply[0][1]])
    assert await trim(redis, keep_ms=-60_000) == 1


async def test_the_stream_is_shortened_by_what_the_group_has_acknowledged(
    redis: Redis,
) -> None:
    await fill(redis, 10)
    assert await trim(redis, keep_ms=-60_000) == 0  # nobody reads it: everything stays
    await redis.xgroup_create(USAGE_STREAM, USAGE_GROUP, id="0")
    assert await trim(redis, keep_ms=-60_000) == 0
    reply: Any = await redis.xreadgroup(USAGE_GROUP, "reader", {USAGE_STREAM: ">"}, count=6)
    entries = reply[0][1]
    await redis.xack(USAGE_STREAM, USAGE_GROUP, *[id_ for id_, _ in entries[:3] + entries[4:]])
    assert await trim(redis, keep_ms=-60_000) == 3  # the fourth is pending still
    await redis.xack(USAGE_STREAM, USAGE_GROUP, entries[3][0])
    assert await trim(redis) == 0  # feeds may still read it
    assert await trim(redis, keep_ms=-60_000) == 3
    assert await redis.xlen(USAGE_STREAM) == 4


def moment(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1_000, UTC) + CLOCKS_APART


async def test_what_waits_on_the_stream_is_younger_than_its_first_and_the_last_read(
    redis: Redis,
) -> None:
    assert await waiting_since(redis) is None
    for millis in (1_000, 2_000, 3_000):
        await redis.xadd(USAGE_STREAM, {EVENT: b"{}"}, id=f"{millis}-1")
    assert await waiting_since(redis) == moment(1_000)  # nobody has read anything
    await redis.xgroup_create(USAGE_STREAM, "another", id="$")
    await redis.xgroup_create(USAGE_STREAM, USAGE_GROUP, id="0")
    assert await waiting_since(redis) == moment(1_000)
    await redis.xreadgroup(USAGE_GROUP, "reader", {USAGE_STREAM: ">"}, count=2)
    assert await waiting_since(redis) == moment(2_000)
    await redis.xtrim(USAGE_STREAM, minid="3000-1", approximate=False)
    assert await waiting_since(redis) == moment(3_000)  # somebody has cut it short
    await redis.xreadgroup(USAGE_GROUP, "reader", {USAGE_STREAM: ">"})
    assert await waiting_since(redis) is None
