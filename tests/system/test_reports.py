"""A scheduled report while processes die: it comes later, once, and is paid once."""

import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import httpx2
import pytest_asyncio
from sqlalchemy import text

from knowledge.hostdata import put_campaigns
from server.domain.clock import utc_now
from server.local.engines import EngineUrls
from server.persistence.redis import open_redis
from tests.knowledge.hosts import campaign, usd
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.eventually import eventually
from tests.support.server import LiveServer

DATABASE = database_name("reports")
SCHEDULE = "/api/analytics/schedule"

DEATH_S = 60.0
"""For a process to come to where it dies."""

REAPED_S = 60.0
"""The turn of a dead process is ended once its lease has run out, 15 s later."""


@pytest_asyncio.fixture
async def own(engines: EngineUrls, tmp_path: Path) -> AsyncIterator[LiveServer]:
    """A server on an empty database, answering by the demo; not started yet."""
    await drop_database(engines, DATABASE)
    url = await create_database(engines, DATABASE)
    async with open_redis(redis_url(engines, 3)) as redis:
        await redis.flushdb()
    server = LiveServer(
        tmp_path,
        DATABASE_URL=url,
        REDIS_URL=redis_url(engines, 3),
        SECRET_KEY="a-secret-key-of-more-than-32-characters",
    )
    yield server
    if server.is_running:
        await server.stop()
    await drop_database(engines, DATABASE)


async def die_at(server: LiveServer, point: str) -> None:
    """A process that makes what is due, and dies there; then the time that was its own passes."""
    server.environment["FAILPOINTS"] = f"{point}@1"
    with suppress(
        AssertionError, httpx2.TransportError
    ):  # it may come to its point before it is ready
        await server.start()
    await eventually(lambda: not server.is_running, DEATH_S)
    assert await server.stop() == -signal.SIGKILL
    del server.environment["FAILPOINTS"]
    await write(server, "UPDATE report_schedules SET claimed_until = now()")


async def write(server: LiveServer, statement: str) -> None:
    async with server.database() as (_, database), database.transaction() as tx:
        await tx.execute(text(statement))


async def told(server: LiveServer) -> list[str]:
    rows = await server.rows(
        "SELECT data->>'generationId' FROM notifications WHERE event = 'report.ready'"
    )
    return [row[0] for row in rows]


async def all_ended(server: LiveServer) -> bool:
    running = "SELECT id FROM turns WHERE state IN ('admitted', 'running')"
    return not await server.rows(running)


async def test_a_kill_at_every_point_only_delays(own: LiveServer) -> None:
    await own.start()
    key = await own.new_key()
    async with own.http(key) as http:
        put = await http.put(SCHEDULE, json={"cadence": "weekly"})
        assert put.status_code == 200, put.text
        user = UUID((await http.get("/api/auth/me")).json()["data"]["id"])
    await own.stop()
    async with own.database() as (_, database), database.transaction() as tx:
        told_by_host = campaign(name="Spring", revenue=usd(321.5))
        await put_campaigns(tx, user, [told_by_host], utc_now())
    await write(own, "UPDATE report_schedules SET next_at = now() - interval '1 min'")
    for point in ("report.claimed", "settlement.writing", "report.made"):
        await die_at(own, point)
    assert await told(own) == []
    await own.start()
    await eventually(lambda: told(own), DEATH_S)
    await eventually(lambda: all_ended(own), REAPED_S)
    async with own.http(key) as http:
        summary = (await http.get("/api/analytics/ai/summary")).json()["data"]
        schedule = (await http.get(SCHEDULE)).json()["data"]
    assert await told(own) == [summary["generationId"]]
    assert (summary["period"], summary["platforms"]) == ("last 30 days", ["onlyfans"])
    assert schedule["lastGenerationId"] == summary["generationId"]
    states = [row[0] for row in await own.rows("SELECT state FROM turns ORDER BY id")]
    assert states == ["failed", "completed"]
    (moved,) = await own.rows("SELECT sum(amount) FROM transfers WHERE kind = 'capture'")
    assert Decimal(moved[0]) / 10**6 == Decimal(summary["usage"]["charged"]) > 0
    await own.cli("reconcile")
