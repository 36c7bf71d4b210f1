"""Limits as clients meet them: exact at the edge, told in every answer, alike on three servers."""

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx2
import pytest_asyncio
from redis.asyncio import Redis

from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.migrations.upgrade import upgrade
from server.persistence.redis import open_redis, rate_key
from tests.support.client import session
from tests.support.engines import create_database, drop_database, redis_url
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer
from tests.system.conftest import DATABASE, MODEL, configured

PROXY, OFFICE = "10.1.2.3", "198.51.100.7"
KEYSPACE = 3


@pytest_asyncio.fixture
async def rack(
    engines: EngineUrls, stub_port: int, tmp_path: Path
) -> AsyncIterator[list[LiveServer]]:
    """Three servers on the same engines, behind a proxy that is believed."""
    name, redis_address = f"{DATABASE}_limits", redis_url(engines, KEYSPACE)
    await drop_database(engines, name)
    url = await create_database(engines, name)
    async with open_redis(redis_address) as redis:
        await redis.flushdb()
    servers = [
        configured(
            tmp_path / str(at),
            stub_port,
            DATABASE_URL=url,
            REDIS_URL=redis_address,
            RUNNING_TURNS_STARTER="1000",
            RATE_ADDRESS_PER_HOUR="400",
            TRUSTED_PROXIES="127.0.0.1/32,10.0.0.0/8",
        )
        for at in range(3)
    ]
    await upgrade(url)
    await asyncio.gather(*(server.start() for server in servers))
    yield servers
    await asyncio.gather(*(server.stop() for server in servers if server.is_running))
    await drop_database(engines, name)


@pytest_asyncio.fixture
async def windows(engines: EngineUrls) -> AsyncIterator[Redis]:
    async with open_redis(redis_url(engines, KEYSPACE)) as redis:
        yield redis


async def talk(http: httpx2.AsyncClient) -> str:
    """A new conversation."""
    made = await http.post("/api/conversations", json={})
    return f"/api/conversations/{made.json()['data']['id']}/messages"


async def talk_anew(http: httpx2.AsyncClient) -> httpx2.Response:
    return await http.post(await talk(http), json=saying())


def saying(message: UUID | None = None) -> dict[str, Any]:
    return {"text": "Hi", "model": MODEL, "clientMessageId": str(message or new_id())}


async def user_of(http: httpx2.AsyncClient) -> str:
    return str((await http.get("/api/auth/me")).json()["data"]["id"])


async def arrivals(windows: Redis, window: str) -> list[tuple[bytes, float]]:
    """The two oldest requests of a window, with their moments in microseconds."""
    return cast("list[tuple[bytes, float]]", await windows.zrange(window, 0, 1, withscores=True))


def state(answer: httpx2.Response, scope: str) -> dict[str, int]:
    """``r`` and ``t`` of one limit."""
    items = answer.headers["ratelimit"].split(", ")
    (found,) = (item for item in items if item.startswith(f'"{scope}";'))
    return {key: int(value) for key, _, value in (p.partition("=") for p in found.split(";")[1:])}


async def test_a_starter_has_fifty_requests_an_hour_and_is_told_the_exact_reset(
    rack: list[LiveServer], stub: OpenAIStub, windows: Redis
) -> None:
    key = await rack[0].new_key(plan="starter")
    async with rack[0].http(key) as http, session(rack[1].ws_url, key) as client:
        path, user = await talk(http), await user_of(http)
        for number in range(50):
            answer = await http.post(path, json=saying())
            assert answer.status_code == 200
            assert state(answer, "user")["r"] == 49 - number
            assert '"user";q=50;w=3600' in answer.headers["ratelimit-policy"]
        refused = await http.post(path, json=saying())
        again = await http.post(path, json=saying(), headers={"accept": "text/event-stream"})
        # The window slides: there is room again when the oldest of the fifty leaves.
        window = rate_key("user", user)
        first, second = await arrivals(windows, window)
        resets = datetime.fromtimestamp(first[1] / 1e6, UTC) + timedelta(hours=1)
        for answer in (refused, again):
            told = answer.json()["error"]
            assert (answer.status_code, told["code"]) == (429, "rate_limited")
            figures = told["metadata"]
            assert (figures["scope"], figures["limit"], figures["remaining"]) == ("user", 50, 0)
            assert abs(datetime.fromisoformat(figures["resetsAt"]) - resets) < timedelta(
                microseconds=2
            )
            wait = int(answer.headers["retry-after"])
            assert wait == math.ceil(told["retryAfter"])
            assert abs(state(answer, "user")["t"] - wait) <= 1
            assert state(answer, "user")["r"] == 0
        # A session of another server hears the same, and a look at it counts nothing.
        heard = await client.start("Hi", model=MODEL)
        told = refused.json()["error"]
        assert (heard["type"], heard["code"]) == ("error", "rate_limited")
        assert heard["metadata"] == told["metadata"]
        assert 0 < heard["retryAfter"] <= told["retryAfter"]
        quota = (await http.get("/api/ai/quota")).json()["data"]
        assert quota["rate"]["remaining"] == 0
        assert quota["rate"]["resetsAt"] == refused.json()["error"]["metadata"]["resetsAt"]
        assert await windows.zcard(window) == 50
        # An upgrade takes effect at the next request, and a downgrade as well.
        async with rack[2].http(await rack[0].new_key(role="admin")) as office:
            plan = f"/api/admin/users/{user}/plan"
            assert (await office.put(plan, json={"plan": "pro"})).status_code == 200
            assert state(await http.post(path, json=saying()), "user")["r"] == 49
            assert (await office.put(plan, json={"plan": "starter"})).status_code == 200
        assert (await http.post(path, json=saying())).status_code == 429
        # One hour after the first there is room for two: the limit is fifty, and there were 51.
        for member, _ in (first, second):
            await windows.zincrby(window, -3_600e6, member)
        assert (await http.post(path, json=saying())).status_code == 200
        assert (await http.post(path, json=saying())).status_code == 429


