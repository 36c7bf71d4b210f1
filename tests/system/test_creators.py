"""The endpoints of creators as docs/agents.md shows them: word for word with `curl` against the
demo provider, and the same requests against the wire of every real one."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest_asyncio

from server.local.engines import EngineUrls
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.eventually import eventually
from tests.support.providers.composing import composed
from tests.support.providers.stub import ProviderStub
from tests.support.providers.vendors import VENDORS
from tests.support.server import LiveServer
from tests.system.manual import Example, examples, is_like, prelude, streamed
from tests.system.provider_scene import MODELS, settings_of

DATABASE = database_name("creators")
NANOS = Decimal(10**9)

FEATURES = {
    "/api/ai/chat": "fan_message",
    "/api/ai/generate-caption": "caption",
    "/api/ai/analyze-performance": "analysis",
    "/api/ai/optimize-sales": "sales",
    "/api/ai/suggestions": "suggestion",
    "/api/content/ai/suggestions": "suggestion",
}
"""By the path: what each is counted as."""

TEAM = ("messaging", "content", "analytics", "sales", "compliance")


@pytest_asyncio.fixture
async def stubs() -> AsyncIterator[dict[str, ProviderStub]]:
    async with AsyncExitStack() as stack:
        made = {
            name: await stack.enter_async_context(vendor.stub()) for name, vendor in VENDORS.items()
        }
        for stub in made.values():
            stub.composes = composed
        yield made


@pytest_asyncio.fixture
async def live(
    engines: EngineUrls, tmp_path: Path, stubs: dict[str, ProviderStub]
) -> AsyncIterator[LiveServer]:
    """All vendors, each at its stub; who configures none is answered by the demo."""
    await drop_database(engines, DATABASE)
    settings = settings_of({name: stub.url for name, stub in stubs.items()})
    server = LiveServer(
        tmp_path,
        DATABASE_URL=await create_database(engines, DATABASE),
        REDIS_URL=redis_url(engines, 3),
        SECRET_KEY="a-secret-key-of-more-than-32-characters",
        **{**settings, "AZURE_OPENAI_MODELS": "ours=3/6+json"},
        DEFAULT_MODEL="demo/causerie-demo",
    )
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        await drop_database(engines, DATABASE)


async def typed(live: LiveServer, key: str, command: str) -> str:
    """What the manual's own words answer."""
    process = await asyncio.create_subprocess_exec(
        "sh",
        "-euc",
        prelude() + command,
        env={**live.environment, "CAUSERIE_URL": live.url, "CAUSERIE_KEY": key},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return out.decode()


async def answered(live: LiveServer, key: str, example: Example) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(await typed(live, key, example.command))
    return answer


async def check_costs(live: LiveServer, told: dict[str, Any], provider: str, feature: str) -> None:
    """What was answered to cost is what was billed, under the request's own name."""
    usage, name = told["data"]["usage"], told["meta"]["requestId"]
    calls = (
        "SELECT count(*), sum(cost_usd), sum(charged), sum(input_tokens), sum(output_tokens),"
        " min(provider), max(provider), min(feature), max(feature) FROM usage_logs"
        f" WHERE correlation_id = '{name}'"
    )

    async def is_billed() -> bool:
        (row,) = await live.rows(calls)
        return row[1] is not None and Decimal(row[1]) / NANOS == Decimal(usage["costUsd"])

    await eventually(is_billed, 30)
    (row,) = await live.rows(calls)
    assert row[0] >= len(told["data"]["agents"])
    assert Decimal(row[2]) / 10**6 == Decimal(usage["charged"]) > 0
    assert (row[3], row[4]) == (usage["inputTokens"], usage["outputTokens"])
    assert tuple(row[5:]) == (provider, provider, feature, feature)


async def test_what_the_manual_shows_is_what_the_demo_answers(live: LiveServer) -> None:
    key = await live.new_key()
    shown = {example.name: example for example in examples()}
    assert set(FEATURES) < set(shown)
    answers = await asyncio.gather(*(answered(live, key, shown[path]) for path in FEATURES))
    for path, answer in zip(FEATURES, answers, strict=True):
        assert is_like(shown[path].data, answer["data"]), (path, answer)
        await check_costs(live, answer, "demo", FEATURES[path])
    for example in shown.values():
        if example.body is None:
            answer = await answered(live, key, example)
            assert is_like(example.data, answer["data"]), (example.path, answer)
    assert answers[0]["meta"]["requestId"] == "fan-17-message-12"
    await live.cli("reconcile")


async def test_what_the_manual_streams_comes_as_it_shows(live: LiveServer) -> None:
    command, kinds = streamed()
    told = await typed(live, await live.new_key(), command)
    events = [json.loads(data) for data in re.findall(r"^data: (.*)$", told, re.MULTILINE)]
    assert [kind for kind, _ in groupby(event["type"] for event in events)] == kinds
    (shown,) = (one.data for one in examples() if one.path == command.split()[1])
    assert is_like(shown, events[-1]["result"])


async def test_every_provider_answers_the_same_requests(
    live: LiveServer, stubs: dict[str, ProviderStub]
) -> None:
    for provider, stub in stubs.items():
        async with live.http(await live.new_key()) as http:
            models = dict.fromkeys(TEAM, MODELS[provider])
            configured = await http.patch("/api/ai/config", json={"models": models})
            assert configured.status_code == 200, configured.text
            for example in examples():
                if example.body is None:
                    continue
                answer = (await http.post(example.path, json=example.body)).json()
                assert is_like(example.data, answer.get("data")), (provider, example.path, answer)
                await check_costs(live, answer, provider, FEATURES[example.path])
        assert len(stub.exchanges) >= len(FEATURES)
    await live.cli("reconcile")
