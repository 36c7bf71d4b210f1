"""Users who leave while processes die: it only takes longer."""

import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest_asyncio
from sqlalchemy import text

from server.local.engines import EngineUrls
from server.persistence.redis import open_redis
from tests.support.client import session
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.eventually import eventually
from tests.support.pictures import png
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer
from tests.system.conftest import MODEL, configured
from tests.system.test_kills import billing_of

DATABASE = database_name("leaving")

DEATH_S = 60.0
"""For a process to come to where it dies. It may wait for the turns of another that was killed,
which are ended once its lease has run out, 15 s later."""


@pytest_asyncio.fixture
async def own(
    engines: EngineUrls, tmp_path: Path, stub_port: int, stub: OpenAIStub
) -> AsyncIterator[LiveServer]:
    """A server on an empty database; not started yet."""
    await drop_database(engines, DATABASE)
    url = await create_database(engines, DATABASE)
    async with open_redis(redis_url(engines, 3)) as redis:
        await redis.flushdb()
    server = configured(tmp_path, stub_port, DATABASE_URL=url, REDIS_URL=redis_url(engines, 3))
    yield server
    if server.is_running:
        await server.stop()
    await drop_database(engines, DATABASE)


async def left(server: LiveServer) -> list[int]:
    """What names the user who is not an admin: everything that must go."""
    tables = ("conversations", "messages", "media", "exports", "api_keys", "workspace_members")
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    (row,) = await server.rows(f"SELECT {counts}")
    return list(row)


def files(server: LiveServer) -> list[str]:
    return [path.name for path in Path(server.environment["DATA_DIR"], "media").iterdir()]


async def has_gone(server: LiveServer) -> bool:
    return bool(await server.rows("SELECT id FROM users WHERE deleted_at IS NOT NULL"))


async def export(http: httpx2.AsyncClient) -> str:
    answer = await http.post("/api/exports")
    assert answer.status_code == 202, answer.text
    return str(answer.json()["data"]["id"])


async def is_ready(http: httpx2.AsyncClient, export: str) -> bool:
    answer = await http.get(f"/api/exports/{export}")
    return bool(answer.json()["data"]["state"] == "ready")


async def die_in_turn(server: LiveServer, *points: str) -> None:
    """The server, which was told to die somewhere, does so; those after it at each of ``points``.
    The last one lives."""
    for point in (*points, None):
        await eventually(lambda: not server.is_running, DEATH_S)
        assert await server.stop() == -signal.SIGKILL
        await forget_makers(server)
        if point is None:
            del server.environment["FAILPOINTS"]
            await server.start()
            return
        server.environment["FAILPOINTS"] = f"{point}@1"
        with suppress(AssertionError):  # it may come to its point before it is ready
            await server.start()


async def forget_makers(server: LiveServer) -> None:
    """As if a minute had passed since they died: others may take their exports over."""
    async with server.database() as (_, database), database.transaction() as tx:
        await tx.execute(text("UPDATE exports SET changed_at = now() - interval '2 min'"))


async def test_a_kill_at_every_point_only_delays(own: LiveServer) -> None:
    own.environment["FAILPOINTS"] = "leaving.marked@1"
    await own.start()
    key = await own.new_key()
    async with session(own.ws_url, key) as client, own.http(key) as http:
        await client.say("[stub: tokens=5] one", model=MODEL)
        uploaded = await http.post("/api/media", content=png(4, 4))
        assert uploaded.status_code == 201
        made = await export(http)
        await eventually(lambda: is_ready(http, made))
        turn = await client.begin("[stub: tokens=900 gap=0.05] two", model=MODEL)
        await client.hear_text(turn, 5)
        with suppress(httpx2.TransportError):
            answer = await http.request("DELETE", "/api/auth/me", json={"confirm": "delete"})
            assert answer.status_code == 202
    await die_in_turn(own, "leaving.emptied", "leaving.burying", "leaving.buried")
    async with own.http(key) as http:
        assert (await http.get("/api/auth/me")).status_code == 401
    await eventually(lambda: has_gone(own))
    assert await left(own) == [0] * 6
    assert files(own) == []
    await eventually(lambda: all_billed(own), 30)
    await own.cli("reconcile")


async def all_billed(server: LiveServer) -> bool:
    (row,) = await server.rows("SELECT count(*) FROM outbox WHERE applied_at IS NULL")
    return bool(row[0] == 0)


async def test_what_was_used_is_billed_also_when_billing_was_away_until_they_had_gone(
    own: LiveServer,
) -> None:
    await own.start()
    key = await own.new_key()
    billing = await eventually(lambda: billing_of(own))
    async with session(own.ws_url, key) as client, own.http(key) as http:
        billing.send_signal(signal.SIGSTOP)
        try:
            for _ in range(3):
                await client.say("[stub: tokens=5] one", model=MODEL)
            await http.request("DELETE", "/api/auth/me", json={"confirm": "delete"})
            await client.socket.wait_closed()
            assert client.socket.close_code == 4403
            await eventually(lambda: has_gone(own), 30)
            assert (await own.rows("SELECT count(*) FROM usage_logs"))[0][0] == 0
        finally:
            billing.send_signal(signal.SIGCONT)
    await eventually(lambda: all_billed(own), 90)
    (charged,) = await own.rows("SELECT sum(charged), sum(request_count) FROM monthly_charges")
    (moved,) = await own.rows("SELECT sum(amount) FROM transfers WHERE kind = 'capture'")
    assert tuple(charged) == (moved[0], 3)
    await own.cli("reconcile")


async def test_an_export_whose_makers_were_killed_is_made_by_the_next(own: LiveServer) -> None:
    own.environment["FAILPOINTS"] = "export.claimed@1"
    await own.start()
    key = await own.new_key()
    async with own.http(key) as http:
        made = await export(http)
    await die_in_turn(own, "export.stored")
    async with own.http(key) as http:
        await eventually(lambda: is_ready(http, made), 30)
        answer = await http.get(f"/api/exports/{made}/download")
        assert (answer.status_code, answer.content[:2]) == (200, b"PK")
        assert len(answer.content) == int(answer.headers["content-length"])
