"""Tasks that run beside the turns for as long as the process does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

log = logging.getLogger(__name__)

AGAIN_S = 1.0
"""Until a task that failed is begun again, and one that did not hear is cancelled again."""


async def keep(run: Callable[[], Awaitable[None]]) -> None:
    """Run for ever. A failure that nobody foresaw ends no process, for turns run in it."""
    while True:
        try:
            await run()
        except Exception:
            log.exception("task.crashed")
        await asyncio.sleep(AGAIN_S)


async def end(background: Collection[asyncio.Task[None]]) -> None:
    """Cancel until it is heard: a client library may take one for a timeout of its own."""
    running = set(background)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=AGAIN_S)
