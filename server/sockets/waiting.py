"""What asyncio's Queue and Event are, weighing next to nothing while there is nothing to wait for.

A process holds thousands of sessions, most of which wait for their client to say something; an
``asyncio.Event`` is 900 bytes, an ``asyncio.Queue`` three times that.
"""

import asyncio
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """A queue without bounds, of one reader."""

    __slots__ = ("_items", "_reader")

    def __init__(self) -> None:
        self._items: list[T] = []  # few: whoever fills it pauses while something is in it
        self._reader: asyncio.Future[None] | None = None

    def put_nowait(self, item: T) -> None:
        self._items.append(item)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def empty(self) -> bool:
        return not self._items

    async def get(self) -> T:
        """The oldest item, once there is one."""
        while not self._items:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._items.pop(0)


class Latch:
    """An event that is set in the beginning, and nearly always."""

    __slots__ = ("_cleared",)

    def __init__(self) -> None:
        self._cleared: asyncio.Event | None = None

    def is_set(self) -> bool:
        return self._cleared is None

    def set(self) -> None:
        if self._cleared is not None:
            self._cleared.set()
            self._cleared = None

    def clear(self) -> None:
        if self._cleared is None:
            self._cleared = asyncio.Event()

    async def wait(self) -> None:
        if self._cleared is not None:
            await self._cleared.wait()
