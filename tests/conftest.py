"""Fixtures of the suite: real engines once a worker, a migrated database emptied between tests."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import text

from server.local.engines import EngineUrls
from server.migrations.models import METADATA
from server.migrations.upgrade import upgrade
from server.persistence import users
from server.persistence.database import Database, open_database
from server.persistence.redis import open_redis
from tests.support.engines import (
    create_database,
    database_name,
    drop_database,
    engines_for_tests,
)

pytest_plugins = ["tests.support.parallel"]

DATABASE = database_name("tests")


@pytest.fixture(scope="session")
def engines() -> Iterator[EngineUrls]:
    """PostgreSQL and Valkey for this run."""
    with engines_for_tests() as urls:
        yield urls


@pytest.fixture(scope="session")
def migrated(engines: EngineUrls) -> Iterator[EngineUrls]:
    """The same, the database being one of the suite's own at the newest schema."""

    async def prepare() -> str:
        await drop_database(engines, DATABASE)
        url = await create_database(engines, DATABASE)
        await upgrade(url)
        return url

    url = asyncio.run(prepare())
    yield EngineUrls(database_url=url, redis_url=engines.redis_url)
    asyncio.run(drop_database(engines, DATABASE))


@pytest_asyncio.fixture
async def database(migrated: EngineUrls) -> AsyncIterator[Database]:
    """The migrated database, empty."""
    async with open_database(migrated.database_url) as opened:
        async with opened.snapshot() as tx:
            is_used = await users.exist(tx)
        if is_used:  # by a test that asked for the schema alone
            await empty(opened)
        yield opened
        await empty(opened)


@pytest_asyncio.fixture
async def redis(migrated: EngineUrls) -> AsyncIterator[Redis]:
    """A client of an empty Valkey."""
    client = open_redis(migrated.redis_url)
    await client.flushdb()
    yield client
    await client.flushdb()
    await client.aclose()


TABLES = [table.name for table in reversed(METADATA.sorted_tables)]
"""What refers to something comes before it."""

USED = text(
    " UNION ALL ".join(
        f"SELECT '{name}' AS name WHERE EXISTS (SELECT FROM \"{name}\")" for name in TABLES
    )
)

APPEND_ONLY = {"adjustments", "alert_thresholds", "invoices", "transfers"}
"""Their triggers refuse to delete."""

COUNTED = {"dead_letters", "outbox"}
"""Tables that number their rows."""


async def empty(database: Database) -> None:
    """Empty every table: commits commit and locks lock in tests, so nothing is rolled back.

    Most tests use few tables: to ask for these takes a fifth of truncating them all.
    """
    async with database.transaction() as tx:
        used = set((await tx.execute(USED)).scalars())
        for name in (name for name in TABLES if name in used):
            way = "TRUNCATE" if name in APPEND_ONLY else "DELETE FROM"
            await tx.execute(text(f'{way} "{name}"'))
        for name in COUNTED & used:
            await tx.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 1, false)")
            )
