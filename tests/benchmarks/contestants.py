"""What is measured: the product, the bare relays beside it, and the stub without either."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import psutil

from billing.plans import PlanName
from server.accounts.keys import Keys
from server.cli import people
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.persistence.database import Database
from server.settings import Settings
from tests.benchmarks.processes import Cores, family, line, module, pin, running
from tests.support.server import LiveServer
from tests.system.provider_scene import CREDITS, PLENTY, ROOMY

OURS = "causerie"
CEILING = "rig's own ceiling"
SDK_RELAY = "SDK relay"
LINES_RELAY = "SDK lines relay"

START_S = 60.0

MODEL = "openai/gpt-4.1"

SETTINGS = {
    **ROOMY,
    "SESSIONS_PER_ADDRESS": PLENTY,
    "SIGNUP_CREDITS": CREDITS,
    "DEFAULT_MODEL": MODEL,
    "OPENAI_API_KEY": "sk-benchmark",
    # Tests have these otherwise; here they are as they are by default.
    "PROVIDER_ATTEMPTS": "3",
    "BREAKER_CALLS": "10",
    "AUTO_SUMMARIES": "true",
}
"""Limits of rates are lifted, and conversations get no title, which would be a second answer for
each that is asked. All else is as it comes."""


class Contestant(Protocol):
    """``wire`` is a name of ``wires.WIRES``; ``measured`` are the processes whose time counts."""

    name: str
    wire: str
    path: str
    port: int

    @property
    def measured(self) -> Sequence[psutil.Process]: ...

    async def keys(self, clients: int) -> list[str]:
        """A key for each client; empty where nobody asks for one."""


class Plain:
    """One process that asks for no key."""

    def __init__(self, name: str, wire: str, path: str, port: int, pid: int | None) -> None:
        self.name, self.wire, self.path, self.port = name, wire, path, port
        self._pid = pid

    @property
    def measured(self) -> Sequence[psutil.Process]:
        return [] if self._pid is None else family(self._pid)

    async def keys(self, clients: int) -> list[str]:
        return []


class Product:
    """Ours. What its web process started besides workers of its own is counted apart."""

    name, wire, path = OURS, "causerie", "/ws"

    def __init__(self, live: LiveServer, cores: Cores) -> None:
        self.live = live
        self.web = psutil.Process(live.pid)
        self.port = int(live.url.rpartition(":")[2])
        self._keys: list[str] = []
        pin(family(live.pid), cores.others)
        pin(self.measured, cores.measured)

    @property
    def apart(self) -> dict[str, list[psutil.Process]]:
        """Billing and the engines, each with what is below it."""
        found: dict[str, list[psutil.Process]] = {}
        for child in self.web.children():
            command = " ".join(child.cmdline())
            name = "billing" if "billing" in command else "engines" if "keeper" in command else ""
            if name:
                found[name] = family(child.pid)
        return found

    @property
    def measured(self) -> Sequence[psutil.Process]:
        apart = {process.pid for group in self.apart.values() for process in group}
        return [one for one in family(self.web.pid) if one.pid not in apart]

    async def keys(self, clients: int) -> list[str]:
        """Each client is a user of its own: nobody shares an account."""
        if len(self._keys) < clients:
            async with self.live.database() as (settings, database):
                while len(self._keys) < clients:
                    self._keys.append(await _new_key(settings, database))
        return self._keys[:clients]


async def _new_key(settings: Settings, database: Database) -> str:
    """An API key of somebody new on the plan whose limits are lifted."""
    person = people.Person(email=f"{new_id()}@example.com", plan=PlanName.BUSINESS)
    user = await people.create(database, settings, person)
    async with database.transaction() as tx:
        made = await Keys(clock=utc_now).create(
            tx, user, name="bench", scopes=None, expires_at=None
        )
    return made.secret


@asynccontextmanager
async def product(folder: Path, stub_port: int, cores: Cores) -> AsyncIterator[Product]:
    """`serve` on engines of its own, with the defaults of a new installation."""
    live = LiveServer(folder, **SETTINGS, OPENAI_BASE_URL=f"http://127.0.0.1:{stub_port}/v1")
    await live.start()
    try:
        yield Product(live, cores)
    finally:
        await live.stop()


@asynccontextmanager
async def stub(cores: Cores) -> AsyncIterator[Plain]:
    """The provider; asked directly it shows what the rig could do with nothing in between."""
    async with running(module("tests.benchmarks.stub"), core=cores.others) as process:
        port = int(await line(process, START_S))
        yield Plain(CEILING, "sse", "/v1/chat/completions", port, process.pid)


@asynccontextmanager
async def relay(name: str, way: str, stub_port: int, cores: Cores) -> AsyncIterator[Plain]:
    """A bare relay of ``relay``."""
    command = module("tests.benchmarks.relay", way, f"http://127.0.0.1:{stub_port}/v1")
    async with running(command, core=cores.measured) as process:
        port = int(await line(process, START_S))
        yield Plain(name, "relay", "/ws", port, process.pid)
