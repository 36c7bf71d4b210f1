"""PostgreSQL and Valkey of a rig's own, synced to disk as in production, that can be ill-treated.

The keeper that runs them revives them; to keep one down for a while, the keeper is frozen.
"""

import asyncio
import os
import shutil
import signal
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
from sqlalchemy import make_url

from server.local.engines import Engines, EngineUrls
from server.persistence.redis import open_redis
from tests.support.engines import connection, create_database, drop_database
from tests.support.eventually import eventually

DEATHS, DEATHS_WITHIN_S = 3, 62.0
"""Fewer than the keeper takes for a sign that starting again is no use."""

READY_S = 90.0


class OwnEngines:
    """Two engines; ``urls`` lead to them directly, past every proxy."""

    def __init__(self, engines: Engines, urls: EngineUrls) -> None:
        self._engines = engines
        self._killed_at: deque[float] = deque(maxlen=DEATHS)
        self.urls = urls

    @property
    def may_die(self) -> bool:
        """Whether the keeper would still revive an engine that is killed now."""
        full = len(self._killed_at) == DEATHS
        return not full or time.monotonic() - self._killed_at[0] > DEATHS_WITHIN_S

    async def fresh(self, name: str) -> "OwnEngines":
        """The same engines, empty: a database of that name at the newest schema, no keys."""
        template = self.urls.database_url
        await drop_database(self.urls, name)
        url = await create_database(self.urls, name, make_url(template).database)
        await self.flush()
        return OwnEngines(
            self._engines, EngineUrls(database_url=url, redis_url=self.urls.redis_url)
        )

    async def stop_postgres(self, down_s: float) -> None:
        """Stop it immediately, in the middle of everything, and let it recover later."""
        await self._kill(self._postmaster(), signal.SIGQUIT, down_s)
        await self.postgres_answers()

    async def kill_redis(self, down_s: float, *, empty: bool) -> None:
        """Kill it; ``empty``: it forgets all it had written to its file."""
        await self._kill(self._valkey(), signal.SIGKILL, down_s, empty=empty)
        await self.redis_answers()

    async def freeze_redis(self, seconds: float) -> None:
        with _frozen(self._valkey()):
            await asyncio.sleep(seconds)

    async def terminate_connections(self) -> int:
        """End every session that PostgreSQL has with the product."""
        async with connection(self.urls.database_url) as admin:
            rows = await admin.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'causerie'"
            )
        return len(rows)

    async def flush(self, *, scripts: bool = False) -> None:
        """Forget all keys, or only the scripts that were loaded."""
        async with open_redis(self.urls.redis_url) as redis:
            _ = await (redis.script_flush() if scripts else redis.flushall())

    async def postgres_answers(self) -> None:
        async def asked() -> bool:
            try:
                async with asyncio.timeout(3), connection(self.urls.database_url) as admin:
                    return bool(await admin.fetchval("SELECT true"))
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return False

        await eventually(asked, READY_S)

    async def redis_answers(self) -> None:
        async def asked() -> bool:
            with suppress(Exception):
                async with open_redis(self.urls.redis_url) as redis:
                    return bool(await redis.ping())
            return False

        await eventually(asked, READY_S)

    async def _kill(
        self, process: psutil.Process, number: int, down_s: float, *, empty: bool = False
    ) -> None:
        self._killed_at.append(time.monotonic())
        with _frozen(psutil.Process(self._engines.keeper.pid)):
            process.send_signal(number)
            await eventually(lambda: _has_ended(process), 30)
            if empty:
                for path in self._engines.home.valkey.iterdir():
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            await asyncio.sleep(down_s)

    def _postmaster(self) -> psutil.Process:
        path = self._engines.home.postgres / "postmaster.pid"
        return psutil.Process(int(path.read_text().splitlines()[0]))

    def _valkey(self) -> psutil.Process:
        children = psutil.Process(self._engines.keeper.pid).children()
        return next(child for child in children if "valkey" in child.name())


class _frozen:  # noqa: N801 - reads as a statement
    """A process that gets no time for as long as the body runs."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process

    def __enter__(self) -> None:
        os.kill(self._process.pid, signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGCONT)


def _has_ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@asynccontextmanager
async def own_engines(folder: Path, *, fsync: bool = True) -> AsyncIterator[OwnEngines]:
    """Engines over ``folder`` for as long as the body runs. Without ``fsync`` PostgreSQL forgets
    commits when it is stopped immediately: only for scenes that leave it alone."""
    engines = Engines(folder, fsync=fsync)
    try:
        await asyncio.to_thread(engines.launch)
        yield OwnEngines(engines, await asyncio.to_thread(engines.await_ready))
    finally:
        await asyncio.to_thread(engines.stop)
