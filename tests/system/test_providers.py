"""Five providers behind one server, each by its own SDK, its own wire and its own price."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path

import pytest_asyncio

from server.local.engines import EngineUrls
from tests.support.client import session
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.eventually import eventually
from tests.support.providers.plays import Play
from tests.support.providers.stub import ProviderStub
from tests.support.providers.vendors import VENDORS
from tests.support.server import LiveServer

DATABASE = database_name("providers")
MODELS = {
    "openai": "openai/gpt-4.1",
    "azure": "azure/ours",
    "anthropic": "anthropic/claude-haiku-4-5",
    "gemini": "gemini/gemini-2.5-flash",
    "mistral": "mistral/mistral-large-4",
}
ASKED = Play(tokens=20)


@pytest_asyncio.fixture
async def stubs() -> AsyncIterator[dict[str, ProviderStub]]:
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(vendor.stub()) for name, vendor in VENDORS.items()
        }


@pytest_asyncio.fixture
async def live(
    engines: EngineUrls, tmp_path: Path, stubs: dict[str, ProviderStub]
) -> AsyncIterator[LiveServer]:
    await drop_database(engines, DATABASE)
    server = LiveServer(
        tmp_path,
        DATABASE_URL=await create_database(engines, DATABASE),
        REDIS_URL=redis_url(engines, 3),
        SECRET_KEY="a-secret-key-of-more-than-32-characters",
        OPENAI_API_KEY="sk-openai-0001",
        OPENAI_BASE_URL=stubs["openai"].url,
        AZURE_OPENAI_ENDPOINT=stubs["azure"].url,
        AZURE_OPENAI_API_KEY="azure-0001",
        AZURE_OPENAI_MODELS="ours=3/6",
        ANTHROPIC_API_KEY="sk-ant-0001",
        ANTHROPIC_BASE_URL=stubs["anthropic"].url,
        GEMINI_API_KEY="gemini-0001",
        GOOGLE_GEMINI_BASE_URL=stubs["gemini"].url,
        MISTRAL_API_KEY="mistral-0001",
        MISTRAL_BASE_URL=stubs["mistral"].url,
        MODEL_FALLBACKS="openai/gpt-4.1=anthropic/claude-haiku-4-5|gemini/gemini-2.5-flash",
    )
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        await drop_database(engines, DATABASE)


async def test_each_provider_answers_is_metered_by_its_own_figures_and_stands_in_for_another(
    live: LiveServer, stubs: dict[str, ProviderStub]
) -> None:
    email = await live.new_user()
    key = await live.key(email)
    async with session(live.ws_url, key) as client, live.http(key) as http:
        for provider, model in MODELS.items():
            stubs[provider].plays(ASKED)
            turn, outcome = await client.say("Tell me", model=model)
            assert outcome["type"] == "turn.completed", (provider, outcome)
            (exchange,) = stubs[provider].exchanges
            assert turn.text == exchange.text
            assert Decimal(outcome["receipt"]["costUsd"]) > 0

        stubs["openai"].plays(Play(status=503))
        stubs["anthropic"].plays(Play(status=529))
        turn, outcome = await client.say("Tell me", model=MODELS["openai"])
        assert outcome["type"] == "turn.completed", outcome
        assert turn.text == stubs["gemini"].exchanges[-1].text

        async def billed() -> bool:
            (usage,) = await live.rows("SELECT count(*) FROM usage_logs")
            return bool(usage[0] >= len(MODELS) + 1)

        await eventually(billed)
        rows = await live.rows(
            "SELECT provider, sum(output_tokens), min(cost_usd) FROM usage_logs"
            " WHERE outcome = 'ok' GROUP BY provider"
        )
        figures = {provider: (tokens, cost) for provider, tokens, cost in rows}
        assert figures.keys() == MODELS.keys()
        for provider in MODELS:
            sent = sum(exchange.output_tokens for exchange in stubs[provider].exchanges)
            assert figures[provider][0] == sent
            assert figures[provider][1] > 0
        listed = (await http.get("/api/ai/models", params={"capability": "vision"})).json()["data"]
        # A deployment that nobody knows is text only, unless the setting says more.
        seeing = {model["provider"] for model in listed["items"]} - {"demo"}
        assert seeing == MODELS.keys() - {"azure"}
    output = live.output
    assert "-0001" not in output  # the end of each key
    await live.cli("reconcile")
