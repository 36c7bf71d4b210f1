"""Clients for commands fail fast; those for blocking reads wait for what they are to wait for."""

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from server.domain.ids import new_id
from server.persistence.guardedredis import FAILURES, RedisAway
from server.persistence.redis import (
    BLOCK_MS,
    COMMAND_TIMEOUT_S,
    journal_key,
    journal_state_key,
    open_blocking_redis,
    open_redis,
)
from tests.support.valkey import own_valkey


async def test_a_burst_waits_for_connections() -> None:
    async with own_valkey() as valkey, open_redis(valkey.url) as client:
        assert all(await asyncio.gather(*(client.ping() for _ in range(400))))


async def test_a_blocking_read_may_wait_for_longer_than_a_command() -> None:
    assert BLOCK_MS / 1000 >= COMMAND_TIMEOUT_S
    async with own_valkey() as valkey, open_blocking_redis(valkey.url) as client:
        assert not await client.xread({"nothing": "0"}, block=BLOCK_MS)


async def test_a_blocking_client_asks_again_however_often_it_failed(tmp_path: object) -> None:
    async with open_blocking_redis(f"unix://{tmp_path}/nobody.sock") as client:
        for _ in range(FAILURES + 1):
            with pytest.raises(RedisConnectionError) as failed:
                await client.ping()
            assert failed.type is not RedisAway


async def test_a_client_closes_its_connections() -> None:
    async with own_valkey() as valkey, open_redis(valkey.url) as watcher:
        client = open_redis(valkey.url)
        assert await client.ping()
        assert len(await watcher.client_list()) == 2
        await client.aclose()
        assert len(await watcher.client_list()) == 1


def test_both_keys_of_a_turn_are_on_one_node() -> None:
    turn = new_id()
    tags = {key[key.index("{") : key.index("}")] for key in keys_of(turn)}
    assert len(tags) == 1


def keys_of(turn: object) -> list[str]:
    return [journal_key(turn), journal_state_key(turn)]  # type: ignore[arg-type]  # any id
