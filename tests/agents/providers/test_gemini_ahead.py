"""Chunks that arrived together are handed over together, and nothing outlives the block."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from agents.providers.gemini_ahead import AHEAD_MAX, reading_chunks


def soon(seconds: float = 1.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_chunks_that_are_there_come_as_one_list() -> None:
    go = asyncio.Event()

    async def chunks() -> AsyncGenerator[str, None]:
        for chunk in "abc":
            yield chunk
        await go.wait()
        yield "d"

    async with reading_chunks(chunks()) as ahead:
        assert await ahead.read(soon()) == ["a", "b", "c"]
        go.set()
        assert await ahead.read(soon()) == ["d"]
        assert await ahead.read(soon()) == []
        assert await ahead.read(soon()) == []


async def test_an_error_comes_after_the_chunks_before_it() -> None:
    async def chunks() -> AsyncGenerator[str, None]:
        yield "a"
        raise ConnectionError("cut")

    async with reading_chunks(chunks()) as ahead:
        assert await ahead.read(soon()) == ["a"]
        with pytest.raises(ConnectionError):
            await ahead.read(soon())


async def test_silence_until_the_deadline_is_a_timeout_and_can_be_waited_on_again() -> None:
    go = asyncio.Event()

    async def chunks() -> AsyncGenerator[str, None]:
        await go.wait()
        yield "late"

    async with reading_chunks(chunks()) as ahead:
        with pytest.raises(TimeoutError):
            await ahead.read(soon(0.01))
        go.set()
        assert await ahead.read(soon()) == ["late"]


async def test_reading_pauses_when_nobody_takes_and_gives_way_to_others() -> None:
    taken = 0

    async def chunks() -> AsyncGenerator[int, None]:
        nonlocal taken
        for _ in range(10 * AHEAD_MAX):
            taken += 1
            yield taken

    async with reading_chunks(chunks()) as ahead:
        await asyncio.sleep(0.01)
        assert taken == AHEAD_MAX
        total = 0
        while ready := await ahead.read(soon()):
            assert len(ready) <= AHEAD_MAX
            total += len(ready)
        assert total == 10 * AHEAD_MAX


@pytest.mark.parametrize("paused", [True, False])
async def test_leaving_ends_the_task_whatever_it_waits_for(paused: bool) -> None:
    closed_by: list[object] = []

    async def chunks() -> AsyncGenerator[int, None]:
        try:
            for at in range(AHEAD_MAX if paused else 1):
                yield at
            await asyncio.Event().wait()
        finally:
            task = asyncio.current_task()
            closed_by.append(task and task.get_name())

    before = asyncio.all_tasks()
    async with reading_chunks(chunks()) as ahead:
        if not paused:
            await ahead.read(soon())
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    assert closed_by == ["provider chunks"]
