"""G6: what a session costs that waits for its client, ten thousand of them in one process."""

import asyncio
import resource
import tempfile
from functools import partial
from pathlib import Path
from typing import cast

from tests.benchmarks import frames
from tests.benchmarks.contestants import SDK_RELAY, Contestant, product, relay
from tests.benchmarks.rig import Rig
from tests.benchmarks.workload import Goal, Measured, Workload

SESSIONS = 10_000
EACH = 100
"""Sessions of one user, and of those that open at once."""

SETTLE_S = 3.0
SPARE_FILES = 500

WEIGHT = Goal("g6", f"{SESSIONS:,} idle sessions, each", "KiB", 32.0, "less", 1)


class _Idler(asyncio.Protocol):
    """Opens a WebSocket, answers pings, and says nothing."""

    def __init__(self, on: Contestant, key: str | None) -> None:
        self._on, self._key = on, key
        self._reader: frames.FrameReader | None = None
        self.opened = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        host = f"127.0.0.1:{self._on.port}"
        self.transport.write(frames.upgrade(host, self._on.path, headers))

    def data_received(self, data: bytes) -> None:
        if self._reader is None:
            head, _, data = data.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 101"):
                self._fail(head.decode(errors="replace")[:200])
                return
            self._reader = frames.FrameReader()
            if self._key is None:  # nobody greets it
                self.opened.set_result(None)
        for opcode, payload in self._reader.feed(data):
            if opcode == frames.PING:
                self.transport.write(frames.frame(frames.PONG, payload))
            elif opcode == frames.TEXT and not self.opened.done():
                self.opened.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"connection lost: {exc}")

    def _fail(self, why: str) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(why))


async def _open(on: Contestant, sessions: int, keys: list[str]) -> list[_Idler]:
    loop = asyncio.get_running_loop()
    opened = list[_Idler]()
    for first in range(0, sessions, EACH):
        key = keys[first // EACH] if keys else None
        for _ in range(min(EACH, sessions - first)):
            made = partial(_Idler, on, key)
            _, idler = await loop.create_connection(made, "127.0.0.1", on.port)
            opened.append(idler)
        await asyncio.gather(*(idler.opened for idler in opened[first:]))
    return opened


def _resident(on: Contestant) -> int:
    return sum(int(process.memory_info().rss) for process in on.measured)


async def _weight(on: Contestant, sessions: int) -> float:
    """KiB of resident memory for each session."""
    keys = await on.keys(-(-sessions // EACH))
    warm = await _open(on, EACH, keys)
    await asyncio.sleep(SETTLE_S)
    before = _resident(on)
    idle = await _open(on, sessions - EACH, keys[1:])
    await asyncio.sleep(SETTLE_S)
    grown = _resident(on) - before
    for idler in (*warm, *idle):
        idler.transport.abort()
    return grown / len(idle) / 1024


async def measure(rig: Rig) -> Measured:
    """Both in processes that have done nothing yet: what others gave back would be used again."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # those started here inherit it
    sessions = min(SESSIONS, most - SPARE_FILES)
    if sessions < SESSIONS:
        rig.say(f"    {sessions} sessions: no more files may be open here")
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="causerie-idle-") as folder:
        for starting in (
            product(Path(folder), rig.ceiling.port, rig.cores),
            relay(SDK_RELAY, "chunks", rig.ceiling.port, rig.cores),
        ):
            async with starting as on:
                figures[on.name] = await _weight(on, sessions)
                rig.say(f"    {on.name}: {figures[on.name]:.1f} KiB a session")
    return Measured({WEIGHT.key: figures})


WORKLOAD = Workload("idle", (WEIGHT,), measure)
