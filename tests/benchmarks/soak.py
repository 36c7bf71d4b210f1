"""``make soak``: does anything grow? Mixed use for minutes, the web process's memory and files.

    python -m tests.benchmarks.soak [--minutes 20]

Clients ask and are answered, cancel, leave in the middle of an answer and attach to it again;
others wait. The slope is that of the second half: the first fills caches, pools and arenas.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import uvloop
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.domain.ids import new_id
from tests.benchmarks.asked import Asked
from tests.benchmarks.contestants import Product, product, stub
from tests.benchmarks.processes import cpu_s, two_cores

CLIENTS = 40
IDLERS = 200
SAMPLES = 120
FLAT_KIB_PER_TURN = 0.5
"""A leak of one small object a turn would be more. What allocators do by themselves is less, given
some thousands of turns."""

ANSWERS = (Asked(tokens=40), Asked(tokens=400, rate=200), Asked(tokens=1500, burst=20))
ENDS = ("turn.completed", "turn.cancelled", "turn.failed")


class Sample(Struct, frozen=True):
    turns: int
    rss_kib: float
    files: int
    threads: int


class Soak:
    def __init__(self, product: Product, ends_at: float) -> None:
        self._product = product
        self._ends_at = ends_at
        self.done = Counter[str]()

    def _lasts(self) -> bool:
        return time.monotonic() < self._ends_at

    @asynccontextmanager
    async def _session(self, key: str) -> AsyncIterator[ClientConnection]:
        """Also while the server lets nobody in for a while."""
        headers = {"Authorization": f"Bearer {key}"}
        url = self._product.live.ws_url
        while True:
            try:
                session = await connect(
                    url, additional_headers=headers, compression=None, max_size=None
                )
            except (InvalidStatus, TimeoutError):
                self.done["not let in"] += 1
                await asyncio.sleep(random.uniform(1, 3))
                continue
            async with session:
                yield session
            return

    async def idle(self, key: str) -> None:
        """Be there, and now and then come anew."""
        while self._lasts():
            async with self._session(key) as session:
                until = min(self._ends_at, time.monotonic() + random.uniform(20, 120))
                with suppress(TimeoutError, ConnectionClosed):
                    async with asyncio.timeout(until - time.monotonic()):
                        async for _ in session:
                            pass
            self.done["idle sessions"] += 1

    async def talk(self, key: str) -> None:
        """Turn after turn, a new session every dozen."""
        running: str | None = None
        while self._lasts():
            async with self._session(key) as session:
                if running is not None:
                    await _say(session, "turn.attach", turnId=running, afterSeq=0)
                    await self._until_end(session)
                    self.done["attached"] += 1
                    running = None
                for _ in range(12):
                    if running is None and self._lasts():
                        running = await self._turn(session)

    async def _turn(self, session: ClientConnection) -> str | None:
        """Answers the turn that was left while it ran."""
        asked = random.choice(ANSWERS)
        await _say(session, "turn.start", clientMessageId=str(new_id()), text=asked.prompt())
        started = await _next(session, "turn.started", "error")
        if started["type"] == "error":
            self.done[f"refused: {started['code']}"] += 1
            await asyncio.sleep(started.get("retryAfter", 1))
            return None
        turn = str(started["turnId"])
        match random.choices(("hear", "cancel", "leave"), (8, 1, 1))[0]:
            case "cancel":
                await _say(session, "turn.cancel", turnId=turn)
            case "leave":
                return turn
            case "hear":
                pass
        await self._until_end(session)
        return None

    async def _until_end(self, session: ClientConnection) -> None:
        end = await _next(session, *ENDS, "turn.snapshot", "error")
        self.done[end["type"]] += 1

    def sample(self) -> Sample:
        processes = self._product.measured
        return Sample(
            turns=sum(self.done[end] for end in ENDS),
            rss_kib=sum(one.memory_info().rss for one in processes) / 1024,
            files=sum(one.num_fds() for one in processes),
            threads=sum(one.num_threads() for one in processes),
        )


async def _say(session: ClientConnection, kind: str, **fields: object) -> None:
    await session.send(json.dumps({"type": kind, "id": str(new_id()), **fields}))


async def _next(session: ClientConnection, *kinds: str) -> dict[str, Any]:
    while True:
        event: dict[str, Any] = json.loads(await session.recv())
        if event["type"] in kinds:
            return event


def slope(samples: list[Sample]) -> float:
    """KiB a turn, by least squares."""
    turns = [float(one.turns) for one in samples]
    middle = sum(turns) / len(turns)
    spread = sum((turn - middle) ** 2 for turn in turns)
    return sum((turn - middle) * one.rss_kib for turn, one in zip(turns, samples, strict=True)) / (
        spread or 1.0
    )


async def soak(minutes: float) -> bool:
    """Whether memory stayed flat."""
    cores = two_cores()
    with tempfile.TemporaryDirectory(prefix="causerie-soak-") as folder:
        async with stub(cores) as provider, product(Path(folder), provider.port, cores) as ours:
            keys = await ours.keys(CLIENTS)
            at_rest = Soak(ours, 0.0).sample()
            work = Soak(ours, time.monotonic() + minutes * 60)
            samples: list[Sample] = []
            async with asyncio.TaskGroup() as group:
                for key in keys:
                    group.create_task(work.talk(key))
                for number in range(IDLERS):
                    group.create_task(work.idle(keys[number % CLIENTS]))
                for _ in range(SAMPLES):
                    await asyncio.sleep(minutes * 60 / SAMPLES)
                    samples.append(work.sample())
                    _say_how(samples[-1])
            await asyncio.sleep(5)
            after = work.sample()
            grows = slope(samples[SAMPLES // 2 :])
            _out(f"done: {dict(work.done)}; cpu {cpu_s(ours.measured):.0f} s")
            _out(
                f"files at rest {at_rest.files} before, {after.files} after; threads"
                f" {at_rest.threads}, {after.threads}"
            )
            flat = grows <= FLAT_KIB_PER_TURN
            _out(
                f"memory {'flat' if flat else 'GROWS'}: {grows:+.3f} KiB a turn in the second half"
            )
            return flat


def _say_how(sample: Sample) -> None:
    _out(
        f"{sample.turns:7} turns  {sample.rss_kib / 1024:7.1f} MiB  {sample.files:5} files"
        f"  {sample.threads:3} threads"
    )


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    return 0 if uvloop.run(soak(parser.parse_args().minutes)) else 1


if __name__ == "__main__":
    sys.exit(main())
