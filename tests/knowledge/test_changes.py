"""Whose insights have changed is heard everywhere; what may have been missed counts as changed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import anyio
import pytest
from redis.asyncio import Redis

from knowledge import changes
from knowledge.changes import Changes, announce
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.redis import (
    INSIGHTS_CAP,
    INSIGHTS_STREAM,
    open_blocking_redis,
    open_redis,
)
from tests.support.eventually import eventually


@asynccontextmanager
async def following(urls: EngineUrls) -> AsyncIterator[tuple[Changes, list[UUID | None]]]:
    """One that hears, and what it has heard since."""
    heard: list[UUID | None] = []
    now = asyncio.get_running_loop().time
    async with (
        open_redis(urls.redis_url) as commands,
        open_blocking_redis(urls.redis_url) as blocks,
    ):
        one = Changes(commands, blocks, heard.append, now)
        async with anyio.create_task_group() as background:
            background.start_soon(one.run)
            await eventually(lambda: one.is_heard)
            assert heard == [None]
            heard.clear()
            yield one, heard
            background.cancel_scope.cancel()


async def test_every_process_hears_whose_have_changed(migrated: EngineUrls, redis: Redis) -> None:
    await announce(redis, new_id())
    who = new_id()
    async with following(migrated) as (_, one), following(migrated) as (_, other):
        await announce(redis, who)
        await eventually(lambda: one == other == [who])
        await announce(redis, None)
        await eventually(lambda: one == other == [who, None])


async def test_the_first_change_of_all_is_heard(migrated: EngineUrls, redis: Redis) -> None:
    async with following(migrated) as (_, heard):
        who = new_id()
        await announce(redis, who)
        await eventually(lambda: heard == [who])


async def test_after_a_flush_anything_may_have_changed_and_what_comes_is_heard(
    migrated: EngineUrls, redis: Redis
) -> None:
    for _ in range(3):
        await announce(redis, new_id())
    async with following(migrated) as (_, heard):
        await redis.flushdb()
        await eventually(lambda: heard == [None])
        who = new_id()
        await announce(redis, who)
        await eventually(lambda: who in heard)


async def test_who_is_behind_forgets_all(
    migrated: EngineUrls, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "READ_MAX", 3)
    async with following(migrated) as (_, heard):
        pipeline = redis.pipeline(transaction=True)
        for _ in range(5):
            _ = pipeline.xadd(INSIGHTS_STREAM, {changes.CREATOR: new_id().bytes})
        await pipeline.execute()
        await eventually(lambda: heard == [None])
        who = new_id()
        await announce(redis, who)
        await eventually(lambda: heard == [None, who])


async def test_while_redis_is_away_nothing_is_heard_and_nobody_fails(
    migrated: EngineUrls, redis: Redis
) -> None:
    async with following(migrated) as (one, heard):
        await redis.client_kill_filter(_type="normal", skipme=True)
        await eventually(lambda: not one.is_heard)
        await eventually(lambda: one.is_heard)
        assert heard[0] is None
    async with open_redis("redis://127.0.0.1:1/0") as nowhere:
        await announce(nowhere, new_id())


async def test_the_stream_is_short(redis: Redis) -> None:
    pipeline = redis.pipeline(transaction=False)
    for _ in range(2 * INSIGHTS_CAP):
        _ = pipeline.xadd(INSIGHTS_STREAM, {b"x": b""})
    await pipeline.execute()
    await announce(redis, new_id())
    assert await redis.xlen(INSIGHTS_STREAM) < 1.1 * INSIGHTS_CAP
