"""A server for the tests of a module, and for each test a stub where the provider stands."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from server.local.engines import EngineUrls
from server.persistence.redis import open_redis
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer

MODEL = "openai/stub-model"
SEEING_MODEL = "openai/seeing-model"
"""The same, and it takes pictures."""

CANARY = "sk-planted-canary-0001"
DATABASE = database_name("system")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def stub_port() -> int:
    """Where the server looks for its provider, whoever listens there."""
    return free_port()


@pytest_asyncio.fixture
async def stub(stub_port: int) -> AsyncIterator[OpenAIStub]:
    async with OpenAIStub(port=stub_port) as opened:
        yield opened


@pytest.fixture(scope="module")
def live(
    engines: EngineUrls, stub_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A server on a database of its own, with short provider timeouts."""

    async def start() -> LiveServer:
        await drop_database(engines, DATABASE)
        url = await create_database(engines, DATABASE)
        async with open_redis(redis_url(engines, 2)) as redis:
            await redis.flushdb()
        server = configured(
            tmp_path_factory.mktemp("server"),
            stub_port,
            DATABASE_URL=url,
            REDIS_URL=redis_url(engines, 2),
        )
        await server.start()
        return server

    server = asyncio.run(start())
    yield server
    asyncio.run(server.stop())
    asyncio.run(drop_database(engines, DATABASE))


@pytest_asyncio.fixture
async def other(live: LiveServer, tmp_path: Path) -> AsyncIterator[LiveServer]:
    """A second process on the same engines."""
    server = LiveServer(tmp_path, **{**live.environment, "PORT": "0", "DATA_DIR": str(tmp_path)})
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def configured(folder: Path, stub_port: int, **environment: str) -> LiveServer:
    """A server whose OpenAI is the stub at that port. Without addresses it starts engines."""
    return LiveServer(
        folder,
        OPENAI_BASE_URL=f"http://127.0.0.1:{stub_port}/v1",
        OPENAI_MODELS="stub-model=2.5/10,seeing-model=2.5/10+vision",
        OPENAI_API_KEY=CANARY,
        SECRET_KEY="a-secret-key-of-more-than-32-characters",
        FIRST_TOKEN_SECONDS="2",
        BETWEEN_TOKENS_SECONDS="2",
        RATE_BUSINESS_PER_HOUR="10000",
        **environment,
    )
