"""What configured providers cost a server at its start. Run by hand:

    .venv/bin/python -m tests.system.provider_starts --times 3

It starts a server with no provider, with each one alone and with all, on engines that run already
and are migrated, and prints Markdown: the time until it is ready, the memory of its web process,
and the longest stall of an event loop while the provider is imported and while it makes its first
and a later request. Nothing here is a test.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
from click import echo

from tests.support.engines import create_database, engines_for_tests, redis_url
from tests.support.providers.plays import Play
from tests.support.server import LiveServer
from tests.system.provider_scene import (
    MODELS,
    SDKS,
    all_stubs,
    settings_of,
    table,
    tell_machine,
)

MIB = 1024 * 1024
CHOICES: dict[str, tuple[str, ...]] = {
    "none": (),
    **{name: (name,) for name in MODELS},
    "all": tuple(MODELS),
}


class Start:
    """Repeated figures of one choice of providers."""

    def __init__(self) -> None:
        self.ready_s: list[float] = []
        self.rss: list[float] = []
        self.stalls: dict[str, list[float]] = {"import": [], "first": [], "later": []}

    def row(self, name: str) -> list[str]:
        stalls = [
            f"{statistics.median(values) * 1000:.0f}" if values else "" for values in
            self.stalls.values()
        ]  # fmt: skip
        ready_s, rss = statistics.median(self.ready_s), statistics.median(self.rss)
        return [name, f"{ready_s:.1f}", f"{rss / MIB:.0f}", *stalls]


async def start(folder: Path, environment: Mapping[str, str], figures: Start) -> None:
    live = LiveServer(folder, **environment)
    began = time.monotonic()
    await live.start()
    try:
        figures.ready_s.append(time.monotonic() - began)
        await asyncio.sleep(1)
        figures.rss.append(psutil.Process(live.pid).memory_info().rss)
    finally:
        await live.stop()


async def stall(environment: Mapping[str, str], figures: Start) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.system.provider_stalls",
        stdout=asyncio.subprocess.PIPE, env={**os.environ, **environment},
    )  # fmt: skip
    told, _ = await process.communicate()
    for name, value in json.loads(told).items():
        figures.stalls[name].append(value)


async def measure(folder: Path, engines: Mapping[str, str], times: int) -> None:
    found = {name: Start() for name in CHOICES}
    async with all_stubs() as stubs:
        for stub in stubs.values():
            stub.default = Play(tokens=20, gap=0.01)
        await start(folder / "migrating", engines, Start())
        for number in range(times):
            for name, providers in CHOICES.items():
                urls = {provider: stubs[provider].url for provider in providers}
                environment = {**engines, **settings_of(urls)}
                await start(folder / f"{name}-{number}", environment, found[name])
                if providers:
                    await stall(environment, found[name])
    head = ["providers", "ready after, s", "RSS, MiB", "stall: import, ms", "first request",
            "later request"]  # fmt: skip
    echo(table(head, [start.row(name) for name, start in found.items()]))


async def with_engines(times: int) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="causerie-starts-") as folder,
        engines_for_tests() as urls,
    ):
        engines = {
            "DATABASE_URL": await create_database(urls, "causerie_starts"),
            "REDIS_URL": redis_url(urls, 1),
            "SECRET_KEY": "a-secret-key-of-more-than-32-characters",
        }
        await measure(Path(folder), engines, times)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--times", type=int, default=3, help="each figure is a median of so many")
    options = parser.parse_args()
    tell_machine(*dict.fromkeys(SDKS.values()), "uvloop")
    asyncio.run(with_engines(options.times))


if __name__ == "__main__":
    main()
