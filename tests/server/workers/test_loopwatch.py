"""A loop that is blocked is seen to be late; who waits is told from who computes."""

import asyncio
import time
from collections.abc import Callable

from server.turns.load import Reading
from server.workers.loopwatch import TICK_S, watch_loop
from tests.support.eventually import eventually

BLOCK_S = 3 * TICK_S


def wait() -> None:
    time.sleep(BLOCK_S)


def compute() -> None:
    until = time.thread_time() + BLOCK_S
    while time.thread_time() < until:
        pass


async def while_blocked_by(work: Callable[[], None]) -> list[Reading]:
    """What is told while ``work`` has the loop, again and again."""
    taken: list[Reading] = []

    async def block() -> None:
        while True:
            work()
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(watch_loop(taken.append)), asyncio.create_task(block())]
    await eventually(lambda: len(taken) >= 2)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return taken


async def test_a_loop_that_computes_is_late_and_busy() -> None:
    for reading in await while_blocked_by(compute):
        # A block begins before the tick or with it, and takes longer in wall-clock than in CPU.
        assert reading.lag_s >= BLOCK_S - 2 * TICK_S
        assert reading.busy > 0


async def test_a_loop_that_waits_is_late_and_not_busy() -> None:
    readings = await while_blocked_by(wait)
    assert all(reading.lag_s >= BLOCK_S - 2 * TICK_S for reading in readings)
    assert min(reading.busy for reading in readings) < 0.5


async def test_nothing_to_do_is_never_before_its_time() -> None:
    taken: list[Reading] = []
    watching = asyncio.create_task(watch_loop(taken.append))
    await eventually(lambda: len(taken) >= 2)
    watching.cancel()
    assert all(reading.lag_s >= 0 and reading.busy >= 0 for reading in taken)
