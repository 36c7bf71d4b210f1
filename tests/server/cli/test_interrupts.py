"""The first signal asks, the second insists."""

import os
import signal

import anyio
import pytest

from server.cli.interrupts import Interrupts, until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_signal_asks_and_the_second_insists(number: signal.Signals) -> None:
    interrupts = Interrupts()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(interrupts.watch)
        await anyio.wait_all_tasks_blocked()
        os.kill(os.getpid(), number)
        with anyio.fail_after(5):
            await interrupts.asked.wait()
        assert interrupts.reason == number.name
        assert not interrupts.insisted.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        with anyio.fail_after(5):
            await interrupts.insisted.wait()
        assert interrupts.reason == number.name
        tasks.cancel_scope.cancel()


async def test_work_that_ends_first_is_done() -> None:
    assert await until(anyio.Event(), anyio.lowlevel.checkpoint)


async def test_an_event_that_comes_first_cancels_the_work() -> None:
    event = anyio.Event()
    event.set()
    with anyio.fail_after(5):
        assert not await until(event, anyio.sleep_forever)


async def test_an_error_of_the_work_is_not_lost() -> None:
    async def fails() -> None:
        raise ValueError("no")

    with pytest.RaisesGroup(ValueError):
        await until(anyio.Event(), fails)
