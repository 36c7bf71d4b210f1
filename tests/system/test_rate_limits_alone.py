"""Redis is gone: who counts alone admits a share, who may not admits nothing, and all can read."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from server.local.engines import EngineUrls
from server.migrations.upgrade import upgrade
from tests.support.engines import create_database, drop_database
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer
from tests.support.valkey import Valkey, own_valkey
from tests.system.conftest import DATABASE, configured
from tests.system.test_rate_limits import saying, state, talk

LIMIT = 4


@pytest_asyncio.fixture
async def pair(
    engines: EngineUrls, stub_port: int, tmp_path: Path
) -> AsyncIterator[tuple[LiveServer, LiveServer, Valkey]]:
    """One server that must count, and one that may count alone, on a Redis to be killed."""
    name = f"{DATABASE}_alone"
    await drop_database(engines, name)
    url = await create_database(engines, name)
    await upgrade(url)
    async with own_valkey() as valkey:
        strict, lenient = (
            configured(
                tmp_path / is_open,
                stub_port,
                DATABASE_URL=url,
                REDIS_URL=valkey.url,
                RATE_STARTER_PER_HOUR=str(LIMIT),
                RATE_LIMIT_FAIL_OPEN=is_open,
            )
            for is_open in ("false", "true")
        )
        await strict.start()
        await lenient.start()  # the second knows that there are two
        yield strict, lenient, valkey
        await asyncio.gather(strict.stop(), lenient.stop())
    await drop_database(engines, name)


async def test_without_redis_a_server_admits_its_share_or_nothing_and_reads_go_on(
    pair: tuple[LiveServer, LiveServer, Valkey], stub: OpenAIStub
) -> None:
    strict, lenient, valkey = pair
    key = await strict.new_key(plan="starter")
    async with strict.http(key) as closed, lenient.http(key) as opened:
        path = await talk(closed)
        answer = await closed.post(path, json=saying())
        assert state(answer, "user")["r"] == LIMIT - 1
        valkey.kill()
        for _ in range(LIMIT + 1):
            refused = await closed.post(path, json=saying())
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
            assert refused.headers["retry-after"] == "2"
            assert "ratelimit" not in refused.headers
        for left in (1, 0):
            answer = await opened.post(path, json=saying())
            assert answer.status_code == 200
            assert state(answer, "user")["r"] == left
            assert f'"user";q={LIMIT // 2};w=3600' in answer.headers["ratelimit-policy"]
        assert (await opened.post(path, json=saying())).status_code == 429
        for http in (closed, opened):
            quota = (await http.get("/api/ai/quota")).json()["data"]
            assert (quota["rate"], quota["plan"]) == (None, "starter")
            assert (await http.get("/api/conversations")).status_code == 200
        await valkey.start()

        async def counts_again() -> bool:
            return (await closed.get("/api/ai/quota")).json()["data"]["rate"] is not None

        await eventually(counts_again)
        answer = await closed.post(path, json=saying())
        # Empty as it came back, it has counted nobody yet.
        assert state(answer, "user")["r"] == LIMIT - 1
