"""Ctrl-C and SIGTERM: the first asks to end in good order, the second wants it now."""

import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""SIGHUP is what a closing terminal sends."""


class Interrupts:
    """What has been asked of this process. Both events stay set."""

    def __init__(self) -> None:
        self.asked = anyio.Event()
        self.insisted = anyio.Event()
        self.reason = ""

    async def watch(self) -> None:
        """Listen until cancelled."""
        with anyio.open_signal_receiver(*SIGNALS) as received:
            async for number in received:
                if not self.asked.is_set():
                    self.reason = signal.Signals(number).name
                    self.asked.set()
                else:
                    self.insisted.set()


@asynccontextmanager
async def watching() -> AsyncIterator[Interrupts]:
    """Interrupts that are caught for as long as the body runs."""
    interrupts = Interrupts()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(interrupts.watch)
        yield interrupts
        tasks.cancel_scope.cancel()


async def until(event: anyio.Event, work: Callable[[], Awaitable[object]]) -> bool:
    """Do ``work`` unless ``event`` comes first, which cancels it. True: the work is done."""
    done = False
    async with anyio.create_task_group() as tasks:

        async def wait() -> None:
            await event.wait()
            tasks.cancel_scope.cancel()

        tasks.start_soon(wait)
        await work()
        done = True
        tasks.cancel_scope.cancel()
    return done
