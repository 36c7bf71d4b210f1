"""Webhooks of the whole server: what a process that dies had sent is sent again by the next."""

from pathlib import Path
from typing import Any

from sqlalchemy import text
from standardwebhooks.webhooks import Webhook

from server.local.engines import EngineUrls
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.eventually import eventually
from tests.support.receiver import Receiver, receiving
from tests.support.server import LiveServer
from tests.system.conftest import configured

DATABASE = database_name("webhooks")


async def asked_to_test(server: LiveServer, key: str, receiver: Receiver) -> Any:
    """A webhook that a test event is sent to."""
    async with server.http(key) as http:
        body = {"url": receiver.url(), "events": ["plan.changed"]}
        hook = (await http.post("/api/ai/hooks", json=body)).json()["data"]
        assert (await http.post(f"/api/ai/hooks/{hook['id']}/test")).status_code == 202
    return hook


async def attempts(server: LiveServer) -> list[Any]:
    """Of the one delivery: its state, claims and how many of them were written down."""
    (row,) = await server.rows(
        "SELECT state, attempts, jsonb_array_length(log) FROM webhook_deliveries"
    )
    return list(row)


async def test_what_was_sent_when_the_process_died_is_sent_again_under_its_id(
    engines: EngineUrls, tmp_path: Path, stub_port: int
) -> None:
    await drop_database(engines, DATABASE)
    server = configured(
        tmp_path,
        stub_port,
        DATABASE_URL=await create_database(engines, DATABASE),
        REDIS_URL=redis_url(engines, 3),
        WEBHOOK_NETWORKS="127.0.0.1",
        FAILPOINTS="webhook.sent@1",
    )
    async with receiving() as receiver:
        try:
            await server.start()
            hook = await asked_to_test(server, await server.new_key(), receiver)
            await eventually(lambda: not server.is_running)
            assert len(receiver.received) == 1
            assert await attempts(server) == ["waiting", 1, 0]
            del server.environment["FAILPOINTS"]
            await server.start()
            async with server.database() as (_, database), database.transaction() as tx:
                # The claim of the dead has run out.
                await tx.execute(text("UPDATE webhook_deliveries SET next_at = now()"))

            async def has_arrived() -> bool:
                return await attempts(server) == ["delivered", 2, 1]

            await eventually(has_arrived)
        finally:
            if server.is_running:
                await server.stop()
            await drop_database(engines, DATABASE)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    for got in (first, second):
        Webhook(hook["secret"]).verify(got.body, got.headers)
    assert hook["secret"] not in server.output
