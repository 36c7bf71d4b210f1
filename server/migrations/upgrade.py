"""Bringing a database to the schema of this code, and knowing whether it is there."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from server.persistence.database import async_url

TURN_S = 120
"""How long one start waits for another that migrates: longer than any migration should take."""

LOCK_S = 5
"""How long a statement of a migration waits for the code that serves. It then fails whole and can
be tried again; waiting longer would queue every later query behind it."""

ADVISORY_LOCK = 0x63617573
"""Number of the lock that all migrations of one database share ("caus" in ASCII)."""


def config() -> Config:
    """Alembic's configuration, without a file of its own."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    settings.set_main_option("path_separator", "os")
    return settings


def head() -> str:
    """The newest revision that this code brings."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    if revision is None:
        raise RuntimeError("server/migrations/versions is empty")
    return revision


async def upgrade(url: str, revision: str = "head") -> None:
    """Apply what is missing, once however many start at the same moment.

    A revision is a transaction: none keeps its locks while a later one fills a table, and after a
    failure the next start goes on where this one came to. The advisory lock belongs to it, so a
    connection pooler cannot lose it and a death frees it.

    Raises:
        SQLAlchemyError, OSError: the database is away, refuses, or a lock was not to be had.
    """
    engine = create_async_engine(async_url(url), poolclass=NullPool, connect_args={"timeout": 10})
    try:
        async with engine.connect() as connection:
            is_behind = True
            while is_behind:
                async with connection.begin():
                    await connection.execute(text(f"SET LOCAL lock_timeout = '{TURN_S}s'"))
                    await connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
                    await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_S}s'"))
                    is_behind = await connection.run_sync(_apply_next, revision)
    finally:
        await engine.dispose()


def _apply_next(connection: Connection, revision: str) -> bool:
    """One revision on the way to ``revision``. Answers whether there are more."""
    alembic = config()
    alembic.attributes["connection"] = connection
    applied = MigrationContext.configure(connection).get_current_revision()
    missing = list(ScriptDirectory.from_config(alembic).iterate_revisions(revision, applied))
    if missing:  # the newest comes first
        command.upgrade(alembic, missing[-1].revision)
    return len(missing) > 1


async def is_current(connection: AsyncConnection) -> bool:
    """Whether the schema has everything that this code needs.

    A revision that this code does not know was made by newer code: migrations only expand while
    older code serves, so that counts as current.
    """
    made = await connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    if not made:
        return False
    applied = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return applied is not None and applied not in _older()


@cache
def _older() -> frozenset[str]:
    """Revisions before the newest: reads the scripts once, since readiness is asked often."""
    scripts = ScriptDirectory.from_config(config())
    return frozenset(script.revision for script in scripts.walk_revisions()) - {head()}
