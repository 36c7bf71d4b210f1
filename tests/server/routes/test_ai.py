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
        left = Decimal(after["limitUsd"]) - Decimal(after["spentUsd"])
        assert Decimal(after["remainingUsd"]) == left
        assert (after["planSource"], after["ownLimitUsd"], after["crossed"]) == ("chosen", None, [])


async def test_no_limit_is_told_as_null(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program(plan="business")
        seen = data(await program.get("/api/ai/quota"))
        assert {seen[name] for name in ("limitUsd", "planLimitUsd", "ownLimitUsd")} == {None}
        assert {seen[name] for name in ("remainingUsd", "percent", "pace")} == {None}
        assert seen["forecastUsd"] == "0"


async def test_the_marks_that_were_told_are_those_of_the_limit_that_holds(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, quota_starter_usd="0.01") as site:
        caller = await site.harness.person(plan="starter")
        program = await site.program(caller)
        await site.harness.answer(caller, "[demo: long 20000] x")
        used = data(await program.get("/api/ai/quota"))
        assert used["crossed"] == [80, 95, 100]
        assert used["percent"] > 95
        own = {"monthlyUsd": "0.005", "requestsPerHour": None, "runningTurns": None}
        data(await program.put("/api/limits", json=own))
        lower = data(await program.get("/api/ai/quota"))
        assert (lower["limitUsd"], lower["remainingUsd"], lower["crossed"]) == ("0.005", "0", [95])
