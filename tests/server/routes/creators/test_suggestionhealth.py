"""Whether suggestions would be made: told without asking anybody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agents.providers.load import ProviderSettings
from billing.alerts import ScopeKind
from billing.pauses import pause
from server.domain.configuration import Configuration
from server.domain.errors import ProviderError
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence import configurations
from server.persistence.database import Database
from tests.server.routes.site import Web, data, web

PATH = "/api/ai/suggestions/health"
DEMO, ONE, TWO = "demo/causerie-demo", "openai/one", "openai/two"


@asynccontextmanager
async def two_models(urls: EngineUrls) -> AsyncIterator[Web]:
    """Nobody is at their address, so whoever asks them fails."""
    nowhere = "http://127.0.0.1:9/v1"
    offered = ProviderSettings(
        openai_base_url=nowhere, openai_models=("one", "two"), fallbacks={ONE: (TWO,)}
    )
    settings = {"openai_models": "one=1/4,two=1/4", "openai_base_url": nowhere}
    async with web(urls, providers=offered, breaker_calls=2, **settings) as site:
        yield site


async def fail(site: Web, model: str) -> None:
    for _ in range(2):
        site.services.health.failed(model, ProviderError("It is down."))


async def test_a_model_that_nobody_has_asked_is_taken_to_be_well(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        told = data(await program.get(PATH))
        assert told == {
            "model": DEMO,
            "breaker": "closed",
            "firstWordMs": None,
            "status": "ok",
            "fallbacks": [],
        }
        site.services.health.answered(DEMO, 0.25)
        assert data(await program.get(PATH)) == {**told, "firstWordMs": 250}


async def test_it_is_told_of_the_caller_s_own_model_and_of_who_would_stand_in(
    migrated: EngineUrls, database: Database
) -> None:
    async with two_models(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        async with database.transaction() as tx:
            configured = Configuration(models={"messaging": TWO})
            await configurations.replace(tx, caller.user_id, configured)
        other = await site.program()
        await fail(site, ONE)
        told = data(await other.get(PATH))
        assert (told["model"], told["breaker"], told["status"]) == (ONE, "open", "degraded")
        assert told["fallbacks"] == [{"model": TWO, "breaker": "closed", "firstWordMs": None}]
        told = data(await program.get(PATH))
        assert (told["model"], told["status"], told["fallbacks"]) == (TWO, "ok", [])
        await fail(site, TWO)
        assert data(await program.get(PATH))["status"] == "unavailable"
        assert data(await other.get(PATH))["status"] == "unavailable"


@pytest.mark.parametrize(
    ("kind", "key"), [("model", DEMO), ("feature", "suggestion"), ("agent", "messaging")]
)
async def test_what_an_operator_has_paused_is_told(
    migrated: EngineUrls, database: Database, kind: ScopeKind, key: str
) -> None:
    async with web(migrated) as site:
        program, pauses = await site.program(), site.services.pauses
        async with database.transaction() as tx:
            await pause(tx, kind, key, "Walked.", by=None, ends_at=None, alert_id=None, id=new_id())
        async with database.snapshot() as tx:
            await pauses.refresh(tx)
        assert data(await program.get(PATH))["status"] == "paused"


async def test_for_a_model_that_is_not_offered_any_more_the_default_one_answers(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program = await site.program(caller)
        async with database.transaction() as tx:
            configured = Configuration(models={"messaging": "openai/gone"})
            await configurations.replace(tx, caller.user_id, configured)
        assert data(await program.get(PATH))["model"] == DEMO
