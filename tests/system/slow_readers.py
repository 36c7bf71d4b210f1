"""What clients that never read cost a server, and what others notice of them. Run by hand:

    .venv/bin/python -m tests.system.slow_readers --stalled 500 --normal 20

It starts a server with private engines in a temporary folder and a provider of its own, both on
this machine, and lets everybody follow the same streaming turns. Numbers depend on the machine and
on what else runs; their order of magnitude should not. Nothing here is a test.
"""

import argparse
import asyncio
import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
from click import echo
from websockets.asyncio.client import ClientConnection

from server.domain.ids import new_id
from tests.support.client import Client, Followed, open_socket, session
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.server import LiveServer

MODEL = "openai/slow-readers"
BLANK = " " * 2_048
"""A delta: much to send, and one token, so that no model's limit ends the answer."""

GAP_S = 0.2
TURNS = 4
"""Few: what the answers take by themselves must not hide what is measured."""

AT_ONCE = 10
"""Clients on their way in: this measures those that are in, not a storm."""

PHASE_S = 10.0
FREED_S = 120.0
MIB = 1024 * 1024


@dataclass
class Normal:
    """A client that reads, and how late each delta of its turn came, by phase."""

    client: Client
    turn: Followed
    sent_at: list[float]
    late: dict[str, list[float]] = field(default_factory=dict)

    async def watch(self, phase: "Phase") -> None:
        seen = 0
        while self.turn.outcome is None:
            await self.turn.news.wait()
            self.turn.news.clear()
            now, heard = time.monotonic(), len(self.turn.text) // len(BLANK)
            for sent_at in self.sent_at[seen:heard]:
                self.late.setdefault(phase.name, []).append(now - sent_at)
            seen = heard


@dataclass
class Phase:
    name: str = "warming up"


class Scene:
    """The server, seen from outside."""

    def __init__(self, live: LiveServer) -> None:
        self.live = live
        self.web = psutil.Process(live.pid)
        self.peak = 0

    def rss(self) -> int:
        rss: int = self.web.memory_info().rss
        self.peak = max(self.peak, rss)
        return rss

    async def sessions(self) -> int:
        async with httpx2.AsyncClient(timeout=30) as http:
            text = (await http.get(f"{self.live.url}/metrics")).text
        found = next(line for line in text.splitlines() if line.startswith("sessions_open "))
        return int(float(found.split()[1]))

    async def sample(self) -> None:
        while True:
            self.rss()
            await asyncio.sleep(0.1)


@asynccontextmanager
async def serving(stub: OpenAIStub, stalled: int, normal: int) -> AsyncIterator[LiveServer]:
    with tempfile.TemporaryDirectory(prefix="slow-readers-") as folder:
        most = str(stalled + normal + 10)
        live = LiveServer(
            Path(folder),
            OPENAI_BASE_URL=stub.url,
            OPENAI_MODELS="slow-readers=0.001/0.001",
            OPENAI_API_KEY="sk-none",
            SESSIONS_PER_USER=most,
            SESSIONS_PER_ADDRESS=most,
        )
        await live.start()
        try:
            yield live
        finally:
            await live.stop()


async def begin(clients: list[Client], stub: OpenAIStub) -> list[Normal]:
    """Each follows a turn, the first ones their own."""
    readers: list[Normal] = []
    for number, client in enumerate(clients):
        if number < TURNS:
            said = f"Question {new_id()}"
            turn = await client.begin(said, model=MODEL)
            await client.hear_text(turn)
            sent_at = next(e for e in stub.exchanges if said in json.dumps(e.body)).sent_at
        else:
            first = readers[number % TURNS]
            turn, sent_at = client.turn(first.turn.turn_id), first.sent_at
            await client.ask("turn.attach", turnId=turn.turn_id, afterSeq=0)
        readers.append(Normal(client, turn, sent_at))
    return readers


async def stall(
    live: LiveServer, key: str, turn: Followed, door: asyncio.Semaphore
) -> ClientConnection:
    """Attach to a turn and read nothing more, not even a ping."""
    async with door:
        return await _stall(live, key, turn)


