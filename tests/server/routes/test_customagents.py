"""Agents of one's own over HTTP, listed beside the built-in ones."""

import pytest

from agents.team.roster import ROSTER
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes import customagents
from server.team import AGENTS
from tests.server.routes.site import data, error, web

PATH = "/api/agents"
FULL = {
    "name": "Coach",
    "description": "Keeps me going.",
    "instructions": "Motivate.",
    "model": "demo/causerie-demo",
    "tools": ["current_time"],
}


async def test_an_agent_is_made_read_changed_and_deleted(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        made = data(await program.post(PATH, json=FULL), 201)
        assert {name: made[name] for name in FULL} == FULL
        path = f"{PATH}/{made['id']}"
        assert data(await program.get(path)) == made
        changed = data(await program.patch(path, json={"model": None, "tools": []}))
        assert {**made, "model": None, "tools": [], "updatedAt": changed["updatedAt"]} == changed
        assert data(await program.get(PATH))["items"] == [changed]
        assert data(await program.delete(path)) is None
        for refused in (await program.get(path), await program.delete(path)):
            error(refused, 404, "not_found")
        error(await program.patch(path, json={"name": "x"}), 404, "not_found")


async def test_built_in_agents_are_listed_for_everybody_and_ones_own_for_oneself(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        mine, theirs = await site.program(), await site.program()
        for name in ("Poet", "Coach"):
            short = {"name": name, "instructions": "Rhyme."}
            data(await mine.post(PATH, json=short), 201)
        listed = data(await mine.get(PATH))
        assert [one["name"] for one in listed["builtIn"]] == list(ROSTER)
        assert {one["name"] for one in listed["builtIn"]} == set(AGENTS)
        assert all(one["description"] for one in listed["builtIn"])
        assert [one["name"] for one in listed["items"]] == ["Coach", "Poet"]
        assert (listed["items"][0]["model"], listed["items"][0]["tools"]) == (None, [])
        assert data(await theirs.get(PATH)) == {**listed, "items": []}
        path = f"{PATH}/{listed['items'][0]['id']}"
        error(await theirs.get(path), 404, "not_found")
        error(await theirs.patch(path, json={"instructions": "Spy."}), 404, "not_found")
        error(await theirs.delete(path), 404, "not_found")
        assert data(await mine.get(path)) == listed["items"][0]


async def test_wrong_agents_are_refused_with_their_path(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        path = f"{PATH}/{data(await program.post(PATH, json=FULL), 201)['id']}"
        other = {**FULL, "name": "Other"}
        for change, wrong in (
            ({"name": " "}, "$.name"),
            ({"name": "Poet\n- name: Bard"}, "$.name"),
            ({"name": "x" * 201}, "$.name"),
            ({"instructions": ""}, "$.instructions"),
            ({"instructions": "\n"}, "$.instructions"),
            ({"instructions": "x" * 16_001}, "$.instructions"),
            ({"description": "x" * 1_001}, "$.description"),
            ({"tools": ["current_time", "fly"]}, "$.tools[1]"),
            ({"tools": ["current_time"] * 17}, "$.tools"),
            ({"voice": "loud"}, "$.voice"),
        ):
            for answer in (
                await program.post(PATH, json={**other, **change}),
                await program.patch(path, json=change),
            ):
                assert (change, error(answer, 400, "invalid")["path"]) == (change, wrong)
        for answer in (
            await program.post(PATH, json={**other, "model": "no/model"}),
            await program.patch(path, json={"model": "no/model"}),
        ):
            assert error(answer, 404, "model_unavailable")["path"] == "$.model"
        error(await program.post(PATH, json={"name": "x"}), 400, "invalid")
        twice = await program.post(PATH, json=FULL)
        assert error(twice, 409, "conflict")["path"] == "$.name"


async def test_there_is_room_for_so_many(
    migrated: EngineUrls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customagents, "AGENTS_MAX", 1)
    async with web(migrated) as site:
        program = await site.program()
        made = data(await program.post(PATH, json=FULL), 201)
        refused = error(await program.post(PATH, json={**FULL, "name": "x"}), 409, "conflict")
        assert refused["metadata"] == {"limit": 1, "scope": "agents"}
        await program.delete(f"{PATH}/{made['id']}")
        data(await program.post(PATH, json={**FULL, "name": "x"}), 201)
