"""The server that is fuzzed: with its real processes and engines, and a provider that is quick."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server.local.engines import EngineUrls
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.providers.composing import composed
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer

DATABASE = database_name("fuzz")
MODEL = "openai/stub-model"


@asynccontextmanager
async def target(engines: EngineUrls, folder: Path) -> AsyncIterator[LiveServer]:
    """A server whose limits are no hindrance: what they refuse is never looked at further."""
    await drop_database(engines, DATABASE)
    url = await create_database(engines, DATABASE)
    try:
        async with OpenAIStub() as stub:
            stub.composes = composed
            server = LiveServer(
                folder,
                DATABASE_URL=url,
                REDIS_URL=redis_url(engines, 3),
                SECRET_KEY="a-secret-key-of-more-than-32-characters",
                OPENAI_BASE_URL=stub.url,
                OPENAI_MODELS="stub-model=2.5/10+vision+json",
                OPENAI_API_KEY="sk-of-the-stub-0001",
                DEFAULT_MODEL=MODEL,
                LOG_FORMAT="json",
                SIGNUP_CREDITS="1000000",
                SESSIONS_PER_USER="1000",
                SIGN_IN_FAILURES="1000000",
                SIGN_IN_FAILURES_PER_ADDRESS="1000000",
                RATE_BUSINESS_PER_HOUR="1000000",
                BAD_FRAMES_PER_MINUTE="1000000",
                REFUSED_COMMANDS_PER_MINUTE="1000000",
                COMMANDS_PER_SECOND="10000",
                COMMANDS_BURST="10000",
            )
            await server.start()
            try:
                yield server
            finally:
                await server.stop()
    finally:
        await drop_database(engines, DATABASE)


def trouble(server: LiveServer) -> list[str]:
    """Lines of its log that somebody should look at, one of each kind."""
    kinds: dict[tuple[str, str], str] = {}
    for line in server.output.splitlines():
        if not line.startswith("{"):
            if "Traceback" in line:
                kinds["", line] = line
            continue
        told = json.loads(line)
        if told["level"] == "error":
            last = str(told.get("error", "")).strip().rpartition("\n")[2]
            kinds[told["message"], last[:60]] = line
    return [*kinds.values()]
