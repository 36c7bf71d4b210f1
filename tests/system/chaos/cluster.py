"""Three web processes and two billing workers on engines of their own, behind faulty wires."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from server.local.engines import EngineUrls
from server.migrations.upgrade import upgrade
from tests.support.engines import connection
from tests.support.eventually import eventually
from tests.support.proxy import Proxy, proxied
from tests.system.chaos.engines import OwnEngines, own_engines
from tests.system.chaos.member import ROOT, Death, Member
from tests.system.conftest import free_port

START_S = 90.0
DRAIN_S = 4
STOP_S = DRAIN_S + 40.0
"""A process that drains may also wait for turns that are being written, and for the outbox."""

PROVIDER_KEY = "sk-planted-provider-0001"
SECRET_KEY = "planted-secret-key-0123456789-0123456789"

SETTINGS = {
    "OPENAI_MODELS": "stub-model=2.500003/10.000007",
    # Not round, so that it matters how a call's cost is rounded.
    "OPENAI_API_KEY": PROVIDER_KEY,
    "SECRET_KEY": SECRET_KEY,
    "CONNECT_SECONDS": "2",
    "FIRST_TOKEN_SECONDS": "3",
    "BETWEEN_TOKENS_SECONDS": "3",
    "TURN_SECONDS": "60",
    "DRAIN_SECONDS": str(DRAIN_S),
    "QUOTA_STARTER_USD": "0.12",
    "RATE_STARTER_PER_HOUR": "100000",
    "RATE_PRO_PER_HOUR": "100000",
    "RATE_BUSINESS_PER_HOUR": "1000000",
    "RATE_WORKSPACE_PER_HOUR": "1000000",
    "RATE_ADDRESS_PER_HOUR": "10000000",
    "SESSIONS_PER_ADDRESS": "4000",
    "RATE_LIMIT_FAIL_OPEN": "true",
    "SESSIONS_PER_USER": "64",
    "LOG_FORMAT": "json",
}


@dataclass
class Cluster:
    """All that a rig runs. ``rows`` asks the database past the proxies."""

    folder: Path
    engines: OwnEngines
    through: EngineUrls
    postgres: Proxy
    redis: Proxy
    webs: list[Member] = field(default_factory=list)
    workers: list[Member] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    orphans: dict[str, Death] = field(default_factory=dict)
    """Turns that a process left behind when it died, as far as the database could be asked."""
    stub_pid: int = 0
    baseline: dict[str, tuple[float, int]] = field(default_factory=dict)
    """MiB and open files of each web process when all had just started."""
    _noting: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def members(self) -> list[Member]:
        return [*self.webs, *self.workers]

    @property
    def stub_log(self) -> Path:
        return self.folder / "provider.jsonl"

    async def rows(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        async with connection(self.engines.urls.database_url) as admin:
            found: list[asyncpg.Record] = await admin.fetch(query, *arguments)
        return found

    async def boot_of(self, pid: int) -> str | None:
        """The boot under which a web process holds its lease."""
        try:
            rows = await self.rows(
                "SELECT boot_id FROM workers WHERE pid = $1 ORDER BY started_at DESC LIMIT 1", pid
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None
        return str(rows[0]["boot_id"]) if rows else None

    async def live_on(self, boot: str | None) -> list[str]:
        """The turns that a process runs; none when the database does not say."""
        query = "SELECT id FROM turns WHERE boot_id = $1::uuid AND state IN ('admitted', 'running')"
        try:
            rows = await self.rows(query, boot) if boot is not None else []
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return []
        return [str(row["id"]) for row in rows]

    def died(self, death: Death) -> None:
        """Keep an end, and what it left behind."""

        async def note() -> None:
            for turn in await self.live_on(death.boot):
                self.orphans[turn] = death

        self.deaths.append(death)
        task = asyncio.create_task(note())
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def all_ready(self, within_s: float = START_S) -> None:
        await eventually(lambda: all(member.is_ready for member in self.members), within_s)

    def arm(self, part: float) -> None:
        """From now on, so many of those that start are to kill themselves somewhere."""
        for member in self.members:
            member.arm = part


def size(web: Member) -> tuple[float, int]:
    """MiB in memory and open files; nothing of a process that is not there."""
    try:
        process = psutil.Process(web.pid)
        return round(process.memory_info().rss / 2**20, 1), process.num_fds()
    except psutil.NoSuchProcess:
        return 0.0, 0


def environment(folder: Path, urls: EngineUrls, **more: str) -> dict[str, str]:
    """What a process of the product is started with."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        **SETTINGS,
        "PYTHONUNBUFFERED": "1",
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": urls.database_url,
        "REDIS_URL": urls.redis_url,
        **more,
    }


@asynccontextmanager
async def cluster_running(
    folder: Path,
    rng: random.Random,
    *,
    webs: int = 3,
    billing: int = 2,
    claims: bool = False,
    engines: OwnEngines | None = None,
    points: Mapping[str, str] | None = None,
    **more: str,
) -> AsyncIterator[Cluster]:
    """Everything up and ready; ended in good order. ``more``: environment of the product.

    Workers keep their names when they start again, and so take up at once what they had read;
    with ``claims`` the last one does not. ``points``: failpoints of the first start, by member.
    """
    async with AsyncExitStack() as stack:
        if engines is None:
            engines = await stack.enter_async_context(own_engines(folder / "engines"))
            await upgrade(engines.urls.database_url)
        postgres, redis, through = await stack.enter_async_context(proxied(engines.urls))
        cluster = Cluster(folder, engines, through, postgres, redis)
        stub_port = free_port()
        await _start_stub(cluster, stub_port, stack)
        base = environment(
            folder, through, OPENAI_BASE_URL=f"http://127.0.0.1:{stub_port}/v1", **more
        )
        for number in range(webs + billing):
            is_web = number < webs
            port = free_port() if is_web else 0
            name = f"web{number}" if is_web else f"billing{number - webs}"
            member = Member(
                name,
                port,
                folder,
                {**base, "PORT": str(port)},
                is_web,
                random.Random(rng.random()),
                cluster.died,
                (lambda pid: asyncio.ensure_future(cluster.boot_of(pid))) if is_web else None,
            )
            member.points = (points or {}).get(name, "")
            member.has_name = not (claims and number == webs + billing - 1)
            (cluster.webs if is_web else cluster.workers).append(member)
        keeping = [asyncio.create_task(member.keep()) for member in cluster.members]
        try:
            await cluster.all_ready()
            cluster.baseline = {web.name: size(web) for web in cluster.webs}
            yield cluster
        finally:
            cluster.postgres.accept()
            cluster.redis.accept()
            await asyncio.gather(*(member.close(STOP_S) for member in cluster.members))
            await asyncio.wait(keeping, timeout=10)


async def _start_stub(cluster: Cluster, port: int, stack: AsyncExitStack) -> None:
    with (cluster.folder / "provider.log").open("wb") as log:
        stub = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.system.chaos.provider",
            str(port),
            str(cluster.stub_log),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
        )

    cluster.stub_pid = stub.pid

    async def end() -> None:
        if stub.returncode is None:
            stub.send_signal(signal.SIGTERM)
        await stub.wait()

    stack.push_async_callback(end)
    await eventually(cluster.stub_log.exists, START_S)
