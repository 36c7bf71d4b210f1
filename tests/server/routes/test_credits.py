"""Balance and entries over HTTP."""

import csv
from decimal import Decimal

from billing.ledger import Ledger
from server.domain.ids import new_id
from server.domain.money import MicroCredits, credits_text
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web
from tests.support.teams import team


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
        assert "conversationId" not in seen["entries"][1]
        first = data(await program.get("/api/credits?limit=1"))
        rest = data(await program.get(f"/api/credits?limit=1&cursor={first['nextCursor']}"))
        assert first["entries"] + rest["entries"] == seen["entries"]
        assert rest["nextCursor"] is None
        place = f"/api/conversations/{seen['entries'][0]['conversationId']}"
        assert (await program.delete(place)).is_success
        left = data(await program.get("/api/credits"))["entries"]
        assert "conversationId" not in left[0]


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


async def test_a_workspace_s_balance_is_its_members_and_its_entries_its_owners(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        owner, member = await site.harness.person(credits=1), await site.harness.person(credits=2)
        workspace = await team(database, owner, member, credits=50)
        path = f"/api/credits?workspaceId={workspace}"
        mine, theirs = await site.program(owner), await site.program(member)
        stranger = await site.program()
        outcome = await site.harness.answer(member, "hello", workspace_id=workspace)
        seen = data(await theirs.get(path))
        assert seen["credits"] == outcome["balance"]["credits"]
        assert (seen["entries"], seen["nextCursor"]) == ([], None)
        assert data(await mine.get(path))["credits"] == seen["credits"]
        kinds = [entry["kind"] for entry in data(await mine.get(path))["entries"]]
        assert kinds == ["capture", "grant"]
        error(await stranger.get(path), 404, "not_found")
        own = data(await theirs.get(f"/api/credits?workspaceId={member.workspace_id}"))
        assert own == data(await theirs.get("/api/credits"))
        assert own["credits"] == "2"


async def test_a_bound_key_sees_the_account_that_it_bills(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        owner, member = await site.harness.person(), await site.harness.person(credits=2)
        workspace = await team(database, owner, member, credits=50)
        theirs = await site.program(member)
        body = {"name": "bound", "workspaceId": str(workspace)}
        secret = data(await theirs.post("/api/api-keys", json=body), 201)["key"]
        bound = site.browser(headers={"Authorization": f"Bearer {secret}"})
        seen = data(await bound.get("/api/credits"))
        assert (seen["credits"], seen["entries"]) == ("50", [])
        elsewhere = await bound.get(f"/api/credits?workspaceId={member.workspace_id}")
        error(elsewhere, 404, "not_found")


async def test_entries_of_a_kind_and_a_time_are_asked_for(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person(credits=10)
        program = await site.program(caller)
        await site.harness.answer(caller, "hello")
        for query, kinds in (
            ("kind=capture", ["capture"]),
            ("kind=refund", []),
            ("from=2020-01-01T00:00:00Z", ["capture", "grant"]),
            ("to=2020-01-01T00:00:00Z", []),
        ):
            seen = data(await program.get(f"/api/credits?{query}"))
            assert [entry["kind"] for entry in seen["entries"]] == kinds
        error(await program.get("/api/credits?kind=overage"), 400, "invalid")


async def test_a_long_history_goes_out_whole_as_a_table_that_runs_nothing(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person(credits=10)
        program = await site.program(caller)
        async with database.transaction() as tx:
            for number in range(1, 451):
                await Ledger().grant(
                    tx,
                    caller.account_id,
                    MicroCredits(number),
                    key=f"{number}",
                    reason="=HYPERLINK(1)" if number == 450 else None,
                    id=new_id(),
                )
        table = await program.get("/api/credits.csv")
        assert table.headers["content-type"].startswith("text/csv")
        header, *lines = csv.reader(table.text.splitlines())
        assert header == ["at (UTC)", "id", "kind", "credits", "turnId", "reason"]
        assert [line[3] for line in lines[:-1]] == [
            credits_text(number) for number in range(450, 0, -1)
        ]
        assert lines[-1][2:4] == ["grant", "10"]
        assert lines[0][5] == "'=HYPERLINK(1)"
        asked = await program.get("/api/credits?kind=capture", headers={"Accept": "text/csv"})
        assert asked.text.splitlines() == [",".join(header)]


async def test_a_members_table_of_a_workspace_is_refused(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        owner, member = await site.harness.person(), await site.harness.person()
        workspace = await team(database, owner, member, credits=50)
        path = f"/api/credits.csv?workspaceId={workspace}"
        assert "grant" in (await (await site.program(owner)).get(path)).text
        error(await (await site.program(member)).get(path), 403, "forbidden")
