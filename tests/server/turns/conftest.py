"""A process with the demo provider, on real engines."""

from collections.abc import AsyncIterator

import pytest_asyncio
from redis.asyncio import Redis

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.support.turns import Harness, turn_harness


@pytest_asyncio.fixture
async def turns(migrated: EngineUrls, database: Database, redis: Redis) -> AsyncIterator[Harness]:
    async with turn_harness(migrated) as harness:
        yield harness
