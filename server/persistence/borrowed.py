"""A pooled connection while one transaction has it: its beginning and end, and its time to answer.

SQLAlchemy's statements and those that go straight to the driver (``prepared``) share it: the
transaction is begun and ended here, on the driver's connection, and both are within.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from asyncpg import exceptions as driver_errors
from sqlalchemy import Connection, event, exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

STATEMENT_TIMEOUT_MS = 5_000
MARGIN_S = 1.0
ANSWER_S = STATEMENT_TIMEOUT_MS / 1000 + MARGIN_S
"""For the answer to one statement. The server's own timeout comes first, if there is a server."""

BEGIN = "BEGIN;"
BEGIN_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
COMMIT = "COMMIT;"
ROLLBACK = "ROLLBACK;"

BORROWED = "borrowed"
"""What is noted with a pooled connection: who uses it now."""

Answer = TypeVar("Answer")


class Borrowed:
    """``scope`` ends when an answer takes too long. What a transaction waits for between two
    statements is its own affair."""

    def __init__(self, connection: AsyncConnection, scope: asyncio.Timeout) -> None:
        self.connection = connection
        self.driver = _driver(connection)
        self.seconds = ANSWER_S
        self._scope = scope
        self._loop = asyncio.get_running_loop()
        self._deadline: float | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._is_returned = False
        self._is_unclear = False
        connection.info[BORROWED] = self

    @property
    def is_late(self) -> bool:
        """Whether an answer took too long."""
        return self._scope.expired()

    @asynccontextmanager
    async def transaction(self, begin: str) -> AsyncIterator[None]:
        """Committed by leaving, rolled back by an error.

        Raises:
            PendingRollbackError: nothing was written, for a statement had failed, and whoever asked
                it went on.
        """
        await self.ask(self.driver.execute, begin)
        try:
            yield
        except BaseException:
            await self._roll_back()
            raise
        if await self.ask(self.driver.execute, COMMIT) != "COMMIT":
            raise exc.PendingRollbackError("a statement of this transaction has failed")

    async def _roll_back(self) -> None:
        if self._is_unclear or self.connection.invalidated or self.driver.is_closed():
            return  # nothing more is asked of it
        try:
            await self.ask(self.driver.execute, ROLLBACK)
        except (exc.SQLAlchemyError, OSError):
            self._is_unclear = True  # what led here says more

    async def ask(
        self, call: Callable[..., Awaitable[Answer]], statement: str, *values: object
    ) -> Answer:
        """The driver's answer to one statement, in time.

        Raises:
            DBAPIError: and its kinds, as SQLAlchemy tells of the same.
        """
        self.begin_waiting()
        try:
            return await call(statement, *values)
        except (
            driver_errors.PostgresError,
            driver_errors.InterfaceError,
            driver_errors.InternalClientError,
        ) as error:
            raise told(error, statement, is_lost=self.driver.is_closed()) from error
        except BaseException:
            self._is_unclear = True  # cancelled: nobody knows how far it came
            raise
        finally:
            self.end_waiting()

    async def give_back(self) -> None:
        """Its next user finds it without a transaction, or not at all."""
        self._is_returned = True
        if self._alarm is not None:
            self._alarm.cancel()
        if self.connection.invalidated or self.driver.is_closed():
            return
        if self._is_unclear or self.driver.is_in_transaction():
            await self.connection.invalidate()

    def begin_waiting(self) -> None:
        if self._is_returned:
            return
        self._deadline = self._loop.time() + self.seconds
        if self._alarm is None:
            self._alarm = self._loop.call_at(self._deadline, self._ring)

    def end_waiting(self) -> None:
        self._deadline = None

    def _ring(self) -> None:
        """One alarm for all statements: set by the first, it looks whether the deadline of the one
        that runs by then has come, too."""
        self._alarm = None
        if self._deadline is None:
            return
        if self._loop.time() < self._deadline:
            self._alarm = self._loop.call_at(self._deadline, self._ring)
        elif not self._scope.expired():
            self._scope.reschedule(self._deadline)


class Refusal(Exception):
    """What the driver or the server said, without the values that it said it about. ``kind`` is
    the driver's name for it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(*error.args[:1])
        self.kind = type(error).__name__
        self.sqlstate: str | None = getattr(error, "sqlstate", None)


_KINDS: dict[type, type[exc.DBAPIError]] = {
    driver_errors.IntegrityConstraintViolationError: exc.IntegrityError,
    driver_errors.SyntaxOrAccessError: exc.ProgrammingError,
    driver_errors.PostgresError: exc.DBAPIError,
    driver_errors.InterfaceError: exc.InterfaceError,
    driver_errors.InternalClientError: exc.InternalError,
}


def told(error: Exception, statement: str, *, is_lost: bool) -> exc.DBAPIError:
    """The driver's error as SQLAlchemy would tell of it."""
    kind = next(_KINDS[base] for base in type(error).__mro__ if base in _KINDS)
    return kind(
        statement, None, Refusal(error), hide_parameters=True, connection_invalidated=is_lost
    )


def attend(engine: AsyncEngine) -> None:
    """Let SQLAlchemy's own statements keep to the time as well."""
    event.listen(engine.sync_engine, "before_cursor_execute", _before_statement)
    event.listen(engine.sync_engine, "after_cursor_execute", _after_statement)


def _driver(connection: AsyncConnection) -> Any:
    pooled = connection.sync_connection
    if pooled is None:
        raise AssertionError("the connection is not open")
    return pooled.connection.driver_connection


def _before_statement(connection: Connection, *_: object) -> None:
    if (borrowed := connection.info.get(BORROWED)) is not None:
        borrowed.begin_waiting()


def _after_statement(connection: Connection, *_: object) -> None:
    if (borrowed := connection.info.get(BORROWED)) is not None:
        borrowed.end_waiting()
