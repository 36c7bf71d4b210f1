"""A server that has to go while its database is away loses no answer: the next one writes it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server.local.engines import EngineUrls
from tests.server.turns.proxy import Proxy, proxied
from tests.support.client import session
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer
from tests.system.conftest import MODEL, configured

DATABASE = database_name("spool")


@asynccontextmanager
async def behind_a_proxy(
    engines: EngineUrls, folder: Path, stub_port: int
) -> AsyncIterator[tuple[Proxy, LiveServer]]:
    await drop_database(engines, DATABASE)
    url = await create_database(engines, DATABASE)
    own = EngineUrls(database_url=url, redis_url=redis_url(engines, 3))
    async with proxied(own) as (proxy, urls):
        server = configured(
            folder,
            stub_port,
            DATABASE_URL=urls.database_url,
            REDIS_URL=urls.redis_url,
            DRAIN_SECONDS="0",
        )
        await server.start()
        try:
            yield proxy, server
        finally:
            await server.stop()
    await drop_database(engines, DATABASE)


async def test_ends_that_nobody_could_take_are_written_by_the_next_start(
    engines: EngineUrls, tmp_path: Path, stub: OpenAIStub, stub_port: int
) -> None:
    async with behind_a_proxy(engines, tmp_path, stub_port) as (proxy, server):
        key = await server.new_key()
        async with session(server.ws_url, key) as client:
            turn = await client.begin("[stub: tokens=900 gap=0.02] go on", model=MODEL)
            await client.hear_text(turn, 40)
            proxy.cut()
            ending = asyncio.create_task(server.stop(signal.SIGTERM))
            await eventually(lambda: "drain.started" in server.output)
            # Insisted on: there is no time left to wait for anything.
            server.send(signal.SIGTERM)
            assert await ending == 0
        spool = tmp_path / "data" / "spool"
        assert len(list(spool.glob("*.jsonl"))) == 1
        proxy.is_down = False
        await server.start()
        assert list(spool.iterdir()) == []
        async with server.http(key) as http:
            answer = (await http.get(f"/api/turns/{turn.turn_id}")).json()["data"]
            assert answer["state"] == "failed"
            assert answer["text"].startswith(turn.text)
        (row,) = await server.rows("SELECT outcome->'error'->>'code' FROM turns")
        assert row[0] == "draining"
