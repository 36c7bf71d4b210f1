"""Processor time that a streamed event takes, provider by provider. Run by hand:

    .venv/bin/python -m tests.system.provider_costs --events 12000 --times 3

First inside the product: a server with private engines in a temporary folder, one client that reads
one long answer, and the processor time of the web process divided by the events that its provider
sent. Then the provider class alone, in a process of its own, with the same events. An event is one
token in an HTTP chunk of its own. It prints Markdown, medians first. Nothing here is a test.
"""

import argparse
import asyncio
import statistics
import sys
import time
from contextlib import aclosing

import uvloop
from click import echo
from msgspec import Struct

from agents.providers.http.client import open_client
from tests.support.providers.hearing import REQUEST
from tests.support.providers.plays import Play
from tests.support.providers.stub import ProviderStub
from tests.system.provider_scene import (
    MODELS,
    SDKS,
    STUBS,
    Scene,
    Witness,
    all_stubs,
    scene,
    table,
    tell_machine,
)


class Pace(Struct, frozen=True, kw_only=True):
    """``burst`` events leave the provider together, every ``gap`` seconds; ``share`` of the events
    asked for are sent, so that slow paces do not take for ever."""

    burst: int
    gap: float
    share: float = 1.0

    def play(self, events: int) -> Play:
        return Play(tokens=int(events * self.share), burst=self.burst, gap=self.gap)


PACES = {
    "20 a read": Pace(burst=20, gap=0.004),
    "5 a read": Pace(burst=5, gap=0.002, share=0.5),
    "one a read": Pace(burst=1, gap=0.001, share=0.25),
    "no pause": Pace(burst=50, gap=0.0),
}
IDLE_S = 5.0
Figures = dict[str, dict[str, list[float]]]
"""Microseconds an event, by provider and pace."""


async def in_the_product(scene: Scene, events: int, times: int) -> tuple[Figures, Figures]:
    """And, by the same names, deltas that the client got for each event."""
    figures: Figures = {name: {pace: [] for pace in PACES} for name in MODELS}
    frames: Figures = {name: {pace: [] for pace in PACES} for name in MODELS}
    async with scene.session() as client:
        for provider in MODELS:
            await client.say("[stub: tokens=50]", model=MODELS[provider])
        began = scene.cpu_s()
        await asyncio.sleep(IDLE_S)
        idle = (scene.cpu_s() - began) / IDLE_S
        for _ in range(times):
            for provider in MODELS:
                for name, pace in PACES.items():
                    us, share = await one_answer(scene, client, provider, pace.play(events), idle)
                    figures[provider][name].append(us)
                    frames[provider][name].append(share)
    return figures, frames


async def one_answer(
    scene: Scene, client: Witness, provider: str, play: Play, idle: float
) -> tuple[float, float]:
    scene.stubs[provider].plays(play)
    frames, cpu_s, began = client.frames, scene.cpu_s(), time.monotonic()
    turn, outcome = await client.say("Tell me all", model=MODELS[provider])
    used_s = scene.cpu_s() - cpu_s - idle * (time.monotonic() - began)
    text = scene.stubs[provider].exchanges[-1].text
    assert (outcome.get("finishReason"), turn.text) == ("stop", text), outcome
    scene.stubs[provider].exchanges.clear()
    client.turns.clear()
    return used_s / play.tokens * 1e6, (client.frames - frames) / play.tokens


async def alone(stubs: dict[str, ProviderStub], events: int, times: int) -> Figures:
    figures: Figures = {name: {pace: [] for pace in PACES} for name in MODELS}
    for _ in range(times):
        for provider in MODELS:
            for name, pace in PACES.items():
                stub, play = stubs[provider], pace.play(events)
                stub.plays(Play(tokens=50), play)
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "tests.system.provider_costs",
                    "--listen", provider, stub.url, stdout=asyncio.subprocess.PIPE,
                )  # fmt: skip
                told, _ = await process.communicate()
                figures[provider][name].append(float(told) / play.tokens * 1e6)
    return figures


async def listen(provider: str, url: str) -> float:
    """Seconds of this process that one answer takes, its request included."""
    async with open_client(verify=False) as http:
        listening = STUBS[provider].at(url, http)
        used_s = 0.0
        for _ in range(2):  # the first one warms up
            began = time.process_time()
            async with aclosing(listening.stream(REQUEST)) as stream:
                async for _ in stream:
                    pass
            used_s = time.process_time() - began
    return used_s


def tell(title: str, figures: Figures, digits: int) -> None:
    rows = [
        [name, *(f"{statistics.median(values):.{digits}f}" for values in by_pace.values())]
        for name, by_pace in figures.items()
    ]
    echo(table([title, *PACES], rows) + "\n")


def spread(figures: Figures) -> str:
    """How far repetitions lie from their median."""
    off = [
        abs(value / statistics.median(values) - 1)
        for by_pace in figures.values()
        for values in by_pace.values()
        for value in values
    ]
    return f"{max(off):.0%} at most, {statistics.median(off):.0%} as a rule"


async def measure(events: int, times: int) -> None:
    async with scene() as there:
        figures, frames = await in_the_product(there, events, times)
        echo(f"reconcile: {(await there.live.cli('reconcile')).strip()}\n")
    tell("in the product, µs an event", figures, 0)
    tell("frames to the client an event", frames, 2)
    async with all_stubs() as stubs:
        by_themselves = await alone(stubs, events, times)
    tell("the provider alone, µs an event", by_themselves, 0)
    echo(f"off their median: {spread(figures)}; alone {spread(by_themselves)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--events", type=int, default=12_000, help="of one answer")
    parser.add_argument("--times", type=int, default=3, help="each figure is a median of so many")
    parser.add_argument("--listen", nargs=2, metavar=("PROVIDER", "URL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.listen:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            echo(runner.run(listen(*options.listen)))
        return
    tell_machine(*dict.fromkeys(SDKS.values()), "uvloop")
    asyncio.run(measure(options.events, options.times))


if __name__ == "__main__":
    main()
