"""Models with their prices, and the month's quota."""

from decimal import Decimal

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web


async def test_models_come_with_prices_and_the_demo_is_marked(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        listed = data(await program.get("/api/ai/models"))
        demo = next(item for item in listed["items"] if item["id"] == "demo/causerie-demo")
        assert demo["demo"] is True
        assert demo["default"] is True
        assert demo["prices"] == {"input": "0.5", "cachedInput": "0.5", "output": "2"}
        assert (demo["available"], demo["unpriced"], demo["provider"]) == (True, False, "demo")
        assert "text" in demo["capabilities"]
        assert (demo["tiers"], demo["fallbacks"]) == ([], [])
        assert listed["nextCursor"] is None


async def test_models_are_told_by_ability(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        models = data(await program.get("/api/ai/models"))["items"]
        told = {}
        for ability in ("text", "vision", "tools", "json", "reasoning"):
            found = data(await program.get(f"/api/ai/models?capability={ability}"))["items"]
            assert found == [model for model in models if ability in model["capabilities"]]
            told[ability] = len(found)
        assert told["text"] == len(models)
        assert min(told.values()) < len(models)
        answer = await program.get("/api/ai/models?capability=telepathy")
        assert error(answer, 400, "invalid")["path"] == "$query.capability"


async def test_the_quota_counts_what_turns_charged(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person(plan="starter")
        program = await site.program(caller)
        before = data(await program.get("/api/ai/quota"))
        assert (before["plan"], before["limitUsd"], before["spentUsd"]) == ("starter", "10", "0")
        outcome = await site.harness.answer(caller, "hello")
        after = data(await program.get("/api/ai/quota"))
        assert after["spentUsd"] == outcome["receipt"]["chargedUsd"]
        assert after["heldUsd"] == "0"
        assert after["month"] == outcome["quota"]["month"]
        assert after["resetsAt"] == outcome["quota"]["resetsAt"]
        assert Decimal(after["forecastUsd"]) >= Decimal(after["spentUsd"]) > 0
        assert after["pace"] is not None


async def test_no_limit_is_told_as_null(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program(plan="business")
        seen = data(await program.get("/api/ai/quota"))
        assert (seen["limitUsd"], seen["percent"], seen["pace"]) == (None, None, None)
