"""A provider that nobody listens to any more is told so: by a closed connection, or by waiting.

In every way of leaving: some SDKs would let go of a connection when the garbage collector comes by.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from types import AsyncGeneratorType
from typing import Any

import pytest

from agents.providers.timeouts import Timeouts
from tests.support.eventually import eventually
from tests.support.providers.hearing import REQUEST, Vendor, hear
from tests.support.providers.plays import Play
from tests.support.providers.vendors import VENDORS

every_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)

FLOWING = Play(tokens=1000, gap=0.01)
OURS = str(Path("agents", "providers"))


@pytest.fixture(autouse=True)
def _no_garbage_collector() -> Iterator[None]:
    """So that no connection is closed by it."""
    gc.disable()
    yield
    gc.enable()


@every_vendor
async def test_leaving_the_loop_closes_the_connection_and_stops_the_provider(
    vendor: Vendor,
) -> None:
    async with vendor.talking(FLOWING) as (stub, provider):
        async with aclosing(provider.stream(REQUEST)) as stream:
            async for _ in stream:
                break
        exchange = stub.exchanges[0]
        await exchange.client_left()
        assert exchange.finished_at is None
        assert exchange.tokens_sent < 100


@every_vendor
@pytest.mark.parametrize("play", [FLOWING, Play(silent=1), Play(silent=0), Play(mute=True)])
async def test_a_cancelled_task_closes_the_connection(vendor: Vendor, play: Play) -> None:
    """While tokens flow, while the provider keeps silent, and before it has answered at all."""
    async with vendor.talking(play) as (stub, provider):
        task = asyncio.create_task(hear(provider))
        await eventually(lambda: stub.exchanges)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await stub.exchanges[0].client_left()


@every_vendor
async def test_a_task_cancelled_while_it_does_something_else_closes_the_connection(
    vendor: Vendor,
) -> None:
    """It waits in the body of its loop, not for the provider."""
    reached = asyncio.Event()

    async def listen() -> None:
        async with aclosing(provider.stream(REQUEST)) as stream:
            async for _ in stream:
                reached.set()
                await asyncio.Event().wait()

    async with vendor.talking(FLOWING) as (stub, provider):
        task = asyncio.create_task(listen())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await stub.exchanges[0].client_left()


@every_vendor
async def test_leaving_leaves_no_generator_of_ours_to_the_loop(vendor: Vendor) -> None:
    """Whose turn to close them comes later, if it comes."""
    forgotten: list[str] = []

    def note(generator: AsyncGenerator[Any, Any]) -> None:
        assert isinstance(generator, AsyncGeneratorType)
        forgotten.append(generator.ag_code.co_filename)

    async with vendor.talking(FLOWING) as (_, provider):
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(finalizer=note)
        try:
            stream = provider.stream(REQUEST)
            await anext(stream)
            await stream.aclose()
        finally:
            sys.set_asyncgen_hooks(*hooks)
    assert [name for name in forgotten if OURS in name] == []


@every_vendor
async def test_leaving_before_the_first_step_leaves_nothing_behind(vendor: Vendor) -> None:
    async with vendor.talking(FLOWING) as (stub, provider):
        task = asyncio.create_task(hear(provider))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await provider.stream(REQUEST).aclose()
    assert stub.exchanges == []


@every_vendor
@pytest.mark.parametrize(
    "play",
    [
        Play(silent=3),
        Play(garbage=3, gap=0.05, tokens=500),
        Play(error_event=3, hold_open=True),
    ],
)
async def test_a_failed_stream_is_closed_upstream(vendor: Vendor, play: Play) -> None:
    impatient = Timeouts(between_tokens_s=0.4)
    async with vendor.talking(play, timeouts=impatient) as (stub, provider):
        await hear(provider)
        await stub.exchanges[0].client_left()


@every_vendor
async def test_a_reader_that_stops_makes_the_provider_wait_and_not_our_memory_grow(
    vendor: Vendor,
) -> None:
    play = Play(deltas=("x" * 60_000,) * 2_000)
    async with vendor.talking(play) as (stub, provider), aclosing(provider.stream(REQUEST)) as said:
        await anext(said)
        exchange = stub.exchanges[0]
        sent = -1
        while exchange.tokens_sent != sent:
            sent = exchange.tokens_sent
            await asyncio.sleep(0.2)
        # What the sockets of both sides and the read-ahead hold; 120 MB were on offer.
        assert sent * 60_000 < 30_000_000
        assert exchange.finished_at is None