async def _stall(live: LiveServer, key: str, turn: Followed) -> ClientConnection:
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)
    host, port = live.url.removeprefix("http://").split(":")
    await asyncio.get_running_loop().sock_connect(small, (host, int(port)))
    client = await open_socket(live.ws_url, key, patience_s=60, sock=small)
    await client.recv()
    attach = {"type": "turn.attach", "id": "a", "turnId": turn.turn_id, "afterSeq": turn.seq}
    await client.send(json.dumps(attach))
    client.transport.pause_reading()
    return client


def tell(name: str, values: list[float]) -> None:
    quantiles = statistics.quantiles(values, n=100)
    echo(
        f"{name:>10}: {len(values):6} deltas, after"
        f" {statistics.median(values) * 1000:7.1f} ms median,"
        f" {quantiles[98] * 1000:7.1f} ms p99, {max(values) * 1000:7.1f} ms at most"
    )


async def wave(scene: Scene, key: str, readers: list[Normal], stalled: int) -> None:
    """Clients come, stop reading, and are freed."""
    began, before = time.monotonic(), scene.rss()
    scene.peak, door = 0, asyncio.Semaphore(AT_ONCE)
    turns = [readers[number % len(readers)].turn for number in range(stalled)]
    gone = await asyncio.gather(*(stall(scene.live, key, turn, door) for turn in turns))
    stopped = time.monotonic()
    while await scene.sessions() > len(readers):
        if time.monotonic() - stopped > FREED_S:
            raise TimeoutError(f"{await scene.sessions()} sessions are left")
        await asyncio.sleep(0.1)
    echo(
        f"{stalled} clients stopped reading within {stopped - began:.1f} s, all were freed"
        f" {time.monotonic() - stopped:.1f} s after the last; {scene.peak / MIB:.0f} MiB at most,"
        f" {(scene.peak - before) / max(stalled, 1) / 1024:.0f} KiB for each"
    )
    for client in gone:
        client.transport.abort()


async def measure(stalled: int, normal: int, waves: int) -> None:
    seconds = PHASE_S * 2 + waves * (PHASE_S * 2 + FREED_S)
    play = Play(deltas=(BLANK,) * int(seconds / GAP_S), gap=GAP_S)
    async with AsyncExitStack() as stack:
        stub = await stack.enter_async_context(OpenAIStub(play))
        live = await stack.enter_async_context(serving(stub, stalled, normal))
        email = await live.new_user()
        key = await live.key(email)
        await live.cli("credits", "grant", "--email", email, "--credits", "100000", "--key", "x")
        scene, phase = Scene(live), Phase()
        clients = [
            await stack.enter_async_context(session(live.ws_url, key)) for _ in range(normal)
        ]
        readers = await begin(clients, stub)
        tasks = [asyncio.create_task(reader.watch(phase)) for reader in readers]
        tasks.append(asyncio.create_task(scene.sample()))
        try:
            await asyncio.sleep(PHASE_S / 2)
            phase.name = "before"
            await asyncio.sleep(PHASE_S)
            echo(f"before: {scene.rss() / MIB:.0f} MiB")
            for number in range(1, waves + 1):
                phase.name = f"wave {number}"
                await wave(scene, key, readers, stalled)
                phase.name = "after"
                await asyncio.sleep(PHASE_S)
                echo(f"after wave {number}: {scene.rss() / MIB:.0f} MiB")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for name in readers[0].late:
            tell(name, [late for reader in readers for late in reader.late.get(name, ())])
        answers = sum(len(reader.turn.text) for reader in readers[:TURNS])
        echo(f"the answers themselves: {answers / MIB:.0f} MiB in the end")
        flaws = [flaw for reader in readers for flaw in reader.turn.flaws]
        echo(f"flaws: {len(flaws)}; tracebacks: {live.output.count('Traceback')}")
        for reader in readers[:TURNS]:
            await reader.client.ask("turn.cancel", turnId=reader.turn.turn_id)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--stalled", type=int, default=500)
    parser.add_argument("--normal", type=int, default=20)
    parser.add_argument("--waves", type=int, default=2, help="the second shows what is used again")
    options = parser.parse_args()
    echo(f"load of this machine: {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores")
    try:
        asyncio.run(measure(options.stalled, options.normal, options.waves))
    except TimeoutError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
