"""Migrations arrive at exactly the tables of the code, once, whoever starts them together."""

import asyncio
import pkgutil
from collections.abc import AsyncIterator
from importlib import import_module

import pytest
import pytest_asyncio
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import billing
import knowledge
import server.persistence
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.migrations.models import METADATA, MODULES
from server.migrations.upgrade import ADVISORY_LOCK, head, is_current, upgrade
from tests.support.engines import create_database, drop_database

SCHEMA = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, column_default, identity_generation
        FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    "indexes": """
        SELECT tablename, indexname, indexdef
        FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2""",
}
"""What a schema is made of, as PostgreSQL itself writes it down: partial indexes, NULLS NOT
DISTINCT, checks and cascades included, which alembic's own comparison does not see."""


@pytest_asyncio.fixture
async def empty_url(engines: EngineUrls) -> AsyncIterator[str]:
    name = f"causerie_migrations_{new_id().hex}"
    yield await create_database(engines, name)
    await drop_database(engines, name)


@pytest_asyncio.fixture
async def engine(empty_url: str) -> AsyncIterator[AsyncEngine]:
    made = create_async_engine(empty_url, poolclass=NullPool)
    yield made
    await made.dispose()


def described(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        part: [tuple(row) for row in connection.execute(text(query)) if row[0] != "alembic_version"]
        for part, query in SCHEMA.items()
    }


async def test_the_migrated_schema_is_that_of_the_models(
    engines: EngineUrls, empty_url: str, engine: AsyncEngine
) -> None:
    await upgrade(empty_url)
    async with engine.connect() as connection:
        migrated = await connection.run_sync(described)
    async with engine.begin() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
        await connection.execute(text("CREATE EXTENSION pg_trgm"))
        await connection.run_sync(METADATA.create_all)
        modelled = await connection.run_sync(described)
    for part in SCHEMA:
        assert migrated[part] == modelled[part]
    assert len(migrated["columns"]) > 100


def test_every_module_with_tables_is_known_to_migrations() -> None:
    known = {module.__name__ for module in MODULES}
    for package in (server.persistence, billing, knowledge):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if found.ispkg or found.name.endswith("__main__"):
                continue
            module = import_module(found.name)
            rows = [
                thing
                for thing in vars(module).values()
                if hasattr(thing, "__tablename__") and thing.__module__ == found.name
            ]
            assert not rows or found.name in known, f"{found.name} is missing in migrations.models"


async def test_of_starts_at_the_same_moment_one_migrates(
    empty_url: str, engine: AsyncEngine
) -> None:
    await asyncio.gather(*(upgrade(empty_url) for _ in range(4)))
    async with engine.connect() as connection:
        applied = (await connection.execute(text("SELECT version_num FROM alembic_version"))).all()
    assert [row[0] for row in applied] == [head()]


async def test_a_start_waits_for_another_that_migrates(empty_url: str, engine: AsyncEngine) -> None:
    async with engine.begin() as other:
        await other.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
        waiting = asyncio.create_task(upgrade(empty_url))
        done, _ = await asyncio.wait({waiting}, timeout=0.5)
        assert not done
    await waiting


async def test_a_revision_that_waits_keeps_nothing_of_earlier_ones_locked(
    empty_url: str, engine: AsyncEngine
) -> None:
    await upgrade(empty_url, "0006")
    async with engine.begin() as writer:
        await writer.execute(text("LOCK TABLE usage_logs IN ROW EXCLUSIVE MODE"))
        with pytest.raises(DBAPIError, match="lock timeout"):  # 0009 adds its trigger there
            await upgrade(empty_url)
        assert await writer.scalar(text("SELECT version_num FROM alembic_version")) == "0008"
    await upgrade(empty_url)
    async with engine.connect() as connection:
        assert await is_current(connection)


async def test_a_database_is_current_once_it_is_migrated_and_stays_so_under_newer_code(
    empty_url: str, engine: AsyncEngine
) -> None:
    async with engine.connect() as connection:
        assert not await is_current(connection)
    await upgrade(empty_url)
    async with engine.begin() as connection:
        assert await is_current(connection)
        await connection.execute(text("UPDATE alembic_version SET version_num = 'of-tomorrow'"))
        assert await is_current(connection)
        await connection.execute(text("DELETE FROM alembic_version"))
        assert not await is_current(connection)


async def test_workspaces_from_before_they_could_pay_get_an_account(
    empty_url: str, engine: AsyncEngine
) -> None:
    await upgrade(empty_url, "0004")
    async with engine.begin() as connection:
        for name, personal in (("Team", "false"), ("Ada", "true")):
            await connection.execute(
                text(
                    "INSERT INTO workspaces (id, name, personal) "
                    f"VALUES ('{new_id()}', '{name}', {personal})"
                )
            )
    await upgrade(empty_url)
    async with engine.connect() as connection:
        accounts = await connection.execute(
            text("SELECT name, kind, balance FROM accounts JOIN workspaces USING (id)")
        )
        assert [tuple(row) for row in accounts] == [("Team", "workspace", 0)]


@pytest.mark.parametrize("statement", ["UPDATE transfers SET amount = 1", "DELETE FROM transfers"])
async def test_what_is_in_the_ledger_stays_in_the_ledger(
    empty_url: str, engine: AsyncEngine, statement: str
) -> None:
    await upgrade(empty_url)
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))
