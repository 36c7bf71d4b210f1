"""Every fault that a rig can do, and how often: each plays to its end and mends what it broke."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import asyncpg
from redis.exceptions import RedisError

from server.persistence.redis import USAGE_STREAM, open_redis
from server.persistence.usage_stream import EVENT
from tests.support.engines import connection
from tests.support.eventually import eventually
from tests.system.chaos.book import Book
from tests.system.chaos.cluster import STOP_S, Cluster
from tests.system.chaos.member import Member

READY_S = 30.0
SERVICE_S = 90.0
"""Until a turn must be admitted again after a fault."""

Fault = Callable[["Faults"], Awaitable[None]]


class Faults:
    """A schedule drawn by lot. ``scale`` shortens what lasts long."""

    def __init__(
        self, cluster: Cluster, book: Book, rng: random.Random, *, scale: float = 1.0
    ) -> None:
        self.cluster = cluster
        self.book = book
        self.rng = rng
        self.scale = scale
        self.drained: dict[str, str] = {}
        """Turns of processes that were asked to end and did, by whose they were: not to be lost."""

    async def run(
        self, ended: asyncio.Event, raging: asyncio.Event, kinds: dict[Fault, int], rest: float
    ) -> None:
        """One fault after the other while ``raging``, with pauses of about ``rest`` seconds."""
        faults, weights = list(kinds), list(kinds.values())
        while not ended.is_set():
            await raging.wait()
            await self.do(self.rng.choices(faults, weights)[0])
            await asyncio.sleep(self.rng.uniform(0.5, 1.5) * rest)

    async def do(self, fault: Fault) -> None:
        """One fault to its end; after a heavy one, also to the next turn that is admitted."""
        began = time.time()
        self.book.troubled += 1
        kind = fault.__name__
        try:
            await fault(self)
        except (OSError, RedisError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self.book.crashes[f"{kind}: {type(error).__name__}"] += 1
        finally:
            self.book.troubled -= 1
            over = time.time()
            self.book.fault(kind, began, over)
        if kind in HEAVY:
            await self._await_service(kind, over)

    async def _await_service(self, kind: str, since: float) -> None:
        """A recovery, so that the next fault meets a system that works."""
        while time.time() - since < SERVICE_S:
            if self.book.started_at and self.book.started_at[-1] > since:
                self.book.service_gaps.append((kind, self.book.started_at[-1] - since))
                return
            await asyncio.sleep(0.05)
        self.book.wrong("service", kind, f"no turn was admitted in {SERVICE_S:g} s after it")

    def web(self) -> Member:
        return self.rng.choice(self.cluster.webs)

    def worker(self) -> Member:
        return self.rng.choice(self.cluster.workers)


async def kill_web(faults: Faults) -> None:
    faults.web().send(signal.SIGKILL, "killed")


async def kill_two_webs(faults: Faults) -> None:
    for web in faults.rng.sample(faults.cluster.webs, 2):
        web.send(signal.SIGKILL, "killed")


async def kill_billing(faults: Faults) -> None:
    faults.worker().send(signal.SIGKILL, "killed")


async def freeze_web(faults: Faults) -> None:
    """Shorter than a lease, about as long, and much longer."""
    seconds = faults.rng.choices((5, 20, 60), (5, 3, 1))[0] * faults.scale
    awake = [web for web in faults.cluster.webs if not web.is_frozen]
    if len(awake) > 1:  # somebody must be there to serve
        await faults.rng.choice(awake).freeze(seconds)


async def roll(faults: Faults) -> None:
    """A deploy: each web process ends in good order, and another takes its place."""
    for web in faults.cluster.webs:
        if not web.is_ready or web.is_frozen:
            continue
        began, frozen = time.time(), web.frozen_times
        running = await faults.cluster.live_on(web.boot)
        status = await web.stopped(signal.SIGTERM, STOP_S)
        if web.frozen_times > frozen:
            continue  # it could not do anything about it
        if status is None:
            faults.book.wrong("drain", web.name, f"did not end within {STOP_S:g} s of SIGTERM")
            web.send(signal.SIGKILL, "did not end")
        elif status > 0:
            faults.book.wrong("drain", web.name, f"ended with status {status} after SIGTERM")
        elif status == 0 and not faults.book.was_troubled_by_others(began, time.time()):
            faults.drained |= dict.fromkeys(running, web.name)
        with suppress(AssertionError):
            await eventually(partial(getattr, web, "is_ready"), READY_S)


async def stop_billing(faults: Faults) -> None:
    """Nobody bills for a while: events pile up."""
    frozen = [
        worker.freeze(faults.rng.uniform(5, 15) * faults.scale) for worker in faults.cluster.workers
    ]
    await asyncio.gather(*frozen)


async def kill_redis(faults: Faults) -> None:
    if faults.cluster.engines.may_die:
        await faults.cluster.engines.kill_redis(faults.rng.uniform(0.2, 3), empty=False)


async def empty_redis(faults: Faults) -> None:
    if faults.cluster.engines.may_die:
        await faults.cluster.engines.kill_redis(faults.rng.uniform(0.2, 3), empty=True)


async def flush_redis(faults: Faults) -> None:
    await faults.cluster.engines.flush()


async def flush_scripts(faults: Faults) -> None:
    await faults.cluster.engines.flush(scripts=True)


async def freeze_redis(faults: Faults) -> None:
    await faults.cluster.engines.freeze_redis(faults.rng.choice((0.5, 3.0, 8.0 * faults.scale)))


async def cut_redis(faults: Faults) -> None:
    faults.cluster.redis.cut()


async def refuse_redis(faults: Faults) -> None:
    faults.cluster.redis.refuse()
    await asyncio.sleep(faults.rng.uniform(0.2, 4))
    faults.cluster.redis.accept()


async def lose_redis_replies(faults: Faults) -> None:
    faults.cluster.redis.lose_replies(faults.rng.randint(1, 5))
    await asyncio.sleep(0.5)
    faults.cluster.redis.lose_replies(0)


async def slow_redis(faults: Faults) -> None:
    faults.cluster.redis.latency_s = faults.rng.choice((0.005, 0.05))
    await asyncio.sleep(3)
    faults.cluster.redis.latency_s = 0.0


async def stop_postgres(faults: Faults) -> None:
    if faults.cluster.engines.may_die:
        await faults.cluster.engines.stop_postgres(faults.rng.uniform(0.2, 6))


async def terminate_connections(faults: Faults) -> None:
    await faults.cluster.engines.terminate_connections()


async def cut_postgres(faults: Faults) -> None:
    faults.cluster.postgres.cut()


async def refuse_postgres(faults: Faults) -> None:
    faults.cluster.postgres.refuse()
    await asyncio.sleep(faults.rng.uniform(0.2, 5))
    faults.cluster.postgres.accept()


async def lose_commit_replies(faults: Faults) -> None:
    faults.cluster.postgres.lose_replies(faults.rng.randint(1, 4))
    await asyncio.sleep(1)
    faults.cluster.postgres.lose_replies(0)


async def pause_postgres(faults: Faults) -> None:
    """A network that holds everything back and then delivers it."""
    faults.cluster.postgres.pause()
    await asyncio.sleep(faults.rng.uniform(0.5, 7))
    faults.cluster.postgres.resume()


async def lock_storm(faults: Faults) -> None:
    """Somebody keeps locking the account that is used most."""
    give_up = time.monotonic() + 3
    while time.monotonic() < give_up:
        url = faults.cluster.engines.urls.database_url
        async with connection(url) as admin, admin.transaction():
            await admin.execute(
                "SELECT 1 FROM accounts WHERE id IN (SELECT account_id FROM holds"
                " ORDER BY created_at DESC LIMIT 1) FOR UPDATE"
            )
            await asyncio.sleep(faults.rng.uniform(0.05, 0.3))


async def poison(faults: Faults) -> None:
    """Events that nobody can write: no JSON, and a creator who does not exist."""
    async with open_redis(faults.cluster.engines.urls.redis_url) as redis:
        await redis.xadd(USAGE_STREAM, {EVENT: b"\xff{"})
        rows: Any = await redis.xrevrange(USAGE_STREAM, count=20)
        for _, fields in rows:
            event = fields.get(EVENT, b"")
            if event.startswith(b"{") and b'"creatorId"' in event:
                strange = _with(event, "creatorId", str(uuid4()))
                await redis.xadd(USAGE_STREAM, {EVENT: _with(strange, "callId", str(uuid4()))})
                return


def _with(event: bytes, name: str, value: str) -> bytes:
    head, _, rest = event.partition(f'"{name}"'.encode())
    quoted = rest.partition(b'"')[2].partition(b'"')[0]
    return head + f'"{name}"'.encode() + rest.replace(quoted, value.encode(), 1)


async def freeze_provider(faults: Faults) -> None:
    """Connections are taken by the kernel, and nobody answers."""
    os.kill(faults.cluster.stub_pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(faults.rng.choice((1, 4)))
    finally:
        os.kill(faults.cluster.stub_pid, signal.SIGCONT)


HEAVY = {
    "kill_two_webs", "roll", "kill_redis", "empty_redis", "freeze_redis", "refuse_redis",
    "stop_postgres", "refuse_postgres", "pause_postgres", "terminate_connections", "cut_postgres",
}  # fmt: skip

OF_PROCESSES: dict[Fault, int] = {kill_web: 10, kill_two_webs: 2, kill_billing: 6, roll: 1}
OF_PATIENCE: dict[Fault, int] = {freeze_web: 4, stop_billing: 1}
"""They take long, so they have a schedule of their own."""

OF_ENGINES: dict[Fault, int] = {
    kill_redis: 2,
    empty_redis: 2,
    flush_redis: 4,
    flush_scripts: 4,
    freeze_redis: 2,
    cut_redis: 4,
    refuse_redis: 2,
    lose_redis_replies: 6,
    slow_redis: 2,
    stop_postgres: 2,
    terminate_connections: 4,
    cut_postgres: 4,
    refuse_postgres: 2,
    lose_commit_replies: 6,
    pause_postgres: 2,
    lock_storm: 3,
    poison: 2,
    freeze_provider: 2,
}
