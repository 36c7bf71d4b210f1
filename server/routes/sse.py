"""The same turn over HTTP: its events as Server-Sent Events, ``event:`` the type, ``id:`` the seq.

Writing pulls from the cursor, so a slow reader gets fewer, larger deltas and costs no memory (S11).
"""

from asyncio import Event
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.protocol.codec import encode
from server.protocol.events import TurnStarted
from server.turns.cursor import Cursor, Frame

MEDIA = "text/event-stream"

HEARTBEAT_S = 15.0
"""Between comments while nothing happens: half of what common proxies allow a silent answer."""


def wants_events(request: Request) -> bool:
    """Whether ``Accept`` asks for a stream by name; ``*/*`` does not."""
    accepted = request.headers.get("accept", "").lower().split(",")
    return any(part.split(";")[0].strip() == MEDIA for part in accepted)


Watched: TypeAlias = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""Entered as long as a stream lasts, with what to call when its reader loses access."""

Last: TypeAlias = Callable[[Frame], Awaitable[Frame]]
"""What is told in the place of a turn's last event."""


async def as_it_is(frame: Frame) -> Frame:
    return frame


def turn_events(
    cursor: Cursor,
    started: TurnStarted | None = None,
    *,
    watched: Watched = lambda _: nullcontext(),
    last: Last = as_it_is,
) -> Response:
    """What ``cursor`` finds until the turn's outcome; before it ``started``, where the caller is
    the one who started the turn."""
    first = Frame("turn.started", started.seq, encode(started)) if started else None
    return TurnEvents(cursor, first, watched, last)


class TurnEvents(Response):
    """Ends with the outcome, or when its reader loses access. A client that leaves closes the
    cursor at once, and one that stops reading is cut off by its connection (``sockets.requests``);
    the turn goes on."""

    media_type = MEDIA

    def __init__(self, cursor: Cursor, first: Frame | None, watched: Watched, last: Last) -> None:
        # nginx holds an answer back until a buffer is full, unless it is told not to.
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._cursor = cursor
        self._first = first
        self._watched = watched
        self._last = last
        self._is_gone = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._until_gone, receive, tasks.cancel_scope)
                with self._watched(tasks.cancel_scope.cancel):
                    await self._stream(send)
                tasks.cancel_scope.cancel()
        finally:
            self._cursor.close()
        if not self._is_gone:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _stream(self, send: Send) -> None:
        headers = list(self.raw_headers)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if self._first is not None:
            await _write(send, _event(self._first))
        news = Event()
        self._cursor.wake_with(news.set)
        while not self._cursor.ended:
            if frames := self._cursor.take():
                await _write(send, await self._told(frames))
                continue
            with anyio.move_on_after(HEARTBEAT_S):
                await news.wait()
            if not news.is_set():
                await _write(send, b": still here\n\n")
            news.clear()

    async def _told(self, frames: list[Frame]) -> bytes:
        if self._cursor.ended:
            frames[-1] = await self._last(frames[-1])
        return b"".join(map(_event, frames))

    async def _until_gone(self, receive: Receive, streaming: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        streaming.cancel()


def _event(frame: Frame) -> bytes:
    """``data`` is JSON without line breaks, as the codec writes it."""
    return b"event: %b\nid: %d\ndata: %b\n\n" % (frame.type.encode(), frame.seq, frame.data)


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
