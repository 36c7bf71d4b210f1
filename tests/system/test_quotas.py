"""A month's quota used up in parallel turns over two processes: nothing is overshot, and each mark
is told once, wherever its user may look; also by a process that dies before it could say so."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from server.domain.clock import utc_now
from server.local.engines import EngineUrls
from server.persistence.redis import open_redis
from tests.server.routes.site import data
from tests.support.client import Client, session
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.receiver import Receiver, receiving
from tests.support.server import LiveServer
from tests.system.conftest import MODEL, configured

DATABASE = database_name("quotas")
MARKS = [80, 95, 100]

ANSWER = "[stub: tokens=350 gap=0 first=0] x"
"""0.0035 dollars and a little; 0.004 and a little are held for it."""

MOST = "[stub: tokens=395 gap=0 first=0] x"
"""More than 80 and less than 95 per cent of 0.0048 dollars."""

ASKED: dict[str, Any] = {"model": MODEL, "params": {"maxOutputTokens": 400}}
AT_ONCE = 4


@asynccontextmanager
async def servers(
    engines: EngineUrls, folder: Path, stub_port: int, *further: dict[str, str]
) -> AsyncIterator[list[LiveServer]]:
    """On one database of their own, one for each of ``further`` settings."""
    url, redis = await create_database(engines, DATABASE), redis_url(engines, 3)
    async with open_redis(redis) as commands:
        await commands.flushdb()
    started = list[LiveServer]()
    try:
        for number, settings in enumerate(further):
            server = configured(
                folder / str(number),
                stub_port,
                DATABASE_URL=url,
                REDIS_URL=redis,
                WEBHOOK_NETWORKS="127.0.0.0/8",
                **settings,
            )
            await server.start()
            started.append(server)
        yield started
    finally:
        for server in started:
            if server.is_running:
                await server.stop()
        await drop_database(engines, DATABASE)


async def limited(server: LiveServer, receiver: Receiver, monthly_usd: str) -> str:
    """A key of somebody new, with a limit of their own and a webhook that hears of it."""
    key = await server.new_key()
    async with server.http(key) as http:
        own = {"monthlyUsd": monthly_usd, "requestsPerHour": None, "runningTurns": None}
        data(await http.put("/api/limits", json=own))
        hook = {"url": receiver.url(), "events": ["quota.threshold"]}
        data(await http.post("/api/ai/hooks", json=hook), 201)
    return key


async def ask(client: Client) -> dict[str, Any] | None:
    """One turn to its end; None: it went well. Else why it was refused."""
    answer = await client.start(ANSWER, **ASKED)
    if answer["type"] != "turn.started":
        return answer
    outcome = await client.finish(client.turn(answer["turnId"]))
    assert outcome["type"] == "turn.completed", outcome
    return None


def heard(client: Client) -> list[int]:
    return sorted(each["percent"] for each in client.others if each["type"] == "quota.threshold")


async def hears(client: Client, marks: list[int]) -> None:
    await eventually(lambda: heard(client) == marks)


async def told(server: LiveServer, table: str) -> list[int]:
    column = "data" if table == "notifications" else "body::jsonb->'data'"
    rows = await server.rows(f"SELECT ({column}->>'percent')::int FROM {table} ORDER BY 1")
    return [row[0] for row in rows]


async def test_three_notices_each_once_and_no_overshoot(
    engines: EngineUrls, stub: OpenAIStub, stub_port: int, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(receiving())
        one, other = await stack.enter_async_context(servers(engines, tmp_path, stub_port, {}, {}))
        key = await limited(one, receiver, "0.1")
        watching, here, there = [
            await stack.enter_async_context(session(server.ws_url, key))
            for server in (other, one, other)
        ]
        refusals, admitted = list[dict[str, Any]](), 0
        while len(refusals) % (2 * AT_ONCE) or not refusals:
            answers = await asyncio.gather(*(ask(who) for who in (here, there) * AT_ONCE))
            refused = [answer for answer in answers if answer is not None]
            admitted += len(answers) - len(refused)
            refusals = refused if len(refused) == len(answers) else refusals[:0]
        assert {refusal["code"] for refusal in refusals} == {"quota_exceeded"}
        async with one.http(key) as http:
            quota = data(await http.get("/api/ai/quota"))
            listed = data(await http.get("/api/notifications"))["items"]
        ((spent, held, limit),) = await one.rows("SELECT spent, held, limit_usd FROM quotas")
        assert limit == 100_000_000
        assert held == 0
        assert admitted * 3_500_000 <= spent <= limit
        assert quota["crossed"] == MARKS
        assert sorted(item["data"]["percent"] for item in listed) == MARKS
        figures = refusals[0]["metadata"]
        assert figures["limit"] == quota["limitUsd"] == "0.1"
        assert figures["remaining"] == quota["remainingUsd"]
        assert figures["resetsAt"] == quota["resetsAt"]
        assert float(figures["needed"]) > float(figures["remaining"])
        for client in (watching, here, there):
            await hears(client, MARKS)
        await eventually(lambda: len(receiver.received) == 3)
        assert await told(one, "notifications") == MARKS
        assert await told(one, "webhook_deliveries") == MARKS
        bodies = [json.loads(each.body) for each in receiver.received]
        assert sorted(body["data"]["percent"] for body in bodies) == MARKS
        assert Counter(receiver.ids).most_common(1)[0][1] == 1
        await eventually(lambda: billed(one, admitted))
        await one.cli("reconcile")


async def test_a_process_that_dies_before_it_could_tell_has_written_it_down(
    engines: EngineUrls, stub: OpenAIStub, stub_port: int, tmp_path: Path
) -> None:
    dying = {"FAILPOINTS": "settlement.committed@1"}
    async with receiving() as receiver, servers(engines, tmp_path, stub_port, dying) as (own,):
        key = await limited(own, receiver, "0.0048")
        async with session(own.ws_url, key) as client:
            await client.begin(MOST, **ASKED)
            await eventually(lambda: not own.is_running)
            assert await own.stop() == -signal.SIGKILL
            assert heard(client) == []
        del own.environment["FAILPOINTS"]
        await own.start()
        async with session(own.ws_url, key) as client, own.http(key) as http:
            assert data(await http.get("/api/ai/quota"))["crossed"] == [80]
            await eventually(lambda: receiver.received)
            for _ in range(2):
                refused = await ask(client)
                assert refused is not None
                assert refused["code"] == "quota_exceeded"
            await hears(client, [100])
        await eventually(lambda: len(receiver.received) == 2)
        assert (
            await told(own, "notifications") == await told(own, "webhook_deliveries") == [80, 100]
        )
        await own.cli("reconcile")


async def test_a_plan_that_changes_holds_for_sessions_that_are_open_elsewhere(
    engines: EngineUrls, stub: OpenAIStub, stub_port: int, tmp_path: Path
) -> None:
    small = {"QUOTA_STARTER_USD": "0.0048", "QUOTA_PRO_USD": "1"}
    async with AsyncExitStack() as stack:
        one, other = await stack.enter_async_context(
            servers(engines, tmp_path, stub_port, small, small)
        )
        admin = one.http(await one.new_key(role="admin"))
        key = await one.new_key(plan="starter")
        client = await stack.enter_async_context(session(other.ws_url, key))
        place = f"/api/admin/users/{client.ready['user']['id']}"
        data(await admin.patch(place, json={"plan": None}))
        assert await ask(client) is None
        refused = await ask(client)
        assert refused is not None
        assert (refused["code"], refused["metadata"]["limit"]) == ("quota_exceeded", "0.0048")
        over = utc_now() + timedelta(seconds=4)
        body = {"tier": "pro", "endsAt": over.isoformat()}
        data(await admin.put(f"{place}/subscription", json=body))
        assert await ask(client) is None  # at once, whatever that process has heard
        await asyncio.sleep((over - utc_now()).total_seconds())
        refused = await ask(client)  # it has ended by itself, and nobody has said so yet
        assert refused is not None
        assert refused["metadata"]["limit"] == "0.0048"
        data(await admin.patch(place, json={"plan": "pro"}))
        assert await ask(client) is None
        data(await admin.patch(place, json={"plan": "starter"}))
        assert await ask(client) is not None
        await admin.aclose()
        await one.cli("reconcile")


async def billed(server: LiveServer, calls: int) -> bool:
    ((logged,),) = await server.rows("SELECT count(*) FROM usage_logs")
    return bool(logged == calls)
