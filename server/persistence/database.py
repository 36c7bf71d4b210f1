"""The door to PostgreSQL: one engine a process, transactions that write, snapshots that cannot."""

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NewType, TypeVar

import msgspec
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.domain.errors import Forbidden, ServiceUnavailable
from server.persistence.borrowed import (
    BEGIN,
    BEGIN_SNAPSHOT,
    BORROWED,
    MARGIN_S,
    STATEMENT_TIMEOUT_MS,
    Borrowed,
    attend,
)
from server.persistence.guard import Guard

Tx = NewType("Tx", AsyncConnection)
"""A transaction that may write. Whoever opened it commits it by leaving."""

Snapshot = NewType("Snapshot", AsyncConnection)
"""For reading: within ``Database.snapshot`` all statements see one moment, and none can write."""

LOCK_TIMEOUT_MS = 2_000
IDLE_TIMEOUT_MS = 10_000
POOL_WAIT_S = 5
CONNECT_S = 5
BORN = "born"
"""What is noted with a pooled connection: since when we know it."""
RETRIES = 5
"""Attempts of a whole transaction after a serialization failure or a deadlock."""

_RETRY_STATES = frozenset({"40001", "40P01", "55P03"})

_LEAVING_STATE = "UL001"
"""Of the trigger that lets nothing more be written of a user that is leaving."""

_AWAY_STATES = ("08", "53", "57", "25006")
"""Beginnings of the states in which a server is starting, stopping, full, overloaded or a standby:
it answers, and the same request succeeds later."""

Result = TypeVar("Result")


class Database:
    """One pool of connections. No connection is held while a provider talks.

    Once a statement or a connection got no answer at all (a frozen server, a network that swallows
    everything), transactions fail at once until the server answers again.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._is_trusted_since = 0.0
        self.guard = Guard("postgresql", self._ask, self._distrust, failures=1)
        event.listen(engine.sync_engine, "checkout", self._check_out)
        attend(engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """A write transaction, READ COMMITTED: guarded UPDATEs are evaluated again after a wait.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._borrowed() as borrowed, borrowed.transaction(BEGIN):
            yield Tx(borrowed.connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """A read-only transaction, REPEATABLE READ: all its statements see the same moment.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._borrowed() as borrowed, borrowed.transaction(BEGIN_SNAPSHOT):
            yield Snapshot(borrowed.connection)

    @asynccontextmanager
    async def glances(self) -> AsyncIterator[Snapshot]:
        """For reading without a transaction, in one round trip a statement: each sees a moment of
        its own, so nothing may depend on two of them agreeing.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._borrowed() as borrowed:
            yield Snapshot(borrowed.connection)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Tx]:
        async with self._borrowed() as borrowed:
            yield Tx(borrowed.connection)

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[Borrowed]:
        if self.guard.is_open:
            raise ServiceUnavailable("The database does not answer.", retry_after=2)
        borrowed: Borrowed | None = None
        with _outages():
            try:
                async with self.engine.connect() as connection, asyncio.timeout(None) as scope:
                    borrowed = Borrowed(connection, scope)
                    try:
                        yield borrowed
                    finally:
                        await borrowed.give_back()
            except TimeoutError as error:
                # Nobody greeted us, or answered. A busy pool says it otherwise.
                if borrowed is None or borrowed.is_late:
                    self.guard.hung(error)
                raise

    async def _ask(self) -> None:
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def _distrust(self) -> None:
        self._is_trusted_since = time.monotonic()

    def _check_out(self, connection: Any, record: Any, _: object) -> None:
        """Of the connections in the pool, use only those that still are some: a server that was
        restarted has closed them, one behind a dead wire says nothing."""
        driver = connection.driver_connection
        if driver.is_closed():
            raise DisconnectionError("closed by the server")
        born: float = record.info.setdefault(BORN, time.monotonic())
        if born < self._is_trusted_since:
            driver.terminate()
            raise DisconnectionError("as old as one that hung")

    async def run(self, work: Callable[[Tx], Awaitable[Result]]) -> Result:
        """Run ``work`` in a transaction, again as a whole after a deadlock or lock timeout.

        Whatever ``work`` makes (ids, moments) it must take from outside, so that a second run
        writes the same.

        Raises:
            ServiceUnavailable: the database does not answer, or somebody holds a lock for too long.
        """
        return await _persistently(self.transaction, work)

    async def single(self, work: Callable[[Tx], Awaitable[Result]]) -> Result:
        """As ``run``, for work that is one statement: that is a transaction by itself, and so takes
        one round trip instead of three."""
        return await _persistently(self._alone, work)

    async def ping(self) -> None:
        """Raises ServiceUnavailable when the database does not answer."""
        async with self.glances() as tx:
            await tx.execute(text("SELECT 1"))


async def _persistently(
    begin: Callable[[], AbstractAsyncContextManager[Tx]],
    work: Callable[[Tx], Awaitable[Result]],
) -> Result:
    for attempt in range(1, RETRIES + 1):
        try:
            async with begin() as tx:
                return await work(tx)
        except DBAPIError as error:
            if _state(error) not in _RETRY_STATES:
                raise
            if attempt == RETRIES:
                raise ServiceUnavailable("The database is busy.", retry_after=1) from error
            await asyncio.sleep(random.uniform(0.005, 0.03) * attempt)  # noqa: S311 - jitter
    raise AssertionError("unreachable")


async def allow(tx: Tx | Snapshot, seconds: float) -> None:
    """Let each statement of this transaction take so long: for reports, which nobody's turn waits
    for."""
    await tx.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
    tx.info[BORROWED].seconds = seconds + MARGIN_S


class _outages:  # noqa: N801 - reads as a statement
    """Turn connection losses into the error that callers may retry, and what no caller can have
    foreseen into what it means."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PoolTimeout | ConnectionError | InterfaceError) or (
            isinstance(error, OperationalError | DBAPIError) and error.connection_invalidated
        ):
            raise ServiceUnavailable("The database does not answer.", retry_after=2) from error
        if isinstance(error, DBAPIError) and _state(error) == _LEAVING_STATE:
            raise Forbidden("This account is being deleted.") from error
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
        # Transactions are begun and ended by ours (``borrowed``), which SQLAlchemy takes part in.
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        # They hold what people wrote, and errors are logged.
        hide_parameters=True,
        json_serializer=_dumps,
        json_deserializer=msgspec.json.decode,
        connect_args={
            "timeout": CONNECT_S,
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
    database = Database(engine)
    try:
        yield database
    finally:
        await database.guard.close()
        await engine.dispose()


def async_url(url: str) -> str:
    """The same URL, naming the driver that we use."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+asyncpg://" + url.removeprefix(prefix)
    return url


def database_name(url: str) -> str:
    """A short name of the database at ``url``, the same for whoever reaches it by that address."""
    at = make_url(url)
    place = [at.host, at.port, at.database, at.query.get("host"), at.query.get("port")]
    return hashlib.sha256(repr(place).encode()).hexdigest()[:12]
