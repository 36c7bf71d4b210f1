"""Who gets which connection, who waits, and what is closed when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from agents.providers.http.connection import Connection, Origin
from agents.providers.http.pool import Bounds, Pool
from tests.agents.providers.http.support import Line, Server, serving
from tests.support.eventually import eventually


async def open_end(line: Line) -> None:
    await line.left()


@asynccontextmanager
async def pooled(bounds: Bounds) -> AsyncIterator[tuple[Pool, Server, Server]]:
    """And two servers."""
    async with serving(open_end) as one, serving(open_end) as other:
        pool = Pool(bounds, httpx2.create_ssl_context(verify=False))
        try:
            yield pool, one, other
        finally:
            pool.close()


def bounds(open_max: int = 10, idle_max: int = 10, idle_s: float = 60) -> Bounds:
    return Bounds(open_max=open_max, idle_max=idle_max, idle_s=idle_s)


async def acquire(pool: Pool, server: Server, pool_s: float | None = 5) -> Connection:
    return await pool.acquire(Origin("127.0.0.1", server.port, ""), pool_s=pool_s, connect_s=5)


async def test_the_connection_used_last_is_used_next() -> None:
    async with pooled(bounds()) as (pool, one, _):
        first, second = await acquire(pool, one), await acquire(pool, one)
        assert first is not second
        pool.released(first)
        pool.released(second)
        assert await acquire(pool, one) is second
        assert await acquire(pool, one) is first


async def test_a_connection_serves_its_own_origin_alone() -> None:
    async with pooled(bounds()) as (pool, one, other):
        connection = await acquire(pool, one)
        pool.released(connection)
        assert await acquire(pool, other) is not connection


async def test_a_connection_that_its_server_closed_is_not_given_out() -> None:
    async with pooled(bounds()) as (pool, one, _):
        connection = await acquire(pool, one)
        pool.released(connection)
        await eventually(lambda: one.lines)
        one.lines[0].reset()
        await eventually(connection.is_stale)
        assert await acquire(pool, one) is not connection
        assert connection.is_closed


async def test_idle_connections_grow_old_one_by_one() -> None:
    async with pooled(bounds(idle_s=0.1)) as (pool, one, _):
        connections = [await acquire(pool, one) for _ in range(3)]
        for connection in connections[:2]:
            pool.released(connection)
            await asyncio.sleep(0.02)
        await eventually(lambda: connections[0].is_closed)
        assert not connections[1].is_closed
        await eventually(lambda: connections[1].is_closed)
        assert not connections[2].is_closed  # it does not idle


async def test_of_too_many_idle_connections_the_oldest_is_closed() -> None:
    async with pooled(bounds(idle_max=2)) as (pool, one, other):
        connections = [await acquire(pool, server) for server in (one, other, one)]
        for connection in connections:
            pool.released(connection)
        assert [connection.is_closed for connection in connections] == [True, False, False]


async def test_an_idle_connection_makes_place_for_another_origin() -> None:
    async with pooled(bounds(open_max=1)) as (pool, one, other):
        first = await acquire(pool, one)
        pool.released(first)
        await acquire(pool, other, pool_s=0)
        assert first.is_closed


async def test_who_finds_no_place_waits_in_the_order_of_coming() -> None:
    async with pooled(bounds(open_max=1)) as (pool, one, other):
        first = await acquire(pool, one)
        served: list[str] = []
        held: list[Connection] = []

        async def wait(name: str, server: Server) -> None:
            held.append(await acquire(pool, server))
            served.append(name)

        tasks = []
        for name, server in (("a", one), ("b", other), ("c", other)):
            tasks.append(asyncio.create_task(wait(name, server)))
            await asyncio.sleep(0)
        pool.released(first)
        await eventually(lambda: served == ["a"])
        assert held == [first]
        pool.released(first)  # of no use to the next, which gets its place
        await eventually(lambda: served == ["a", "b"])
        assert first.is_closed
        held[-1].abort()
        await eventually(lambda: served == ["a", "b", "c"])
        await asyncio.gather(*tasks)


async def test_no_place_in_time_is_a_timeout_and_the_queue_moves_on() -> None:
    async with pooled(bounds(open_max=1)) as (pool, one, _):
        first = await acquire(pool, one)
        with pytest.raises(httpx2.PoolTimeout):
            await acquire(pool, one, pool_s=0.02)
        last = asyncio.create_task(acquire(pool, one))
        await asyncio.sleep(0)
        pool.released(first)
        assert await last is first


async def test_who_is_cancelled_with_a_place_in_hand_passes_it_on() -> None:
    async with pooled(bounds(open_max=1)) as (pool, one, _):
        first = await acquire(pool, one)
        waiting = [asyncio.create_task(acquire(pool, one)) for _ in range(2)]
        await asyncio.sleep(0)
        pool.released(first)
        waiting[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting[0]
        assert await waiting[1] is first


async def test_a_connection_lost_on_its_way_to_the_next_is_replaced() -> None:
    async with pooled(bounds(open_max=1)) as (pool, one, _):
        first = await acquire(pool, one)
        waiting = asyncio.create_task(acquire(pool, one))
        await asyncio.sleep(0)
        pool.released(first)
        first.abort()
        second = await waiting
        assert second is not first
        assert second.is_connected


async def test_failing_to_connect_frees_the_place() -> None:
    async with pooled(bounds(open_max=1)) as (pool, one, _):
        async with serving(open_end) as gone:
            pass
        with pytest.raises(httpx2.ConnectError):
            await acquire(pool, gone)
        assert (await acquire(pool, one, pool_s=0)).is_connected


async def test_closing_closes_all_and_lets_nobody_wait_on() -> None:
    async with pooled(bounds(open_max=2)) as (pool, one, _):
        busy, idle = await acquire(pool, one), await acquire(pool, one)
        waiting = asyncio.create_task(acquire(pool, one))
        await asyncio.sleep(0)
        pool.close()
        assert busy.is_closed
        assert idle.is_closed
        with pytest.raises(httpx2.ConnectError):
            await waiting
