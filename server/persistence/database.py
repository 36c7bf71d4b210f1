"""The door to PostgreSQL: one engine a process, transactions that write, snapshots that cannot."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NewType, TypeVar

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.domain.errors import ServiceUnavailable

Tx = NewType("Tx", AsyncConnection)
"""A transaction that may write. Whoever opened it commits it by leaving."""

Snapshot = NewType("Snapshot", AsyncConnection)
"""A read-only transaction that sees one moment."""

LOCK_TIMEOUT_MS = 2_000
STATEMENT_TIMEOUT_MS = 5_000
IDLE_TIMEOUT_MS = 10_000
POOL_WAIT_S = 5
RETRIES = 5
"""Attempts of a whole transaction after a serialization failure or a deadlock."""

_RETRY_STATES = frozenset({"40001", "40P01", "55P03"})

_AWAY_STATES = ("08", "53", "57", "25006")
"""Beginnings of the states in which a server is starting, stopping, full, overloaded or a standby:
it answers, and the same request succeeds later."""

Result = TypeVar("Result")


class Database:
    """One pool of connections. No connection is held while a provider talks."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """A write transaction, READ COMMITTED: guarded UPDATEs are evaluated again after a wait.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        with _outages():
            async with self.engine.begin() as connection:
                yield Tx(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """A read-only transaction, REPEATABLE READ: all its statements see the same moment."""
        with _outages():
            async with self.engine.connect() as connection:
                reader = await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                async with reader.begin():
                    yield Snapshot(reader)

    async def run(self, work: Callable[[Tx], Awaitable[Result]]) -> Result:
        """Run ``work`` in a transaction, again as a whole after a deadlock or lock timeout.

        Whatever ``work`` makes (ids, moments) it must take from outside, so that a second run
        writes the same.

        Raises:
            ServiceUnavailable: the database does not answer, or somebody holds a lock for too long.
        """
        for attempt in range(1, RETRIES + 1):
            try:
                async with self.transaction() as tx:
                    return await work(tx)
            except DBAPIError as error:
                if _state(error) not in _RETRY_STATES:
                    raise
                if attempt == RETRIES:
                    raise ServiceUnavailable("The database is busy.", retry_after=1) from error
                await asyncio.sleep(random.uniform(0.005, 0.03) * attempt)  # noqa: S311 - jitter
        raise AssertionError("unreachable")

    async def ping(self) -> None:
        """Raises ServiceUnavailable when the database does not answer."""
        async with self.snapshot() as tx:
            await tx.execute(text("SELECT 1"))


class _outages:  # noqa: N801 - reads as a statement
    """Turn connection losses into the error that callers may retry."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PoolTimeout | ConnectionError | InterfaceError) or (
            isinstance(error, OperationalError | DBAPIError) and error.connection_invalidated
        ):
            raise ServiceUnavailable("The database does not answer.", retry_after=2) from error
        if isinstance(error, DBAPIError) and _state(error).startswith(_AWAY_STATES):
            raise ServiceUnavailable("The database does not answer.", retry_after=2) from error
        if isinstance(error, OSError | TimeoutError) and not isinstance(error, SQLAlchemyError):
            raise ServiceUnavailable("The database does not answer.", retry_after=2) from error


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _dumps(value: Any) -> str:
    return msgspec.json.encode(value).decode()


@asynccontextmanager
async def open_database(url: str, *, pool_size: int = 10) -> AsyncIterator[Database]:
    """Connect lazily; ``postgres://`` and ``postgresql://`` URLs are taken as they come."""
    engine = create_async_engine(
        async_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
        pool_pre_ping=False,
        pool_reset_on_return="rollback",
        json_serializer=_dumps,
        json_deserializer=msgspec.json.decode,
        connect_args={
            "timeout": 5,
            "server_settings": {
                "application_name": "causerie",
                "timezone": "UTC",
                "lock_timeout": str(LOCK_TIMEOUT_MS),
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": str(IDLE_TIMEOUT_MS),
                "jit": "off",
            },
        },
    )
    try:
        yield Database(engine)
    finally:
        await engine.dispose()


def async_url(url: str) -> str:
    """The same URL, naming the driver that we use."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+asyncpg://" + url.removeprefix(prefix)
    return url
