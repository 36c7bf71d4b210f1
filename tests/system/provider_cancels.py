"""How soon a cancelled turn lets go of its provider, and what thousands of them leave behind.

    .venv/bin/python -m tests.system.provider_cancels --each 40 --turns 2000

It starts a server with private engines in a temporary folder, every provider pointed at a stub of
its wire, and prints Markdown. Times are from the client's command to the end of the connection as
the stub sees it, both on one clock; client and stubs share a process, so the figures are upper
bounds. Nothing here is a test.
"""

import argparse
import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from itertools import cycle, islice

from click import echo

from tests.support.client import Client
from tests.support.eventually import eventually
from tests.support.providers.exchange import Exchange
from tests.system.provider_scene import MODELS, SDKS, Scene, scene, table, tell_machine

MOMENTS = {
    "mid-stream": "[stub: tokens=5000 gap=0.01]",
    "headers only": "[stub: first=60]",
    "no answer yet": "[stub: mute]",
}
"""When a turn is cancelled, and what its provider is told to do until then."""

WAVES = 4
WARM_UP = 200
"""Turns before the first figure: what every process builds once is not what is looked for."""

SETTLE_S = 65.0
"""Ended turns are kept for a minute, for clients that attach after a cut."""

MIB = 1024 * 1024


async def cancel(scene: Scene, client: Client, provider: str, when: str, name: str) -> float:
    """One turn, cancelled at that moment; answers milliseconds. ``name`` is its alone."""
    stub = scene.stubs[provider]
    turn = await client.begin(f"{name}. {MOMENTS[when]}", model=MODELS[provider])
    if when == "mid-stream":
        await client.hear_text(turn, 20)
    marked = f"{name}.".encode()
    exchange: Exchange = await eventually(
        lambda: next((e for e in reversed(stub.exchanges) if marked in e.raw), None)
    )
    asked_at = time.monotonic()
    _, closed_at = await asyncio.gather(
        client.ask("turn.cancel", turnId=turn.turn_id), exchange.client_left(10)
    )
    outcome = await client.finish(turn)
    assert outcome["type"] == "turn.cancelled", outcome
    # Nothing here may grow with the number of turns, or searching it would.
    stub.exchanges.remove(exchange)
    client.turns.clear()
    return float(closed_at - asked_at) * 1000


async def how_soon(scene: Scene, each: int) -> None:
    """One turn after the other, provider by provider."""
    rows = []
    async with scene.session() as client:
        for when in MOMENTS:
            for provider in MODELS:
                times = [
                    await cancel(scene, client, provider, when, f"{when}, number {number}")
                    for number in range(each)
                ]
                p95 = statistics.quantiles(times, n=20, method="inclusive")[18]
                figures = (statistics.median(times), p95, max(times))
                rows.append([provider, when, *(f"{figure:.1f}" for figure in figures)])
    echo(table(["provider", "cancelled", "median, ms", "p95", "max"], rows, figures_from=2) + "\n")


class Wave:
    """Many turns, some at a time, over all providers and moments."""

    def __init__(self, scene: Scene, clients: list[Client]) -> None:
        self._scene = scene
        self._clients = clients
        self._kinds = enumerate(cycle((name, when) for when in MOMENTS for name in MODELS))

    async def run(self, turns: int) -> None:
        left = islice(self._kinds, turns)

        async def one_after_the_other(client: Client) -> None:
            for number, (provider, when) in left:
                await cancel(self._scene, client, provider, when, f"number {number}")

        await asyncio.gather(*map(one_after_the_other, self._clients))


async def what_is_left(scene: Scene, turns: int, at_once: int, settle_s: float) -> None:
    rows = []

    async def look(done: int) -> None:
        await asyncio.sleep(settle_s)
        await client.say("[stub: tokens=1]", model=MODELS["openai"])  # lets go of what has expired
        web = scene.web
        figures = (web.num_fds(), scene.upstream(), int(scene.cpu_s()))
        rows.append([f"{done}", f"{web.memory_info().rss / MIB:.1f}", *map(str, figures)])

    async with AsyncExitStack() as stack:
        client: Client = await stack.enter_async_context(scene.session())
        clients: list[Client] = [
            await stack.enter_async_context(scene.session()) for _ in range(at_once)
        ]
        wave = Wave(scene, clients)
        await wave.run(WARM_UP)
        await look(0)
        for number in range(1, WAVES + 1):
            await wave.run(turns // WAVES)
            await look(number * (turns // WAVES))
    head = ["turns cancelled", "RSS, MiB", "open files", "upstream connections", "CPU, s"]
    echo(table(head, rows, figures_from=0) + "\n")


async def measure(each: int, turns: int, at_once: int, settle_s: float) -> None:
    async with scene(FIRST_TOKEN_SECONDS="60", BETWEEN_TOKENS_SECONDS="60") as there:
        if each:
            await how_soon(there, each)
        if turns:
            await what_is_left(there, turns, at_once, settle_s)
        echo(f"reconcile: {(await there.live.cli('reconcile')).strip()}")
        echo(f"tracebacks in the log: {there.live.output.count('Traceback')}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--each", type=int, default=40, help="turns a provider and a moment")
    parser.add_argument("--turns", type=int, default=2000, help="cancelled to look for leaks")
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--settle", type=float, default=SETTLE_S, help="seconds before each look")
    options = parser.parse_args()
    tell_machine(*dict.fromkeys(SDKS.values()))
    asyncio.run(measure(options.each, options.turns, options.at_once, options.settle))


if __name__ == "__main__":
    main()