async def test_two_hundred_at_once_on_three_servers_admit_exactly_the_limit(
    rack: list[LiveServer], stub: OpenAIStub, windows: Redis
) -> None:
    key = await rack[0].new_key(plan="starter")
    clients = [server.http(key) for server in rack]
    try:
        path, user = await talk(clients[0]), await user_of(clients[0])
        for _ in range(40):  # on the edge: ten are left
            assert (await clients[0].post(path, json=saying())).status_code == 200
        answers = await asyncio.gather(*(talk_anew(clients[at % 3]) for at in range(200)))
        found = [answer.status_code for answer in answers]
        assert (found.count(200), found.count(429)) == (10, 190)
        assert await windows.zcard(rate_key("user", user)) == 50
        left = sorted(state(answer, "user")["r"] for answer in answers if answer.is_success)
        assert left == list(range(10))
    finally:
        await asyncio.gather(*(http.aclose() for http in clients))


async def test_what_is_repeated_counts_once_and_what_is_refused_later_not_at_all(
    rack: list[LiveServer], stub: OpenAIStub, windows: Redis
) -> None:
    key, message = await rack[0].new_key(plan="starter"), new_id()
    async with rack[0].http(key) as http, rack[1].http(key) as elsewhere:
        path, user = await talk(http), await user_of(http)
        answers = await asyncio.gather(
            *(one.post(path, json=saying(message)) for one in (http, elsewhere) for _ in range(5))
        )
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["data"]["id"] for answer in answers}) == 1
        assert await windows.zcard(rate_key("user", user)) == 1
        for wrong in ({"model": "openai/nothing"}, {"parentId": str(new_id())}):
            refused = await http.post(path, json={**saying(), **wrong})
            assert refused.status_code == 404
            assert state(refused, "user")["r"] == 49
        assert await windows.zcard(rate_key("user", user)) == 1
        streamed = await http.post(path, json=saying(), headers={"accept": "text/event-stream"})
        assert streamed.headers["content-type"].startswith("text/event-stream")
        assert state(streamed, "user")["r"] == 48
        read = await http.get("/api/ai/quota")
        assert "ratelimit" not in read.headers


HOPS = {
    f"6.6.6.6, {OFFICE}, {PROXY}": OFFICE,  # what is left of the first stranger is a claim
    "198.51.100.8:4711": "198.51.100.8",
    f"2001:db8:5:6:7:8:9:a, {PROXY}": "2001:db8:5:6::/64",
    f"{OFFICE}, <script>": "unknown",
    "": "127.0.0.1",
}
"""What a request says of its way, and which address it counts against."""


async def test_an_address_is_that_of_the_nearest_hop_that_nobody_vouches_for(
    rack: list[LiveServer], stub: OpenAIStub, windows: Redis
) -> None:
    async with rack[0].http(await rack[0].new_key()) as http:
        path = await talk(http)
        for forwarded in HOPS:
            answer = await http.post(path, json=saying(), headers={"x-forwarded-for": forwarded})
            assert state(answer, "address")["r"] == 399
    assert set(await windows.keys(rate_key("address", "*"))) == {
        rate_key("address", counted).encode() for counted in HOPS.values()
    }
