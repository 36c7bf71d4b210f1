"""Measures how this process's loop does, by a timer of its own."""

import asyncio
import time
from collections.abc import Callable

from server.turns.load import Reading

TICK_S = 0.05
"""Between two measurements."""


async def watch_loop(take: Callable[[Reading], None]) -> None:
    """The body of a task of the loop that is measured; ``take`` is told of each tick.

    The clocks are not the loop's: its own stands still while callbacks run.
    """
    while True:
        began, used = time.monotonic(), time.thread_time()
        await asyncio.sleep(TICK_S)
        took_s = time.monotonic() - began
        take(Reading(max(0.0, took_s - TICK_S), (time.thread_time() - used) / took_s))
