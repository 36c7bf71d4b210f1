"""Bringing a database to the schema of this code, and knowing whether it is there."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
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
    """Apply what is missing, all of it or nothing, once however many start at the same moment.

    The lock belongs to the transaction, so a connection pooler cannot lose it and a death frees it.

    Raises:
        SQLAlchemyError, OSError: the database is away, refuses, or a lock was not to be had.
    """
    engine = create_async_engine(async_url(url), poolclass=NullPool, connect_args={"timeout": 10})
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"SET LOCAL lock_timeout = '{TURN_S}s'"))
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
            await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_S}s'"))
            await connection.run_sync(_apply, revision)
    finally:
        await engine.dispose()


def _apply(connection: Connection, revision: str) -> None:
    alembic = config()
    alembic.attributes["connection"] = connection
    command.upgrade(alembic, revision)


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
