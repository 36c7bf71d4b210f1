"""Connections that are kept for the next request, and a bound on how many there are."""

import asyncio
import ssl
from collections import deque

import httpx2
from msgspec import Struct

from agents.providers.http.connection import Connection, Origin
from agents.providers.http.dialling import dial


class Bounds(Struct, frozen=True, kw_only=True):
    """Connections open at once, those among them that idle, and for how many seconds each may."""

    open_max: int
    idle_max: int
    idle_s: float


class Pool:
    """Used last, reused first: what is not needed at all then grows old and goes.

    A connection holds its place from the first step of connecting until it is closed. Who finds no
    place waits for one in a queue; a place that gets free goes to the first in it, with the
    connection if it leads where that one wants.
    """

    def __init__(self, bounds: Bounds, tls: ssl.SSLContext) -> None:
        self._bounds = bounds
        self._tls = tls
        self._open: set[Connection] = set()
        self._idle: dict[Origin, dict[Connection, None]] = {}
        self._idle_until: dict[Connection, float] = {}
        """The oldest first."""
        self._queue: deque[_Queued] = deque()
        self._sweep: asyncio.TimerHandle | None = None

    async def acquire(
        self, origin: Origin, *, pool_s: float | None, connect_s: float | None
    ) -> Connection:
        """An open connection to ``origin`` with nothing under way; it comes back by itself.

        Raises:
            httpx2.PoolTimeout: no place got free in ``pool_s`` seconds.
            httpx2.ConnectError, httpx2.ConnectTimeout
        """
        while True:
            connection = self._reused(origin) or await self._placed(origin, pool_s)
            if not connection.is_closed:
                break  # else its server closed it on its way to us
        if not connection.is_connected:
            try:
                await dial(connection, self._tls, connect_s)
            except BaseException:
                connection.abort()
                raise
        return connection

    def released(self, connection: Connection) -> None:
        if (queued := self._next_queued()) is not None:
            if queued.origin == connection.origin:
                queued.place.set_result(connection)
                return
            self._queue.appendleft(queued)
            connection.abort()
            return
        self._idle.setdefault(connection.origin, {})[connection] = None
        loop = asyncio.get_running_loop()
        self._idle_until[connection] = loop.time() + self._bounds.idle_s
        if len(self._idle_until) > self._bounds.idle_max:
            self._oldest_idle().abort()
        if self._sweep is None:
            self._sweep = loop.call_later(self._bounds.idle_s, self._close_old)

    def lost(self, connection: Connection) -> None:
        self._busy(connection)
        self._open.discard(connection)
        if len(self._open) < self._bounds.open_max and (queued := self._next_queued()) is not None:
            queued.place.set_result(self._new(queued.origin))

    def close(self) -> None:
        """Ends every connection, whatever is under way."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        while (queued := self._next_queued()) is not None:
            queued.place.set_exception(httpx2.ConnectError("The client was closed."))
        for connection in tuple(self._open):
            connection.abort()

    def _reused(self, origin: Origin) -> Connection | None:
        while of_origin := self._idle.get(origin):
            connection = next(reversed(of_origin))
            if not connection.is_stale():
                self._busy(connection)
                return connection
            connection.abort()
        return None

    async def _placed(self, origin: Origin, pool_s: float | None) -> Connection:
        if len(self._open) >= self._bounds.open_max and self._idle_until:
            self._oldest_idle().abort()
        if len(self._open) < self._bounds.open_max:
            return self._new(origin)
        place: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        self._queue.append(_Queued(origin=origin, place=place))
        try:
            async with asyncio.timeout(pool_s):
                return await place
        except BaseException as error:
            if place.done() and not place.cancelled():
                self._give_back(place.result())
            if isinstance(error, TimeoutError):
                raise httpx2.PoolTimeout("All connections are in use.") from error
            raise

    def _give_back(self, connection: Connection) -> None:
        if connection.is_connected and not connection.is_closed:
            self.released(connection)
        else:
            connection.abort()

    def _new(self, origin: Origin) -> Connection:
        connection = Connection(origin, self)
        self._open.add(connection)
        return connection

    def _next_queued(self) -> "_Queued | None":
        while self._queue:
            queued = self._queue.popleft()
            if not queued.place.done():  # else it gave up
                return queued
        return None

    def _oldest_idle(self) -> Connection:
        return next(iter(self._idle_until))

    def _busy(self, connection: Connection) -> None:
        """It idles no longer, if it did."""
        if self._idle_until.pop(connection, None) is not None:
            of_origin = self._idle[connection.origin]
            del of_origin[connection]
            if not of_origin:
                del self._idle[connection.origin]

    def _close_old(self) -> None:
        """One timer for all: set for the oldest that is left."""
        self._sweep = None
        loop = asyncio.get_running_loop()
        while self._idle_until:
            connection = self._oldest_idle()
            if (until := self._idle_until[connection]) > loop.time():
                self._sweep = loop.call_at(until, self._close_old)
                return
            connection.abort()


class _Queued(Struct, frozen=True, kw_only=True, eq=False):
    origin: Origin
    place: "asyncio.Future[Connection]"
