"""Presets over HTTP: one's own, those shared in the workspace, nobody else's."""

import pytest

from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes import presets
from tests.server.routes.site import data, error, web
from tests.support.teams import team

FULL = {
    "name": "Poet",
    "category": "Writing",
    "description": "Rhymes",
    "agent": "assistant",
    "model": "demo/causerie-demo",
    "params": {
        "temperature": 1.5,
        "maxOutputTokens": 100,
        "tools": ["current_time"],
        "responseFormat": {
            "type": "json_schema",
            "schema": {"type": "object"},
            "name": "poem",
            "partial": True,
        },
    },
    "instructions": "Rhyme.",
    "shared": True,
}

WRONG = {"type": "json_schema", "schema": {"type": "poem"}}


async def test_a_preset_is_made_read_changed_and_deleted(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        made = data(await program.post("/api/presets", json=FULL), 201)
        assert {name: made[name] for name in FULL} == FULL
        assert made["own"] is True
        path = f"/api/presets/{made['id']}"
        assert data(await program.get(path)) == made
        changed = data(await program.patch(path, json={"model": None, "name": "Bard"}))
        assert (changed["model"], changed["name"]) == (None, "Bard")
        assert changed["params"] == FULL["params"]
        assert data(await program.delete(path)) is None
        error(await program.get(path), 404, "not_found")


async def test_there_is_room_for_so_many(
    migrated: EngineUrls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presets, "PRESETS_MAX", 1)
    async with web(migrated) as site:
        program = await site.program()
        made = data(await program.post("/api/presets", json=FULL), 201)
        refused = error(await program.post("/api/presets", json=FULL), 409, "conflict")
        assert refused["metadata"] == {"limit": 1, "scope": "presets"}
        data(await (await site.program()).post("/api/presets", json=FULL), 201)
        data(await program.delete(f"/api/presets/{made['id']}"))
        data(await program.post("/api/presets", json=FULL), 201)


async def test_a_preset_names_an_agent_that_there_is(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        author, stranger = await site.program(), await site.program()
        own = {"name": "Ada", "instructions": "You are Ada."}
        ada = data(await author.post("/api/agents", json=own), 201)["id"]
        made = data(await author.post("/api/presets", json={"name": "A", "agent": ada}), 201)
        assert made["agent"] == ada
        path = f"/api/presets/{made['id']}"
        for refused in (
            await stranger.post("/api/presets", json={"name": "A", "agent": ada}),
            await author.post("/api/presets", json={"name": "A", "agent": "asistant"}),
            await author.patch(path, json={"agent": "asistant"}),
        ):
            assert error(refused, 400, "invalid")["path"] == "$.agent"
        assert data(await author.patch(path, json={"agent": "team"}))["agent"] == "team"


async def test_categories_count_and_filter(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for name, category in (("a", "Writing"), ("b", "Sales"), ("c", "Writing")):
            body = {"name": name, "category": category}
            data(await program.post("/api/presets", json=body), 201)
        counted = data(await program.get("/api/presets/categories"))["items"]
        assert counted == [{"name": "Sales", "count": 1}, {"name": "Writing", "count": 2}]
        found = data(await program.get("/api/presets?category=Writing"))["items"]
        assert [item["name"] for item in found] == ["c", "a"]


async def test_lists_go_on_from_their_cursor(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for number in range(3):
            data(await program.post("/api/presets", json={"name": str(number)}), 201)
        first = data(await program.get("/api/presets?limit=2"))
        rest = data(await program.get(f"/api/presets?limit=2&cursor={first['nextCursor']}"))
        names = [item["name"] for item in first["items"] + rest["items"]]
        assert (names, rest["nextCursor"]) == (["2", "1", "0"], None)


async def test_colleagues_see_what_is_shared_and_change_nothing(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        author, colleague = await site.harness.person(), await site.harness.person()
        workspace = {"workspaceId": str(await team(database, author, colleague))}
        mine, theirs = await site.program(author), await site.program(colleague)
        stranger = await site.program()
        shared = data(await mine.post("/api/presets", json={**FULL, **workspace}), 201)
        assert shared["workspaceId"] == workspace["workspaceId"]
        hidden = {**FULL, **workspace, "shared": False}
        private = data(await mine.post("/api/presets", json=hidden), 201)
        data(await mine.post("/api/presets", json=FULL), 201)  # shared with nobody but oneself
        seen = data(await theirs.get("/api/presets"))["items"]
        assert [(item["id"], item["own"]) for item in seen] == [(shared["id"], False)]
        path = f"/api/presets/{shared['id']}"
        assert data(await theirs.get("/api/presets/categories"))["items"][0]["count"] == 1
        error(await theirs.patch(path, json={"name": "x"}), 404, "not_found")
        error(await theirs.delete(path), 404, "not_found")
        error(await theirs.get(f"/api/presets/{private['id']}"), 404, "not_found")
        error(await stranger.get(path), 404, "not_found")
        assert data(await stranger.get("/api/presets"))["items"] == []
        refused = error(
            await stranger.post("/api/presets", json={**FULL, **workspace}), 404, "not_found"
        )
        assert refused["path"] == "$.workspaceId"


async def test_what_a_leaving_author_shared_stays_with_the_owner(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        owner, author = await site.harness.person(), await site.harness.person()
        workspace = await team(database, owner, author)
        mine, theirs = await site.program(owner), await site.program(author)
        body = {**FULL, "workspaceId": str(workspace)}
        made = data(await theirs.post("/api/presets", json=body), 201)
        data(await theirs.delete(f"/api/workspaces/{workspace}/members/{author.user_id}"))
        path = f"/api/presets/{made['id']}"
        error(await theirs.patch(path, json={"instructions": "Spam."}), 404, "not_found")
        assert data(await mine.patch(path, json={"name": "Bard"}))["own"] is True


async def test_bad_presets_are_refused_with_their_path(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for body, path in (
            ({}, "$.name"),
            ({"name": "x" * 101}, "$.name"),
            ({"name": "x", "params": {"temperature": 3}}, "$.params.temperature"),
            ({"name": "x", "params": {"temp": 1}}, "$.params.temp"),
            ({"name": "x", "owner": "me"}, "$.owner"),
            ({"name": "x", "params": {"tools": ["fly"]}}, "$.params.tools[0]"),
            (
                {"name": "x", "params": {"responseFormat": WRONG}},
                "$.params.responseFormat.schema.type",
            ),
        ):
            answer = await program.post("/api/presets", json=body)
            assert error(answer, 400, "invalid")["path"] == path
        made = data(await program.post("/api/presets", json={"name": "x"}), 201)
        change = await program.patch(f"/api/presets/{made['id']}", json={"params": {"tools": [""]}})
        assert error(change, 400, "invalid")["path"] == "$.params.tools[0]"
        change = await program.patch(
            f"/api/presets/{made['id']}", json={"params": {"responseFormat": WRONG}}
        )
        assert error(change, 400, "invalid")["path"] == "$.params.responseFormat.schema.type"
        model = await program.post("/api/presets", json={"name": "x", "model": "no/model"})
        error(model, 404, "model_unavailable")
