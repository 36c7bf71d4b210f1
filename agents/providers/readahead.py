"""Reads a response ahead of its consumer, so that what arrived together is handed over together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import move_on_after

BUFFER_MAX = 1024 * 1024
"""Bytes read ahead of a consumer slower than the provider; then TCP makes the provider wait."""

CLOSE_S = 1.0
"""Closing a connection waits for nobody; this only guards against a transport that would."""


class ReadAhead:
    """The bytes of one response body.

    An HTTP client yields one piece per HTTP chunk, and vendors put each event into a chunk of its
    own: a network read that brought ten tokens would be ten deltas and ten frames. Nothing in the
    iterator tells whether the next piece is there already, so a task reads on while there is
    something to read, and the consumer wakes up once for all of it.
    """

    def __init__(self, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self._parts: list[bytes] = []
        self._size = 0
        self._ended = False
        self._error: BaseException | None = None
        self._arrived = asyncio.Event()
        self._taken = asyncio.Event()

    async def read(self, deadline: float) -> bytes:
        """All bytes that have arrived, waiting for the first; empty at the end of the body.

        ``deadline`` is a time of the running loop's clock. What the body raised is raised here,
        after the bytes that came before it.

        Raises:
            TimeoutError: nothing arrived before ``deadline``.
        """
        if not self._parts and not self._ended:
            self._arrived.clear()
            async with asyncio.timeout_at(deadline):
                await self._arrived.wait()
        if not self._parts:
            if self._error is not None:
                raise self._error
            return b""
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts, self._size = [], 0
        self._taken.set()
        return data

    async def run(self) -> None:
        try:
            async for part in self._body:
                if not part:
                    continue
                self._parts.append(part)
                self._size += len(part)
                self._arrived.set()
                if self._size > BUFFER_MAX:
                    self._taken.clear()
                    await self._taken.wait()
        except Exception as error:  # raised again in read(), in order and in the reader's task
            self._error = error
        finally:
            self._ended = True
            self._arrived.set()


@asynccontextmanager
async def reading_ahead(body: AsyncIterator[bytes]) -> AsyncIterator[ReadAhead]:
    """Reads ``body`` in a task that does not outlive the block.

    Leaving ends the pending network read, and with it the connection, before anything else happens.
    """
    reader = ReadAhead(body)
    task = asyncio.create_task(reader.run(), name="provider body")
    try:
        yield reader
    finally:
        task.cancel()
        with move_on_after(CLOSE_S, shield=True):
            await asyncio.wait({task})
