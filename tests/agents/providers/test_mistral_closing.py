"""A provider that nobody listens to any more is told so, in every way of leaving, also in the midst
of the SDK's steps, some of which it takes in threads and forgets the response over."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

import httpx2
import pytest

from tests.support.eventually import eventually
from tests.support.providers.hearing import REQUEST, SHORT, hear
from tests.support.providers.mistral_stub import MISTRAL, MistralStub
from tests.support.providers.plays import Play

LONG = Play(tokens=1000, gap=0.01)


@pytest.fixture(autouse=True)
def _no_garbage_collector() -> Iterator[None]:
    """So that no connection is closed by it."""
    gc.disable()
    yield
    gc.enable()


async def test_closing_the_generator_closes_the_connection_and_stops_the_provider() -> None:
    async with MISTRAL.talking(LONG) as (stub, provider):
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
    async with MISTRAL.talking(play) as (stub, provider):
        task = asyncio.create_task(hear(provider))
        await eventually(lambda: bool(stub.exchanges))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await stub.exchanges[0].client_left()


async def test_a_task_cancelled_at_something_else_closes_the_connection() -> None:
    """The consumer is busy with what it heard, not waiting for more."""
    async with MISTRAL.talking(LONG) as (stub, provider):
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
    async with MISTRAL.talking(play, timeouts=SHORT) as (stub, provider):
        _, error = await hear(provider)
        assert error is not None
        exchange = stub.exchanges[0]
        await eventually(lambda: exchange.closed_at or exchange.finished_at)


async def test_leaving_between_the_sdks_steps_closes_the_connection() -> None:
    """The response has come, and the SDK has a thread look at it: it would forget it there."""
    came, release = asyncio.Event(), threading.Event()
    threads = ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(threads)

    async def occupy_the_thread(_: httpx2.Response) -> None:
        threads.submit(release.wait)
        came.set()

    async with (
        MistralStub(LONG) as stub,
        httpx2.AsyncClient(event_hooks={"response": [occupy_the_thread]}) as http,
    ):
        task = asyncio.create_task(hear(MISTRAL.at(stub.url, http)))
        await came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        try:
            await stub.exchanges[0].client_left()
        finally:
            release.set()


async def test_leaving_before_the_first_step_leaves_nothing_behind() -> None:
    async with MISTRAL.talking(LONG) as (stub, provider):
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
        MISTRAL.talking(play) as (stub, provider),
        aclosing(provider.stream(REQUEST)) as heard,
    ):
        await anext(heard)
        exchange = stub.exchanges[0]
        sent = -1
        while exchange.tokens_sent != sent:
            sent = exchange.tokens_sent
            await asyncio.sleep(0.2)
        # What the sockets of both sides and the read-ahead hold; 60 MB were on offer.
        assert sent < 500
        assert exchange.finished_at is None
