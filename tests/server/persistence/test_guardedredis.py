"""While Redis is away its client fails at once; when it is back, it is asked again."""

import asyncio
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from server.persistence.guardedredis import FAILURES, GuardedRedis, RedisAway
from server.persistence.redis import open_redis
from tests.support.eventually import eventually
from tests.support.valkey import Valkey, own_valkey


async def is_back(client: GuardedRedis) -> bool:
    try:
        return bool(await client.ping())
    except RedisError:
        return False


async def in_pipeline(client: GuardedRedis, *, transaction: bool = False) -> list[Any]:
    async with client.pipeline(transaction=transaction) as pipeline:
        _ = pipeline.set("x", 1)
        return await pipeline.execute()


async def wrong_in_pipeline(client: GuardedRedis) -> list[Any]:
    async with client.pipeline(transaction=False) as pipeline:
        _ = pipeline.execute_command("NO SUCH COMMAND")
        return await pipeline.execute()


async def at_once(client: GuardedRedis) -> list[Any]:
    return await in_pipeline(client, transaction=True)


async def freeze(valkey: Valkey, client: GuardedRedis) -> None:
    """Until one call has found out."""
    assert await client.ping()
    valkey.freeze()
    with pytest.raises(RedisTimeoutError):
        await client.get("x")
    assert client.guard.is_open


async def test_the_first_call_that_hangs_speaks_for_all() -> None:
    async with own_valkey() as valkey, open_redis(valkey.url) as client:
        script = client.register_script("return 1")
        await freeze(valkey, client)
        for ask in (client.ping, script, lambda: in_pipeline(client), lambda: at_once(client)):
            with pytest.raises(RedisAway):
                await ask()
        valkey.thaw()
        assert await eventually(lambda: is_back(client))
        assert not client.guard.is_open
        assert await script() == 1


async def test_calls_that_were_under_way_fail_by_their_own_timeout() -> None:
    async with own_valkey() as valkey, open_redis(valkey.url) as client:
        await client.ping()
        valkey.freeze()
        answers = await asyncio.gather(
            *(client.get("x") for _ in range(20)), return_exceptions=True
        )
        # Those that had to connect first were not greeted.
        assert {type(answer) for answer in answers} <= {RedisTimeoutError, RedisConnectionError}
        assert client.guard.is_open


async def test_one_that_refuses_connections_is_left_alone_after_a_few(tmp_path: object) -> None:
    async with open_redis(f"unix://{tmp_path}/nobody.sock") as client:
        kinds = list[type[BaseException]]()
        for _ in range(FAILURES + 2):
            with pytest.raises(RedisConnectionError) as failed:
                await client.ping()
            kinds.append(failed.type)
        assert kinds == [RedisConnectionError] * FAILURES + [RedisAway] * 2


async def test_a_restart_between_two_calls_goes_unnoticed() -> None:
    async with own_valkey() as valkey, open_redis(valkey.url) as client:
        await client.ping()
        valkey.kill()
        await valkey.start()
        assert await client.ping()


async def test_one_that_was_killed_is_found_again() -> None:
    async with own_valkey() as valkey, open_redis(valkey.url) as client:
        await client.ping()
        valkey.kill()
        for _ in range(FAILURES):
            with pytest.raises(RedisConnectionError):
                await client.ping()
        assert client.guard.is_open
        await valkey.start()
        assert await eventually(lambda: is_back(client))


async def test_refused_commands_are_answers() -> None:
    async with own_valkey() as valkey, open_redis(valkey.url) as client:
        for _ in range(FAILURES + 1):
            with pytest.raises(ResponseError):
                await client.execute_command("NO SUCH COMMAND")
            with pytest.raises(ResponseError):
                await wrong_in_pipeline(client)
        assert not client.guard.is_open


async def test_a_cancelled_call_says_nothing_about_redis() -> None:
    async with own_valkey() as valkey, open_redis(valkey.url) as client:
        await client.ping()
        valkey.freeze()
        for _ in range(FAILURES + 1):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await client.ping()
        assert not client.guard.is_open


async def test_a_pipeline_that_was_not_sent_is_empty_again() -> None:
    async with own_valkey() as valkey, open_redis(valkey.url) as client:
        await freeze(valkey, client)
        async with client.pipeline(transaction=False) as pipeline:
            _ = pipeline.set("x", 1)
            with pytest.raises(RedisAway):
                await pipeline.execute()
            assert len(pipeline) == 0


async def test_closing_ends_the_search() -> None:
    async with own_valkey() as valkey:
        client = open_redis(valkey.url)
        await freeze(valkey, client)
        await client.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_new_connection_that_nobody_greets_is_a_hang() -> None:
    async with own_valkey() as valkey, open_redis(valkey.url) as client:
        valkey.freeze()
        with pytest.raises(RedisConnectionError):
            await client.ping()
        assert client.guard.is_open
