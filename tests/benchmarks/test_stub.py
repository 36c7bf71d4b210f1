"""The stub's wire, heard by the load that is measured with."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from openai import AsyncOpenAI

from tests.benchmarks import stamps
from tests.benchmarks.asked import Asked, read
from tests.benchmarks.clients import Client, Plan, Tally
from tests.benchmarks.socketwire import HOST
from tests.benchmarks.stub import Connection, Wheel
from tests.benchmarks.wires import SseWire
from tests.support.eventually import eventually


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    wheel = Wheel()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(wheel), HOST, 0)
    async with server:
        number: int = server.sockets[0].getsockname()[1]
        yield number


@pytest.mark.parametrize("asked", [Asked(9), Asked(50, burst=7), Asked(9, rate=500, think_ms=5)])
async def test_every_answer_is_whole(port: int, asked: Asked) -> None:
    tally = Tally(1)
    tally.is_open = True
    client = Client(Plan("sse", port, "/v1/chat/completions", 1, asked), tally, 0)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(lambda: SseWire(client), HOST, port)
    await eventually(lambda: tally.turns >= 3)
    transport.abort()
    assert tally.wrongs == []
    assert tally.speaking == 1
    assert len(tally.firsts) >= 3
    assert tally.tokens == len(tally.delays)


async def test_the_official_sdk_reads_it(port: int) -> None:
    async with AsyncOpenAI(base_url=f"http://{HOST}:{port}/v1", api_key="x") as client:
        stream = await client.chat.completions.create(
            model="gpt-4.1",
            messages=[{"role": "user", "content": Asked(tokens=4).prompt()}],
            stream=True,
        )
        chunks = [chunk async for chunk in stream]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert len(stamps.found(text.encode())) == 4
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 4


def test_the_last_directive_counts() -> None:
    body = f"{Asked(1).prompt()} … {Asked(2, 3, 4, 5).prompt()}".encode()
    assert read(body) == Asked(tokens=2, rate=3, burst=4, think_ms=5)
    with pytest.raises(ValueError, match="no directive"):
        read(b"Hello")
