"""A line says what was rung, and that it is lost; never does it come back by itself."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from server.local.engines import EngineUrls
from server.persistence.line import Heard, open_line
from server.persistence.redis import open_blocking_redis
from tests.support.eventually import eventually
from tests.support.valkey import own_valkey

PATIENT_S = 5.0


async def test_what_is_rung_in_a_channel_is_heard_while_it_is_subscribed_to(
    migrated: EngineUrls, redis: Redis
) -> None:
    client = open_blocking_redis(migrated.redis_url)
    async with open_line(client) as line:
        await line.subscribe(["one", "two"])
        assert await line.hear(PATIENT_S) == Heard("subscribe", "one", 1)
        assert await line.hear(PATIENT_S) == Heard("subscribe", "two", 2)
        await redis.publish("two", b"\x00 anything")
        assert await line.hear(PATIENT_S) == Heard("message", "two", b"\x00 anything")
        await line.unsubscribe(["two"])
        assert await line.hear(PATIENT_S) == Heard("unsubscribe", "two", 1)
        await redis.publish("two", "unheard")
        await redis.publish("one", "heard")
        assert await line.hear(PATIENT_S) == Heard("message", "one", b"heard")
    await client.aclose()


async def test_silence_is_no_loss_while_redis_answers(migrated: EngineUrls, redis: Redis) -> None:
    client = open_blocking_redis(migrated.redis_url)
    async with open_line(client) as line:
        await line.subscribe(["one"])
        await line.hear(PATIENT_S)
        hearing = asyncio.create_task(line.hear(0.02))
        before = await pings(redis)

        async def was_asked_often() -> bool:
            return await pings(redis) > before + 3

        await eventually(was_asked_often)
        await redis.publish("one", "word")
        assert (await hearing).data == b"word"
    await client.aclose()


async def pings(redis: Redis) -> int:
    stats = await redis.info("commandstats")
    return int(stats.get("cmdstat_ping", {"calls": 0})["calls"])


async def test_one_that_is_cut_is_lost_for_reading_and_for_writing(
    migrated: EngineUrls, redis: Redis
) -> None:
    client = open_blocking_redis(migrated.redis_url)
    async with open_line(client) as line:
        await line.subscribe(["one"])
        await line.hear(PATIENT_S)
        await redis.client_kill_filter(_type="pubsub")
        with pytest.raises(RedisConnectionError):
            await line.hear(PATIENT_S)
        with pytest.raises(RedisConnectionError, match="was lost"):
            await line.subscribe(["two"])
    async with open_line(client) as line:  # the client's connection is as good as new
        await line.subscribe(["one"])
        assert (await line.hear(PATIENT_S)).kind == "subscribe"
    await client.aclose()


async def test_a_frozen_redis_is_as_good_as_gone() -> None:
    async with own_valkey() as valkey:
        client = open_blocking_redis(valkey.url)
        async with open_line(client) as line:
            await line.subscribe(["one"])
            await line.hear(PATIENT_S)
            valkey.freeze()
            with pytest.raises(RedisConnectionError, match="says nothing"):
                await line.hear(0.05)
            valkey.thaw()
        await client.aclose()
