"""What things take of the web process's memory: sessions that stream, and a very long conversation.

    python -m tests.benchmarks.memory [--streams 500]

Idle sessions are G6 of ``make bench``, growth over time is ``make soak``.
"""

import argparse
import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import uvloop
from websockets.asyncio.client import connect

from tests.benchmarks.asked import Asked
from tests.benchmarks.contestants import Product, product, stub
from tests.benchmarks.lengths import add_conversation, turn
from tests.benchmarks.processes import two_cores

STREAMS = 500
ANSWER = Asked(tokens=1_000, rate=10, think_ms=20)
"""Ten tokens a second: all of them stream at once, and nothing is behind."""

INTO_THE_ANSWER_S = 30.0
MESSAGES = 10_000
WORDS = 40
TURNS = 20
PAGE = 200
KEPT_S = 75.0
"""Ended turns are kept for a minute, for clients that attach after a cut."""


class Scale:
    def __init__(self, on: Product) -> None:
        self._on = on

    def weigh(self) -> float:
        """KiB of resident memory."""
        return float(sum(one.memory_info().rss for one in self._on.measured)) / 1024


async def streaming(on: Product, streams: int) -> None:
    """Sessions with a turn each, before, in the middle of and after their answers."""
    scale, keys = Scale(on), await on.keys(streams)
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(_session(on, key)) for key in keys]
        await asyncio.gather(*(turn(one, Asked(tokens=20)) for one in sessions))
        await asyncio.sleep(KEPT_S)
        idle = scale.weigh()
        turns = [asyncio.create_task(turn(one, ANSWER)) for one in sessions]
        await asyncio.sleep(INTO_THE_ANSWER_S)
        assert not any(one.done() for one in turns)
        busy = scale.weigh()
        await asyncio.gather(*turns)
        await asyncio.sleep(KEPT_S)
        after = scale.weigh()
    told = int(INTO_THE_ANSWER_S * ANSWER.rate)
    _out(
        f"{streams} sessions, each {told} tokens into an answer: {(busy - idle) / streams:.1f} KiB"
        f" beyond an idle one; {(after - idle) / streams:.1f} held by the allocator a minute after"
        " its end"
    )


async def conversation(on: Product) -> None:
    """Turns in a conversation of thousands of messages, and its pages read."""
    scale, (key,) = Scale(on), await on.keys(1)
    async with _session(on, key) as session:
        first = await turn(session, Asked(tokens=20))
        before = scale.weigh()
        place = await add_conversation(on, first, MESSAGES, WORDS)
        for _ in range(TURNS):
            await turn(session, Asked(tokens=20), place)
        turned = scale.weigh()
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=on.live.url, headers=headers) as client:
        cursor, read = "", 0
        while read < MESSAGES:
            answer = await client.get(f"/api/conversations/{place}?limit={PAGE}{cursor}")
            page = answer.raise_for_status().json()["data"]
            read += len(page["messages"])
            if page["nextCursor"] is None:
                break
            cursor = f"&cursor={page['nextCursor']}"
    _out(
        f"a conversation of {MESSAGES:,} messages of {WORDS} words: {TURNS} turns left"
        f" {(turned - before) / 1024:.1f} MiB, reading {read:,} of its messages"
        f" {(scale.weigh() - turned) / 1024:.1f} more"
    )


def _session(on: Product, key: str) -> connect:
    headers = {"Authorization": f"Bearer {key}"}
    return connect(on.live.ws_url, additional_headers=headers, compression=None, max_size=None)


async def measure(streams: int) -> None:
    cores = two_cores()
    with tempfile.TemporaryDirectory(prefix="causerie-memory-") as folder:
        async with stub(cores) as provider:
            for number, work in enumerate((lambda on: streaming(on, streams), conversation)):
                async with product(Path(folder, str(number)), provider.port, cores) as ours:
                    await work(ours)


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=STREAMS)
    uvloop.run(measure(parser.parse_args().streams))


if __name__ == "__main__":
    main()
