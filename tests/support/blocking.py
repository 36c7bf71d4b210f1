"""A loop that has too much to do."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.turns.load import Level, LoadGuard
from tests.support.eventually import eventually

BLOCK_S = 0.08
"""A tick takes three of them: the timer comes due in the second and is heard of after the third."""


@asynccontextmanager
async def blocked_to(level: Level, guard: LoadGuard) -> AsyncIterator[None]:
    """The running loop is blocked again and again, the first time until ``guard`` is at ``level``;
    in the end it is calm enough to admit."""

    async def block() -> None:
        while True:
            time.sleep(BLOCK_S)  # noqa: ASYNC251 - on purpose
            await asyncio.sleep(0)

    blocking = asyncio.create_task(block())
    try:
        await eventually(lambda: guard.level is level)
        yield
    finally:
        blocking.cancel()
    await eventually(lambda: guard.level is not Level.OVERLOADED)
