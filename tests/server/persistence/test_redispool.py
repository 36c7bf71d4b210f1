"""What is closed stays closed, whoever was connecting at that moment."""

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from server.local.engines import EngineUrls
from server.persistence.redispool import RedisPool


def opened(pool: RedisPool) -> list[str]:
    """The connections of the pool that are open."""
    known = [*pool._available_connections, *pool._in_use_connections]
    return [repr(connection) for connection in known if connection.is_connected]


async def test_whoever_was_connecting_leaves_nothing_open(engines: EngineUrls) -> None:
    for steps in range(12):  # of the event loop, before the pool is closed
        pool = RedisPool.from_url(engines.redis_url)
        late = asyncio.create_task(pool.get_connection())  # type: ignore[no-untyped-call]
        for _ in range(steps):
            await asyncio.sleep(0)
        await pool.aclose()
        await asyncio.wait([late])
        assert opened(pool) == []
        if late.exception() is not None:
            assert isinstance(late.exception(), RedisConnectionError)


async def test_a_closed_pool_opens_nothing(engines: EngineUrls) -> None:
    pool = RedisPool.from_url(engines.redis_url)
    await pool.release(await pool.get_connection())  # type: ignore[no-untyped-call]
    assert len(opened(pool)) == 1
    await pool.aclose()
    with pytest.raises(RedisConnectionError, match="closed"):
        await pool.get_connection()  # type: ignore[no-untyped-call]
    assert opened(pool) == []
