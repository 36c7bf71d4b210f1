"""``python -m billing`` as it is started: a process with real engines, told to stop and killed."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from billing.__main__ import prune, requeue
from billing.alerts import open_alerts
from billing.consumers.deadletters import put_aside
from server.domain.usage import UsageEvent
from server.local.engines import EngineUrls
from server.persistence import outbox
from server.persistence.database import Database
from server.persistence.redis import USAGE_GROUP, USAGE_STREAM
from server.workers.relay import Relay
from tests.billing.support import make_user, usage_event
from tests.support.emf import extract
from tests.support.eventually import eventually


async def start(*arguments: str, **environment: str) -> Process:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "billing",
        *arguments,
        env={**kept, **environment},
        stdout=PIPE,
        stderr=PIPE,
    )


@asynccontextmanager
async def worker(urls: EngineUrls, *arguments: str, **environment: str) -> AsyncIterator[Process]:
    process = await start(
        *arguments, DATABASE_URL=urls.database_url, REDIS_URL=urls.redis_url, **environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def send(database: Database, redis: Redis, count: int) -> list[UsageEvent]:
    user, _ = await make_user(database)
    events = [usage_event(user, cost=7) for _ in range(count)]
    async with database.transaction() as tx:
        await outbox.append(tx, events)
    await Relay(database, redis).flush()
    return events


async def until_applied(database: Database) -> None:
    query = text("SELECT count(*) FROM outbox WHERE applied_at IS NULL")
    async with asyncio.timeout(30):
        while True:
            async with database.snapshot() as snapshot:
                if not await snapshot.scalar(query):
                    return
            await asyncio.sleep(0.05)


async def billed(database: Database) -> tuple[int, int]:
    async with database.snapshot() as snapshot:
        row = await snapshot.execute(
            text("SELECT sum(request_count)::bigint, sum(cost_usd)::bigint FROM monthly_charges")
        )
        count, cost = row.one()
        return count, cost


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_that_is_told_to_stop_exits_0_with_nothing_pending(
    database: Database, redis: Redis, migrated: EngineUrls, number: signal.Signals
) -> None:
    async with worker(migrated) as process:
        await send(database, redis, 20)
        await until_applied(database)
        process.send_signal(number)
        async with asyncio.timeout(15):
            assert await process.wait() == 0
    assert await billed(database) == (20, 140)
    assert await redis.xinfo_consumers(USAGE_STREAM, USAGE_GROUP) == []


async def test_figures_are_exact_after_a_worker_was_killed(
    database: Database, redis: Redis, migrated: EngineUrls
) -> None:
    async with worker(migrated) as process:
        await send(database, redis, 20)
        await until_applied(database)
        process.kill()
        await process.wait()
    await send(database, redis, 30)
    async with worker(migrated):
        await until_applied(database)
    assert await billed(database) == (50, 350)


async def test_what_is_written_is_told_to_cloudwatch_on_standard_output(
    database: Database, redis: Redis, migrated: EngineUrls
) -> None:
    async with worker(migrated, CLOUDWATCH_NAMESPACE="Causerie") as process:
        await send(database, redis, 20)
        await until_applied(database)
        process.send_signal(signal.SIGTERM)
        out, _ = await process.communicate()
    told = [datum for line in out.splitlines() for datum in extract(line) if not datum.dimensions]
    calls = [datum.values for datum in told if datum.name == "Calls"]
    assert sum(sum(values) for values in calls) == 20
    assert any(datum.name == "UnwrittenAge" for datum in told)


async def test_what_was_sent_and_lost_is_queued_again_without_a_web_process(
    database: Database, redis: Redis
) -> None:
    await send(database, redis, 3)
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET published_at = now() + interval '2 minutes'"))
        await tx.execute(
            text("UPDATE outbox SET published_at = now() - interval '2 min' WHERE id=1")
        )
    await requeue(database, redis)
    assert await Relay(database, redis).flush() == 1


async def test_all_that_is_old_is_forgotten_however_much(database: Database) -> None:
    many = 2 * outbox.SWEEP_MOST + 1
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "INSERT INTO outbox (call_id, payload, applied_at)"
                " SELECT gen_random_uuid(), '{}', now() - CASE WHEN i <= :old THEN interval '8 d'"
                " ELSE interval '6 d' END FROM generate_series(1, CAST(:old AS bigint) + 3) AS i"
            ),
            {"old": many},
        )
    await prune(database, 7)
    async with database.snapshot() as snapshot:
        left = await snapshot.scalar(text("SELECT count(*) FROM outbox"))
    assert left == 3


@pytest.mark.parametrize("place", ["worker.read", "worker.written", "worker.committed"])
async def test_a_worker_that_dies_at_the_worst_moment_leaves_exact_figures(
    database: Database, redis: Redis, migrated: EngineUrls, place: str
) -> None:
    await send(database, redis, 450)
    name = "--consumer", "the-only-one"
    async with worker(migrated, *name, FAILPOINTS=f"{place}@2") as process:
        async with asyncio.timeout(30):
            assert await process.wait() == -signal.SIGKILL
    pending: Any = await redis.xpending(USAGE_STREAM, USAGE_GROUP)
    assert pending["pending"] > 0
    async with worker(migrated, *name):
        await until_applied(database)
        await eventually(lambda: nothing_pending(redis))
    assert await billed(database) == (450, 3150)


async def nothing_pending(redis: Redis) -> bool:
    summary: Any = await redis.xpending(USAGE_STREAM, USAGE_GROUP)
    return bool(summary["pending"] == 0)


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://localhost/x"}, "REDIS_URL"),
        ({"DATABASE_URL": "mysql://localhost/x", "REDIS_URL": "redis://x"}, "DATABASE_URL"),
    ],
)
async def test_a_wrong_setting_is_one_line(environment: dict[str, str], line: str) -> None:
    process = await start(**environment)
    out, err = await process.communicate()
    assert process.returncode == 2
    assert out == b""
    assert err.decode().startswith(line)
    assert err.count(b"\n") == 1


async def test_the_process_watches_for_incidents(database: Database, migrated: EngineUrls) -> None:
    async with database.transaction() as tx:
        await put_aside(tx, "1-0", b"", "It is no JSON.")
    async with worker(migrated):

        async def kinds() -> list[str]:
            async with database.snapshot() as snapshot:
                return [alert.kind for alert in await open_alerts(snapshot)]

        assert await eventually(kinds) == ["dead_letters"]
