"""What the team answers, as it is told: who worked, what it took, and what failed on the way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from agents.providers.demo import FULL_SPEED
from agents.providers.load import ProviderSettings
from server.accounts.access import Principal, Scope
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import Web, data, error, web
from tests.server.turns.scene import books_balance
from tests.support.providers.composing import composed
from tests.support.providers.openai_stub import OpenAIStub

FAN, CAPTION = "/api/ai/chat", "/api/ai/generate-caption"
MESSAGE: dict[str, Any] = {
    "fanId": "the-fan-of-the-host",
    "message": "How much is the beach set?",
    "context": {"purchaseHistory": {"total": "120.50"}, "engagementLevel": "high"},
}
STUB = "openai/stub-model"


@asynccontextmanager
async def beside(stub: OpenAIStub, urls: EngineUrls, url: str = "") -> AsyncIterator[Web]:
    """The demo answers, but where the stub's model is configured: at ``url``, or the stub's."""
    there = url or stub.url
    offered = ProviderSettings(
        demo_pacing=FULL_SPEED,
        openai_base_url=there,
        openai_models=("stub-model",),
        abilities={STUB: ("json",)},
        default_model="demo/causerie-demo",
    )
    settings = {"openai_models": "stub-model=1/4+json", "openai_base_url": there}
    async with web(urls, providers=offered, provider_attempts=1, **settings) as site:
        yield site


async def configured(program: httpx2.AsyncClient, **models: str) -> None:
    data(await program.patch("/api/ai/config", json={"models": models}))


async def credits(site: Web, caller: Principal) -> Decimal:
    balance, _ = await site.harness.engine.figures(caller)
    assert balance.held == "0"
    return Decimal(balance.credits)


async def test_who_worked_is_told_and_what_all_of_them_took(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program, before = await site.program(caller), await credits(site, caller)
        told = data(await program.post(FAN, json=MESSAGE))
        assert told["agents"] == [
            {"agent": name, "status": "ok"} for name in ("messaging", "sales", "compliance")
        ]
        assert 0 < told["confidence"] <= 1
        assert before - await credits(site, caller) == Decimal(told["usage"]["charged"]) > 0
        kept = data(await program.get(f"/api/generations/{told['generationId']}"))
        assert (kept["kind"], kept["input"]) == ("fan_message", MESSAGE)
        assert kept["output"]["response"] == told["response"]
        assert kept["receipt"]["costUsd"] == told["usage"]["costUsd"]
        features = {call["feature"] for call in kept["receipt"]["calls"]}
        assert features == {"fan_message"}
    await books_balance(database)


async def test_an_agent_that_gives_nothing_is_named_and_costs_nothing(
    migrated: EngineUrls, database: Database
) -> None:
    async with OpenAIStub() as stub, beside(stub, migrated, "http://127.0.0.1:9/v1") as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        whole = data(await program.post(FAN, json=MESSAGE))
        await configured(program, sales=STUB)
        before = await credits(site, caller)
        told = data(await program.post(FAN, json=MESSAGE))
        assert told["agents"] == [
            {"agent": "messaging", "status": "ok"},
            {"agent": "sales", "status": "failed", "error": "provider_error"},
            {"agent": "compliance", "status": "ok"},
        ]
        assert told["response"] == whole["response"]
        assert told["confidence"] < whole["confidence"]
        assert before - await credits(site, caller) == Decimal(told["usage"]["charged"])
        assert Decimal(told["usage"]["charged"]) < Decimal(whole["usage"]["charged"])
    await books_balance(database)


async def test_without_the_leading_agent_there_is_no_answer_and_no_charge(
    migrated: EngineUrls, database: Database
) -> None:
    async with OpenAIStub() as stub, beside(stub, migrated, "http://127.0.0.1:9/v1") as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        await configured(program, messaging=STUB)
        before = await credits(site, caller)
        error(await program.post(FAN, json=MESSAGE), 502, "provider_error")
        assert await credits(site, caller) == before
    await books_balance(database)


async def test_models_are_told_what_is_known_of_a_fan_and_not_who_it_is(
    migrated: EngineUrls, database: Database
) -> None:
    async with OpenAIStub() as stub, beside(stub, migrated) as site:
        stub.composes = composed
        program = await site.program()
        await configured(program, messaging=STUB, sales=STUB, compliance=STUB)
        data(await program.post(FAN, json=MESSAGE))
        prompts = [exchange.raw.decode() for exchange in stub.exchanges]
        assert len(prompts) == 3
        assert sum(MESSAGE["message"] in prompt for prompt in prompts) == 2
        assert sum("total: 120.50 USD" in prompt for prompt in prompts) == 2
        assert not any(MESSAGE["fanId"] in prompt for prompt in prompts)


@pytest.mark.parametrize("field", ["creatorId", "userId"])
async def test_a_request_may_name_the_caller_and_nobody_else(
    migrated: EngineUrls, database: Database, field: str
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        data(await program.post(FAN, json={**MESSAGE, field: str(caller.user_id)}))
        refused = await program.post(FAN, json={**MESSAGE, field: str(new_id())})
        assert error(refused, 400, "invalid")["path"] == f"$.{field}"
        async with database.snapshot() as tx:
            assert await tx.scalar(text("SELECT count(*) FROM turns")) == 1


async def test_a_key_needs_the_scope_of_turns(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        reader = await site.program(scopes=[Scope.READ])
        error(await reader.post(FAN, json=MESSAGE), 403, "forbidden")
