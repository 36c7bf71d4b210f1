"""The door to PostgreSQL: one engine a process, transactions that write, snapshots that cannot."""

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NewType, TypeVar

import msgspec
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.domain.errors import ServiceUnavailable
from server.persistence.guard import Guard

Tx = NewType("Tx", AsyncConnection)
"""A transaction that may write. Whoever opened it commits it by leaving."""

Snapshot = NewType("Snapshot", AsyncConnection)
"""A read-only transaction that sees one moment."""

LOCK_TIMEOUT_MS = 2_000
STATEMENT_TIMEOUT_MS = 5_000
IDLE_TIMEOUT_MS = 10_000
POOL_WAIT_S = 5
CONNECT_S = 5
MARGIN_S = 1.0
ANSWER_S = STATEMENT_TIMEOUT_MS / 1000 + MARGIN_S
"""For the answer to one statement. The server's own timeout comes first, if there is a server."""
PATIENCE, BORN = "patience", "born"
"""What is noted with a pooled connection: who uses it now, and since when we know it."""
RETRIES = 5
"""Attempts of a whole transaction after a serialization failure or a deadlock."""

_RETRY_STATES = frozenset({"40001", "40P01", "55P03"})

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
        event.listen(engine.sync_engine, "before_cursor_execute", _before_statement)
        event.listen(engine.sync_engine, "after_cursor_execute", _after_statement)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """A write transaction, READ COMMITTED: guarded UPDATEs are evaluated again after a wait.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._connection() as (connection, patience), connection.begin():
            try:
                yield Tx(connection)
            finally:
                patience.begin()  # for COMMIT or ROLLBACK

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """A read-only transaction, REPEATABLE READ: all its statements see the same moment.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._connection() as (connection, patience):
            reader = await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            async with reader.begin():
                try:
                    yield Snapshot(reader)
                finally:
                    patience.begin()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[AsyncConnection, "_Patience"]]:
        if self.guard.is_open:
            raise ServiceUnavailable("The database does not answer.", retry_after=2)
        patience: _Patience | None = None
        with _outages():
            try:
                async with self.engine.connect() as connection, asyncio.timeout(None) as scope:
                    patience = connection.info[PATIENCE] = _Patience(scope)
                    try:
                        yield connection, patience
                    finally:
                        patience.leave()
            except TimeoutError as error:
                # Nobody greeted us, or answered. A busy pool says it otherwise.
                if patience is None or patience.is_over:
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


class _Patience:
    """How long the statement that runs may still take, and nothing while none does: what a
    transaction waits for in between is its own affair."""

    def __init__(self, scope: asyncio.Timeout) -> None:
        self._scope = scope
        self._is_left = False
        self.seconds = ANSWER_S

    @property
    def is_over(self) -> bool:
        return self._scope.expired()

    def begin(self) -> None:
        self._until(asyncio.get_running_loop().time() + self.seconds)

    def end(self) -> None:
        self._until(None)

    def leave(self) -> None:
        """The transaction is over. Its connection serves others, who do not know of us."""
        self._is_left = True

    def _until(self, when: float | None) -> None:
        if not self._is_left and not self._scope.expired():
            self._scope.reschedule(when)


def _before_statement(connection: Connection, *_: object) -> None:
    if (patience := connection.info.get(PATIENCE)) is not None:
        patience.begin()


def _after_statement(connection: Connection, *_: object) -> None:
    if (patience := connection.info.get(PATIENCE)) is not None:
        patience.end()


async def allow(tx: Tx | Snapshot, seconds: float) -> None:
    """Let each statement of this transaction take so long: for reports, which nobody's turn waits
    for."""
    await tx.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
    tx.info[PATIENCE].seconds = seconds + MARGIN_S


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
