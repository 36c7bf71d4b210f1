"""What arrived together is handed over together, and nothing outlives the block."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agents.providers.readahead import BUFFER_MAX, reading_ahead


def soon(seconds: float = 1.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_pieces_that_are_there_come_as_one() -> None:
    go = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        for piece in (b"a", b"", b"b", b"c"):
            yield piece
        await go.wait()
        yield b"d"

    async with reading_ahead(body()) as reader:
        assert await reader.read(soon()) == b"abc"
        go.set()
        assert await reader.read(soon()) == b"d"
        assert await reader.read(soon()) == b""
        assert await reader.read(soon()) == b""


async def test_an_error_comes_after_the_bytes_before_it() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"a"
        raise ConnectionError("cut")

    async with reading_ahead(body()) as reader:
        assert await reader.read(soon()) == b"a"
        with pytest.raises(ConnectionError):
            await reader.read(soon())


async def test_silence_until_the_deadline_is_a_timeout_and_can_be_waited_on_again() -> None:
    go = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        await go.wait()
        yield b"late"

    async with reading_ahead(body()) as reader:
        with pytest.raises(TimeoutError):
            await reader.read(soon(0.01))
        go.set()
        assert await reader.read(soon()) == b"late"


async def test_reading_pauses_when_nobody_takes() -> None:
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield b"x" * (BUFFER_MAX // 4)

    async with reading_ahead(body()) as reader:
        await asyncio.sleep(0.01)
        assert taken == 5
        total = 0
        while data := await reader.read(soon()):
            total += len(data)
        assert total == 25 * BUFFER_MAX


async def test_leaving_ends_the_read_that_is_under_way() -> None:
    ended = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal ended
        try:
            yield b"a"
            await asyncio.Event().wait()
        finally:
            ended = True

    async with reading_ahead(body()) as reader:
        await reader.read(soon())
    assert ended
