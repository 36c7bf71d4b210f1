"""Balance and entries over HTTP."""

from decimal import Decimal

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web


async def test_entries_explain_the_balance_to_the_last_credit(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person(credits=10)
        program = await site.program(caller)
        outcome = await site.harness.answer(caller, "hello")
        seen = data(await program.get("/api/credits"))
        assert seen["held"] == "0"
        assert seen["credits"] == seen["spendable"] == outcome["balance"]["credits"]
        assert [entry["kind"] for entry in seen["entries"]] == ["capture", "grant"]
        assert sum(Decimal(entry["credits"]) for entry in seen["entries"]) == Decimal(
            seen["credits"]
        )
        assert seen["entries"][0]["turnId"] == outcome["turnId"]
        first = data(await program.get("/api/credits?limit=1"))
        rest = data(await program.get(f"/api/credits?limit=1&cursor={first['nextCursor']}"))
        assert first["entries"] + rest["entries"] == seen["entries"]
        assert rest["nextCursor"] is None


async def test_what_a_running_turn_holds_is_shown(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person(credits=10)
        program = await site.program(caller)
        started = await site.harness.say(caller, "[demo: slow] hello")
        seen = data(await program.get("/api/credits"))
        assert seen["held"] == started.event.held.credits
        assert Decimal(seen["spendable"]) == Decimal("10") - Decimal(seen["held"])


async def test_strangers_see_no_balance(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        error(await site.client.get("/api/credits"), 401, "unauthenticated")
