"""Places in front of the database: few have one at once, the others queue, in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar


class _Place:
    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free = free
        self._is_mine = False

    async def take(self) -> None:
        await self._free.acquire()
        self._is_mine = True

    def leave(self) -> None:
        if self._is_mine:
            self._is_mine = False
            self._free.release()


_mine = ContextVar[_Place | None]("place", default=None)


class Places:
    def __init__(self, number: int) -> None:
        self._free = asyncio.Semaphore(number)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a place, and keep it as long as this lasts."""
        place = _Place(self._free)
        await place.take()
        token = _mine.set(place)
        try:
            yield
        finally:
            _mine.reset(token)
            place.leave()


@asynccontextmanager
async def elsewhere() -> AsyncIterator[None]:
    """While something else than the database is waited for, which may take long: the caller's
    place, if there is one, is free for others. Afterwards it is queued for again."""
    place = _mine.get()
    if place is None:
        yield
        return
    place.leave()
    yield  # after an error there is nothing left to ask
    await place.take()
