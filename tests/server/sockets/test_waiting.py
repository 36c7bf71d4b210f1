"""A queue and an event that weigh nothing, and still wake who waits."""

import asyncio
import sys

import pytest

from server.sockets.waiting import Latch, Mailbox
from tests.support.eventually import eventually


async def test_what_is_put_comes_out_in_order_whoever_was_first() -> None:
    box = Mailbox[int]()
    reading = asyncio.create_task(box.get())
    await asyncio.sleep(0)
    for n in (1, 2, 3):
        box.put_nowait(n)
    assert await reading == 1
    assert not box.empty()
    assert [await box.get(), await box.get()] == [2, 3]
    assert box.empty()


async def test_a_reader_that_gives_up_loses_nothing() -> None:
    box = Mailbox[int]()
    reading = asyncio.create_task(box.get())
    await asyncio.sleep(0)
    reading.cancel()
    box.put_nowait(1)
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await box.get() == 1


async def test_everybody_waits_until_it_is_set_again() -> None:
    latch = Latch()
    await latch.wait()
    latch.clear()
    assert not latch.is_set()
    waiting = [asyncio.create_task(latch.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting.pop().cancel()
    latch.clear()
    latch.set()
    await eventually(lambda: all(task.done() for task in waiting))
    assert latch.is_set()


async def test_neither_has_a_queue_of_who_waits_while_nobody_does() -> None:
    box, latch = Mailbox[int](), Latch()
    weight = sum(map(sys.getsizeof, (box, box._items, latch)))
    assert weight < sys.getsizeof(asyncio.Event()._waiters) // 4
