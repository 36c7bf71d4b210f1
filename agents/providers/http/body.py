"""What has arrived of a response body, handed over without a task and without an iterator."""

import asyncio
import math
from collections.abc import Callable

import httpx2

BODY = "causerie.body"
"""Key of ``httpx2.Response.extensions`` under which our transport leaves the ``Body``."""

BUFFER_MAX = 1024 * 1024
"""Bytes kept for a reader slower than the server; then TCP makes the server wait."""


class Body:
    """The bytes of one response body, as its connection puts them in and one reader takes them out.

    A reader is woken once per network read, however many HTTP chunks that brought. Waiting for the
    next costs a future: the one timer is not moved with each deadline, which grows as a rule, but
    looks at the deadline when it rings.
    """

    __slots__ = (
        "_alarm", "_alarm_at", "_deadline", "_error", "_has_ended", "_is_paused", "_loop",
        "_parts", "_pause", "_resume", "_size", "_waiter",
    )  # fmt: skip

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        pause: Callable[[], None],
        resume: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._pause = pause
        self._resume = resume
        self._parts: list[bytes] = []
        self._size = 0
        self._is_paused = False
        self._has_ended = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = math.inf
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = math.inf

    async def read(self, deadline: float) -> bytes:
        """All bytes that have arrived, waiting for the first; empty at the end of the body.

        ``deadline`` is a time of the running loop's clock. What broke the body is raised here,
        after the bytes that came before it.

        Raises:
            TimeoutError: nothing arrived before ``deadline``.
            httpx2.TransportError: the connection broke, or what came is not HTTP.
        """
        if not self._parts and not self._has_ended:
            await self._arrival(deadline)
        if not self._parts:
            if self._error is not None:
                raise self._error
            return b""
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._forget()
        return data

    def add(self, part: bytes) -> None:
        """Who waits is not woken yet: more parts may have come in the same network read."""
        self._parts.append(part)
        self._size += len(part)

    def arrived(self) -> None:
        """A network read is taken apart."""
        if self._parts:
            self._wake()
            if self._size > BUFFER_MAX and not self._is_paused and not self._has_ended:
                self._is_paused = True
                self._pause()

    def end(self, error: Exception | None = None) -> None:
        """Nothing follows. ``error``: what cut the body short. The first end counts."""
        if self._has_ended:
            return
        self._has_ended = True
        self._error = error
        if self._is_paused:
            self._is_paused = False
            self._resume()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._wake()

    def close(self) -> None:
        """Nobody reads on: what is left is forgotten."""
        self.end(httpx2.ReadError("The response was closed."))
        self._forget()

    def _forget(self) -> None:
        self._parts, self._size = [], 0
        if self._is_paused:
            self._is_paused = False
            self._resume()

    async def _arrival(self, deadline: float) -> None:
        self._waiter = self._loop.create_future()
        self._deadline = deadline
        if deadline < self._alarm_at:
            self._set_alarm(deadline)
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _set_alarm(self, at: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_at = self._loop.call_at(at, self._ring), at

    def _ring(self) -> None:
        self._alarm, self._alarm_at = None, math.inf
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._deadline:
            self._set_alarm(self._deadline)
        else:
            self._waiter.set_exception(TimeoutError())


def direct_body(response: httpx2.Response) -> Body | None:
    """The body as it comes off the connection; None if another transport answered, or if its bytes
    are compressed and so not what the caller wants to read."""
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        return None
    body = response.extensions.get(BODY)
    return body if isinstance(body, Body) else None
