"""One process of the product under a supervisor: started again whenever it ends."""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

ROOT = Path(__file__).resolve().parents[3]
AGAIN_S = 0.3
LOOK_S = 0.1

WEB_POINTS = {
    "admission.writing": 60,
    "admission.committed": 60,
    "hold.committed": 4,
    "settlement.writing": 60,
    "settlement.committed": 60,
    "reaper.fenced": 2,
    "relay.sent": 60,
    "relay.marked": 60,
}
"""Failpoints of web processes, and the highest count that they are armed with."""

BILLING_POINTS = {"worker.read": 40, "worker.written": 40, "worker.committed": 40}


@dataclass(frozen=True)
class Death:
    """An end that was not in good order. ``at`` is wall-clock; ``why`` names who did it."""

    member: str
    boot: str | None
    at: float
    why: str
    status: int


@dataclass
class Member:
    """``is_web``: serves at ``port``; otherwise it is a billing worker. ``arm`` is the probability
    that a start is armed with a failpoint."""

    name: str
    port: int
    folder: Path
    environment: dict[str, str]
    is_web: bool
    rng: random.Random
    told: Callable[[Death], None]
    boot_of: Callable[[int], asyncio.Future[str | None]] | None = None
    arm: float = 0.0
    points: str = ""
    """Failpoints of the first start, instead of any drawn by lot."""
    has_name: bool = True
    """A billing worker that is known by its name when it comes back."""
    starts: int = 0
    deaths: list[Death] = field(default_factory=list)
    is_ready: bool = False
    is_frozen: bool = False
    frozen_times: int = 0
    armed: str = ""
    boot: str | None = None
    exit_status: int | None = None
    _process: asyncio.subprocess.Process | None = None
    _why: str = ""
    _is_closing: bool = False

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    async def keep(self) -> None:
        """Start it, and start it again, until ``close``."""
        while not self._is_closing:
            await self._start()
            assert self._process is not None
            waiting = asyncio.create_task(self._await_ready(self._process))
            status = await self._process.wait()
            waiting.cancel()
            self.is_ready = self.is_frozen = False
            self.exit_status = status
            why, self._why = self._why, ""
            if status != 0 and not self._is_closing:
                reason = why or (f"failpoint {self.armed}" if self.armed and status < 0 else "exit")
                death = Death(self.name, self.boot, time.time(), reason, status)
                self.deaths.append(death)
                self.told(death)
            self._process = None
            if not self._is_closing:
                await asyncio.sleep(AGAIN_S)

    async def _start(self) -> None:
        self.starts += 1
        self.boot, self.armed = None, ""
        environment = dict(self.environment)
        if self.points:
            self.armed, self.points = self.points, ""
            environment["FAILPOINTS"] = self.armed
        elif self.rng.random() < self.arm:
            points = WEB_POINTS if self.is_web else BILLING_POINTS
            point = self.rng.choice(sorted(points))
            self.armed = f"{point}@{self.rng.randint(1, points[point])}"
            environment["FAILPOINTS"] = self.armed
        command = ["-m", "server", "serve", "--web-only"]
        if not self.is_web:
            command = ["-m", "billing", *(["--consumer", self.name] if self.has_name else [])]
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *command,
                cwd=ROOT,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def _await_ready(self, process: asyncio.subprocess.Process) -> None:
        if not self.is_web:
            self.is_ready = True
            return
        async with httpx2.AsyncClient(timeout=2) as http:
            while True:
                try:
                    if (await http.get(f"{self.url}/healthz/ready")).status_code == 200:
                        break
                except httpx2.HTTPError:
                    pass
                await asyncio.sleep(LOOK_S)
        self.is_ready = True
        if self.boot_of is not None:
            self.boot = await self.boot_of(process.pid)

    def send(self, number: signal.Signals, why: str) -> bool:
        """Send a signal; ``why`` explains the end that may come of it. False: nobody is there."""
        if self._process is None or self._process.returncode is not None:
            return False
        if number == signal.SIGKILL:
            self._why, self.is_ready = why, False
        return _signal(self._process, number)

    async def freeze(self, seconds: float) -> None:
        """Give it no time for so long. It may be gone by then."""
        process = self._process
        if process is None or not self.send(signal.SIGSTOP, "frozen"):
            return
        self.is_frozen = True
        self.frozen_times += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self.is_frozen = False
            if process.returncode is None:
                _signal(process, signal.SIGCONT)

    async def stopped(self, number: signal.Signals, within_s: float) -> int | None:
        """Ask it to end in good order; answers its exit status, None when it did not end."""
        process = self._process
        if process is None or not self.send(number, "asked"):
            return 0
        try:
            async with asyncio.timeout(within_s):
                return await process.wait()
        except TimeoutError:
            return None

    def abandon(self) -> None:
        """Kill it for good: nothing more is asked of it."""
        self._is_closing = True
        self.send(signal.SIGKILL, "abandoned")

    async def close(self, within_s: float) -> int | None:
        """End it for good."""
        self._is_closing = True
        status = await self.stopped(signal.SIGTERM, within_s)
        if status is None:
            self.send(signal.SIGKILL, "did not end")
        return status


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> bool:
    """False: it has just ended, and the loop has not heard of that yet."""
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return False
    return True
