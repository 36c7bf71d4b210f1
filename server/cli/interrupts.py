"""Ctrl-C and SIGTERM: the first asks to end in good order, the second wants it now."""

import signal
from collections.abc import Awaitable, Callable

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
        with anyio.open_signal_receiver(*_caught()) as received:
            async for number in received:
                if not self.asked.is_set():
                    self.reason = signal.Signals(number).name
                    self.asked.set()
                else:
                    self.insisted.set()


def _caught() -> list[signal.Signals]:
    # nohup has SIGHUP ignored, and means it.
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [number for number in SIGNALS if not (ignored and number is signal.SIGHUP)]


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
