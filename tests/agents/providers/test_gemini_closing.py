"""A provider that nobody listens to any more is told so, in every way of leaving: the SDK itself
would let go of the connection when the garbage collector comes by."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from agents.providers.gemini_ahead import AHEAD_MAX
from tests.support.eventually import eventually
from tests.support.providers.gemini_stub import GEMINI
from tests.support.providers.hearing import REQUEST, SHORT, hear
from tests.support.providers.plays import Play

LONG = Play(tokens=1000, gap=0.01)


@pytest.fixture(autouse=True)
def _no_garbage_collector() -> Iterator[None]:
    """So that no connection is closed by it."""
    gc.disable()
    yield
    gc.enable()


async def test_closing_the_generator_closes_the_connection_and_stops_the_provider() -> None:
    async with GEMINI.talking(LONG) as (stub, provider):
        stream = provider.stream(REQUEST)
        await anext(stream)
        await stream.aclose()
        exchange = stub.exchanges[0]
        await exchange.client_left()
        assert exchange.finished_at is None
        assert exchange.tokens_sent < 100


@pytest.mark.parametrize("play", [LONG, Play(silent=1), Play(silent=0), Play(mute=True)])
async def test_a_cancelled_task_closes_the_connection(play: Play) -> None:
    """While tokens flow, while the provider keeps silent, and before it has answered at all."""
    async with GEMINI.talking(play) as (stub, provider):
        task = asyncio.create_task(hear(provider))
        await eventually(lambda: bool(stub.exchanges))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await stub.exchanges[0].client_left()


async def test_a_task_cancelled_at_something_else_closes_the_connection() -> None:
    """The consumer is busy with what it heard, not waiting for more."""
    async with GEMINI.talking(LONG) as (stub, provider):
        busy = asyncio.Event()

        async def listen() -> None:
            async with aclosing(provider.stream(REQUEST)) as stream:
                async for _ in stream:
                    busy.set()
                    await asyncio.Event().wait()

        task = asyncio.create_task(listen())
        await busy.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await stub.exchanges[0].client_left()


@pytest.mark.parametrize(
    "play", [Play(silent=2), Play(garbage=2, gap=0.01, tokens=1000), Play(error_event=2)]
)
async def test_after_a_failure_the_connection_is_closed_or_read_to_its_end(play: Play) -> None:
    async with GEMINI.talking(play, timeouts=SHORT) as (stub, provider):
        _, error = await hear(provider)
        assert error is not None
        exchange = stub.exchanges[0]
        await eventually(lambda: exchange.closed_at or exchange.finished_at)


async def test_leaving_while_the_reading_pauses_closes_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody waits at the network then, and the SDK's generators stand still in the middle."""
    play = Play(tokens=4 * AHEAD_MAX, one_write=True, hold_open=True)
    async with GEMINI.talking(play) as (stub, provider):
        stream = provider.stream(REQUEST)
        await anext(stream)
        for _ in range(10):
            await asyncio.sleep(0.01)
        await stream.aclose()
        await stub.exchanges[0].client_left()
    assert caplog.messages == []


async def test_leaving_before_the_first_step_leaves_nothing_behind() -> None:
    async with GEMINI.talking(LONG) as (stub, provider):
        task = asyncio.create_task(hear(provider))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await provider.stream(REQUEST).aclose()
    assert stub.exchanges == []


async def test_a_reader_that_stops_makes_the_provider_wait_and_not_our_memory_grow() -> None:
    play = Play(deltas=("x" * 60_000,) * 1_000)
    async with (
        GEMINI.talking(play) as (stub, provider),
        aclosing(provider.stream(REQUEST)) as heard,
    ):
        await anext(heard)
        exchange = stub.exchanges[0]
        sent = -1
        while exchange.tokens_sent != sent:
            sent = exchange.tokens_sent
            await asyncio.sleep(0.2)
        # The chunks read ahead, and what the sockets of both sides hold; 60 MB were on offer.
        assert AHEAD_MAX <= sent < 500
        assert exchange.finished_at is None
