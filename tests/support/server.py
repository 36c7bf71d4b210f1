"""The product as a user starts it: `python -m server serve` in processes of its own."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import text

from billing.plans import PlanName
from server.accounts.access import UserRole
from server.accounts.keys import Keys
from server.cli import people
from server.domain.clock import utc_now
from server.domain.ids import UserId, new_id
from server.local.urls import find_engines
from server.persistence.database import Database, open_database
from server.settings import Settings, load, with_engines
from tests.support.dying import dying_with_us
from tests.support.eventually import eventually

ROOT = Path(__file__).resolve().parents[2]
START_S = 60.0
STOP_S = 40.0
READY = re.compile(r"ready at (\S+)")


class LiveServer:
    """One `serve` with its web and billing process; its own port, the engines that it is told."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV"}
        }
        self.environment = {
            **kept,
            "PORT": "0",
            "DATA_DIR": str(folder / "data"),
            "PYTHONUNBUFFERED": "1",
            # What a test lets fail fails at once; tests of second attempts ask for them.
            "PROVIDER_ATTEMPTS": "1",
            "BREAKER_CALLS": "10000",
            # Nor is anything charged that a test has not asked for.
            "AUTO_TITLES": "false",
            "AUTO_SUMMARIES": "false",
            # Nor refused because the machine is slow.
            "OVERLOAD_LAG_SECONDS": "0",
            **environment,
        }
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/ws"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """Everything that it printed and logged so far."""
        return (self.folder / "output.log").read_text(errors="replace")

    async def start(self) -> None:
        """Start and wait until it is ready."""
        with (self.folder / "output.log").open("wb") as output:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - it outlives the call
                dying_with_us(sys.executable, "-m", "server", "serve"),
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        await eventually(self._is_ready, START_S)
        # A restart serves at the same address, so that clients find it again.
        self.environment["PORT"] = self.url.rpartition(":")[2]

    async def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"serve ended with {self._process.returncode}:\n{self.output}")
        found = READY.search(self.output)
        if found is None:
            return False
        self.url = found[1]
        async with httpx2.AsyncClient() as http:
            return (await http.get(f"{self.url}/healthz/ready")).status_code == 200

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end and wait for its exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        status = await asyncio.to_thread(self._process.wait, STOP_S)
        self._process = None
        return status

    def send(self, number: int) -> None:
        """A signal, without waiting for what comes of it."""
        assert self._process is not None
        self._process.send_signal(number)

    async def kill(self) -> None:
        """End `serve` as a crash would, without a word."""
        await self.stop(signal.SIGKILL)

    async def cli(self, *arguments: str, status: int = 0) -> str:
        """Run `python -m server …` beside it; answers standard output."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server",
            *arguments,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == status, f"{arguments}: {out.decode()}{err.decode()}"
        return out.decode()

    async def json(self, *arguments: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(await self.cli(*arguments, "--json"))
        return answer

    @asynccontextmanager
    async def database(self) -> AsyncIterator[tuple[Settings, Database]]:
        """What it keeps, wherever its engines are."""
        settings = load(self.environment)
        urls = find_engines(Path(settings.data_dir)) if settings.starts_engines else None
        if urls is not None:
            settings = with_engines(
                settings, database_url=urls.database_url, redis_url=urls.redis_url, owned=False
            )
        async with open_database(settings.engines.database, pool_size=1) as database:
            yield settings, database

    async def new_user(self, *, role: str = "user", plan: str = "business") -> str:
        """Make somebody new, as the command line does; answers their e-mail address."""
        person = _somebody(role, plan)
        async with self.database() as (settings, database):
            await people.create(database, settings, person)
        return person.email

    async def new_link(self, *, role: str = "user", plan: str = "business") -> str:
        """A sign-in link of somebody new."""
        async with self.database() as (settings, database):
            made = await people.create(database, settings, _somebody(role, plan))
            return await people.link(database, settings, made)

    async def key(self, email: str) -> str:
        """A new API key of theirs."""
        async with self.database() as (_, database), database.transaction() as tx:
            user = UserId((await people.find(tx, email)).id)
            made = await Keys(clock=utc_now).create(
                tx, user, name="test", scopes=None, expires_at=None
            )
        return made.secret

    async def new_key(self, **person: str) -> str:
        """An API key of somebody new."""
        return await self.key(await self.new_user(**person))

    async def rows(self, query: str) -> list[Any]:
        """What a query finds in its database."""
        async with self.database() as (_, database), database.snapshot() as tx:
            return list(await tx.execute(text(query)))

    def http(self, key: str) -> httpx2.AsyncClient:
        """A client of the REST interface with that key."""
        return httpx2.AsyncClient(
            base_url=self.url, headers={"authorization": f"Bearer {key}"}, timeout=30
        )


def _somebody(role: str, plan: str) -> people.Person:
    return people.Person(email=f"{new_id()}@example.com", role=UserRole(role), plan=PlanName(plan))


@asynccontextmanager
async def serving(folder: Path, **environment: str) -> AsyncIterator[LiveServer]:
    """A server for the length of a test, ended in good order."""
    server = LiveServer(folder, **environment)
    await server.start()
    try:
        yield server
    finally:
        if server._process is not None:
            await server.stop()
