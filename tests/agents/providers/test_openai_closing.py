"""A provider that nobody listens to any more is told so: by a closed connection, or by waiting."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing

import pytest

from tests.support.providers.hearing import REQUEST, hear, talking
from tests.support.providers.plays import Play


async def eventually(condition: Callable[[], bool], within_s: float = 2.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - the stub's log has no events
            await asyncio.sleep(0.005)


async def test_closing_the_generator_closes_the_connection_and_stops_the_provider() -> None:
    async with talking(Play(tokens=1000, gap=0.01)) as (stub, provider):
        async with aclosing(provider.stream(REQUEST)) as stream:
            await anext(stream)
        exchange = stub.exchanges[0]
        await exchange.client_left()
        assert exchange.finished_at is None
        assert exchange.tokens_sent < 100


@pytest.mark.parametrize("play", [Play(tokens=1000, gap=0.01), Play(silent=1), Play(mute=True)])
async def test_a_cancelled_task_closes_the_connection(play: Play) -> None:
    """While tokens flow, while the provider keeps silent, and before it has answered at all."""
    async with talking(play) as (stub, provider):
        task = asyncio.create_task(hear(provider))
        await eventually(lambda: bool(stub.exchanges))
        await asyncio.sleep(0.05)
        asked_at = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await stub.exchanges[0].client_left() - asked_at < 2


async def test_a_reader_that_stops_makes_the_provider_wait_and_not_our_memory_grow() -> None:
    play = Play(deltas=("x" * 60_000,) * 2_000)
    async with talking(play) as (stub, provider), aclosing(provider.stream(REQUEST)) as stream:
        await anext(stream)
        exchange = stub.exchanges[0]
        sent = -1
        while exchange.tokens_sent != sent:
            sent = exchange.tokens_sent
            await asyncio.sleep(0.2)
        # What the sockets of both sides and the read-ahead hold; 120 MB were on offer.
        assert sent * 60_000 < 30_000_000
        assert exchange.finished_at is None
