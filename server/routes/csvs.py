"""Downloads of any size, tables and texts: sent as they are read, and no more than is being sent is
in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.accounts.access import Principal
from server.domain.errors import RateLimited, ServiceUnavailable
from server.domain.sheets import lines
from server.media.names import disposition
from server.routes.streams import Streams

MEDIA = "text/csv"

ROWS = 100
"""To be read, written and sent at once: some 2 ms of the loop."""

AT_ONCE = 3
"""Downloads of one process, each of another user: each has a connection to the database until its
end."""

DOWNLOAD_S = 900.0
"""For a whole download: ten times what a million calls took (tests/benchmarks/reports.py)."""

SEND_S = 8.0
"""For some 50 KiB to find room on their way. The database ends a transaction in which nothing has
been asked for ten seconds."""

COME_BACK_S = 15.0

Write: TypeAlias = Callable[[Iterable[Iterable[object]]], Awaitable[None]]
"""Takes the next rows; comes back when there is room for more."""

Fill: TypeAlias = Callable[[Write], Awaitable[None]]
"""Writes all rows of a table but its header."""

WriteText: TypeAlias = Callable[[str], Awaitable[None]]
"""Takes the next piece of a text; comes back when there is room for more."""


def wants_csv(request: Request) -> bool:
    """Whether the path or ``Accept`` asks for a table by name; ``*/*`` does not."""
    accepted = request.headers.get("accept", "").lower().split(",")
    return request.url.path.endswith(".csv") or any(
        part.split(";")[0].strip() == MEDIA for part in accepted
    )


def moment(at: datetime) -> str:
    """A moment as cells have it: UTC, and its header says so."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def days(start: datetime, end: datetime) -> str:
    """A range as part of a file's name: its days in UTC, the last one included."""
    last = end.astimezone(UTC) - timedelta(microseconds=1)
    return f"{start.astimezone(UTC):%Y-%m-%d}-to-{last:%Y-%m-%d}"


class Downloads:
    """One a process; knows whose run."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._running: set[UUID] = set()

    def csv(self, caller: Principal, name: str, header: Sequence[str], fill: Fill) -> Response:
        """The table that ``fill`` writes, as a file called ``name``. What ``fill`` raises before
        its first rows is answered as any error; afterwards the connection ends, so that half a
        table is never taken for a whole one. Ends with the caller's credential.

        Raises, when the answer begins:
            RateLimited: one of the same user, or so many of others, run already.
            ServiceUnavailable: it took too long.
        """

        async def fill_text(write: WriteText) -> None:
            async def write_rows(rows: Iterable[Iterable[object]]) -> None:
                await write(lines(rows))

            await fill(write_rows)

        return _Download(self, caller, f"{name}.csv", MEDIA, lines([header]), fill_text)

    def text(
        self, caller: Principal, name: str, media: str, fill: Callable[[WriteText], Awaitable[None]]
    ) -> Response:
        """What ``fill`` writes, as a file called ``name``; the rest is as with ``csv``."""
        return _Download(self, caller, name, media, "", fill)

    @contextmanager
    def running(self, caller: Principal, end: Callable[[], None]) -> Iterator[None]:
        user = caller.user_id
        if user in self._running:
            raise _busy("A download of yours is running here; come back when it has ended.")
        if len(self._running) >= AT_ONCE:
            raise _busy("Too many downloads are running here; come back later.")
        self._running.add(user)
        try:
            with self._streams.opened(caller, end):
                yield
        finally:
            self._running.remove(user)


def _busy(message: str) -> RateLimited:
    return RateLimited(message, retry_after=COME_BACK_S)


class _Download(Response):
    def __init__(
        self,
        desk: Downloads,
        caller: Principal,
        name: str,
        media: str,
        begin: str,
        fill: Callable[[WriteText], Awaitable[None]],
    ) -> None:
        super().__init__(
            headers={
                "cache-control": "private, no-store",
                "content-disposition": disposition("attachment", name),
                "vary": "accept",
                "x-accel-buffering": "no",
            },
            media_type=media,
        )
        del self.headers["content-length"]
        self._desk = desk
        self._caller = caller
        self._begin = begin
        self._fill = fill

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sheet = _Sheet(send, self.raw_headers, self._begin)
        if scope["method"] != "HEAD":
            await self._run(sheet, receive)
        await sheet.close()

    async def _run(self, sheet: "_Sheet", receive: Receive) -> None:
        is_gone = False
        try:
            # Ends what is awaited once, so that the transaction in there is still rolled back.
            async with asyncio.timeout(DOWNLOAD_S) as time:

                def end() -> None:
                    if not time.expired():
                        time.reschedule(0)

                async def until_gone() -> None:
                    nonlocal is_gone
                    while (await receive())["type"] != "http.disconnect":
                        pass
                    is_gone = True
                    end()

                with self._desk.running(self._caller, end):
                    watching = asyncio.create_task(until_gone())
                    try:
                        await self._fill(sheet.write)
                    finally:
                        watching.cancel()
        except TimeoutError as error:
            if is_gone:
                raise ClientDisconnect from error
            raise ServiceUnavailable("The download was ended: it took too long.") from error


class _Sheet:
    """The body on its way: begun by its first piece."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]], begin: str) -> None:
        self._send = send
        self._headers = headers
        self._waiting = begin
        self._is_begun = False

    async def write(self, piece: str) -> None:
        """Raises ClientDisconnect: what was sent before is not being taken."""
        body = (self._waiting + piece).encode()
        self._waiting = ""
        await self._begin()
        try:
            async with asyncio.timeout(SEND_S):
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
        except TimeoutError as error:
            raise ClientDisconnect from error

    async def close(self) -> None:
        await self._begin()
        rest = self._waiting.encode()
        await self._send({"type": "http.response.body", "body": rest, "more_body": False})

    async def _begin(self) -> None:
        if not self._is_begun:
            self._is_begun = True
            start = {"type": "http.response.start", "status": 200, "headers": self._headers}
            await self._send(start)
