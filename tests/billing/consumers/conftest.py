"""Fixtures of the consumers' tests."""

from collections.abc import AsyncIterator

import pytest_asyncio
from redis.asyncio import Redis

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.billing.consumers.scene import Scene, scene_on


@pytest_asyncio.fixture
async def scene(database: Database, redis: Redis, migrated: EngineUrls) -> AsyncIterator[Scene]:
    async with scene_on(database, redis, migrated.redis_url) as made:
        yield made
