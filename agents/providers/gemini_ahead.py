"""Reads an SDK's chunks ahead of their consumer: what arrived together is handed over together.

As ``readahead`` does it with bytes, for SDKs that keep the bytes to themselves.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Generic, TypeVar

from anyio import move_on_after

from agents.providers.readahead import CLOSE_S

AHEAD_MAX = 64
"""Chunks read ahead: then others may run. Each costs the SDK a tenth of a millisecond, and nothing
in the iterator gives way while the socket has more."""

Chunk = TypeVar("Chunk")


class Ahead(Generic[Chunk]):
    """The chunks of one response."""

    def __init__(self, chunks: AsyncGenerator[Chunk, None]) -> None:
        self._chunks = chunks
        self._ready: list[Chunk] = []
        self._ended = False
        self._error: Exception | None = None
        self._arrived = asyncio.Event()
        self._taken = asyncio.Event()

    async def read(self, deadline: float) -> list[Chunk]:
        """All chunks that have arrived, waiting for the first; empty at the end.

        ``deadline`` is a time of the running loop's clock. What the iterator raised is raised here,
        after the chunks that came before it.

        Raises:
            TimeoutError: nothing arrived before ``deadline``.
        """
        if not self._ready and not self._ended:
            self._arrived.clear()
            async with asyncio.timeout_at(deadline):
                await self._arrived.wait()
        if not self._ready and self._error is not None:
            raise self._error
        ready, self._ready = self._ready, []
        self._taken.set()
        return ready

    async def run(self) -> None:
        try:
            # Closed by the task that iterates it, in whose context it may have set something.
            async with aclosing(self._chunks) as chunks:
                async for chunk in chunks:
                    self._ready.append(chunk)
                    self._arrived.set()
                    if len(self._ready) >= AHEAD_MAX:
                        self._taken.clear()
                        await self._taken.wait()
        except Exception as error:  # raised again in read(), in order and in the reader's task
            self._error = error
        finally:
            self._ended = True
            self._arrived.set()


@asynccontextmanager
async def reading_chunks(chunks: AsyncGenerator[Chunk, None]) -> AsyncIterator[Ahead[Chunk]]:
    """Iterates ``chunks`` in a task that does not outlive the block."""
    ahead = Ahead(chunks)
    task = asyncio.create_task(ahead.run(), name="provider chunks")
    try:
        yield ahead
    finally:
        task.cancel()
        with move_on_after(CLOSE_S, shield=True):
            await asyncio.wait({task})
