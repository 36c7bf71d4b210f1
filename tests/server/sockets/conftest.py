"""Two servers on the same engines."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.turns import attaching, quiet
from tests.server.sockets.pairs import Pair
from tests.server.sockets.scene import scene


@pytest_asyncio.fixture
async def pair(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Pair]:
    """However slow the machine is, what happens there is heard of by its journal."""
    monkeypatch.setattr(attaching, "JOURNALED_S", 3_600.0)
    monkeypatch.setattr(quiet, "LOOK_S", 3_600.0)
    async with scene(migrated) as here, scene(migrated) as there:
        yield Pair(here, there)
