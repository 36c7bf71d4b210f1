"""Two servers on the same engines."""

from collections.abc import AsyncIterator

import pytest_asyncio
from redis.asyncio import Redis

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.sockets.pairs import Pair
from tests.server.sockets.scene import scene


@pytest_asyncio.fixture
async def pair(migrated: EngineUrls, database: Database, redis: Redis) -> AsyncIterator[Pair]:
    async with scene(migrated) as here, scene(migrated) as there:
        yield Pair(here, there)
