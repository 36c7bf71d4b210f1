"""How agents speak for somebody, over HTTP: replaced, changed, refused with its path."""

from typing import Any

import httpx2
from msgspec import structs

from agents.team.roster import ROSTER
from server.accounts.access import Scope
from server.domain.configuration import Configuration, ConfigurationChange
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes.configuration import ConfigurationView
from tests.server.routes.site import data, error, web

PATH = "/api/ai/config"
MODEL = "demo/causerie-demo"
NOTHING: dict[str, Any] = {
    "name": None,
    "language": None,
    "isFanLanguage": True,
    "tone": None,
    "personality": None,
    "brandVoice": None,
    "forbiddenTopics": [],
    "models": {},
    "moderation": "model",
}
FULL: dict[str, Any] = {
    "name": "Ada",
    "language": "fr",
    "isFanLanguage": False,
    "tone": "warm",
    "personality": "Curious and kind.",
    "brandVoice": "Short sentences.",
    "forbiddenTopics": ["politics", "my family"],
    "models": dict.fromkeys(ROSTER, MODEL),
    "moderation": "rules",
}


def configured(answer: httpx2.Response) -> dict[str, Any]:
    found: dict[str, Any] = data(answer)
    return {name: value for name, value in found.items() if name != "updatedAt"}


def test_every_field_is_shown_replaced_and_changed() -> None:
    fields = {field.name for field in structs.fields(Configuration)}
    assert {field.name for field in structs.fields(ConfigurationChange)} == fields
    assert {field.name for field in structs.fields(ConfigurationView)} == fields | {"updated_at"}


async def test_a_configuration_is_written_changed_and_written_anew(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        mine, theirs = await site.program(), await site.program()
        before = data(await mine.get(PATH))
        assert before == {**NOTHING, "updatedAt": None}
        written = data(await mine.put(PATH, json=FULL))
        assert {**FULL, "updatedAt": written["updatedAt"]} == written
        assert data(await mine.get(PATH)) == written
        changed = configured(await mine.patch(PATH, json={"tone": None, "name": "Ada L."}))
        assert changed == {**FULL, "tone": None, "name": "Ada L."}
        assert configured(await mine.patch(PATH, json={})) == changed
        assert configured(await theirs.get(PATH)) == NOTHING
        short = {"tone": "dry"}
        assert configured(await mine.put(PATH, json=short)) == {**NOTHING, **short}
        assert configured(await mine.get(PATH)) == {**NOTHING, **short}


async def test_what_is_wrong_is_refused_with_its_path_and_changes_nothing(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        await program.put(PATH, json=FULL)
        for body, path in (
            ({"colour": "red"}, "$.colour"),
            ({"name": ""}, "$.name"),
            ({"name": " \n"}, "$.name"),
            ({"tone": "x" * 201}, "$.tone"),
            ({"tone": "warm\n- name: Eve"}, "$.tone"),
            ({"forbiddenTopics": ["politics\nsport"]}, "$.forbiddenTopics[0]"),
            ({"brandVoice": "x" * 2_001}, "$.brandVoice"),
            ({"personality": "a\0b"}, "$.personality"),
            ({"language": "french"}, "$.language"),
            ({"language": "xx"}, "$.language"),
            ({"isFanLanguage": None}, "$.isFanLanguage"),
            ({"forbiddenTopics": ["x"]}, "$.forbiddenTopics[0]"),
            ({"forbiddenTopics": ["politics", "  "]}, "$.forbiddenTopics[1]"),
            ({"forbiddenTopics": ["politics"] * 51}, "$.forbiddenTopics"),
            ({"models": {"poet": MODEL}}, "$.models"),
            ({"models": {"sales": ""}}, "$.models[...]"),
            ({"moderation": "none"}, "$.moderation"),
        ):
            for send in (program.put, program.patch):
                refused = error(await send(PATH, json=body), 400, "invalid")
                assert (body, refused["path"]) == (body, path)
        for send in (program.put, program.patch):
            refused = error(
                await send(PATH, json={"models": {"sales": "causerie-demo"}}),
                404,
                "model_unavailable",
            )
            assert refused["path"] == "$.models.sales"
            assert refused["metadata"]["near"] == [MODEL]
        assert configured(await program.get(PATH)) == FULL


async def test_a_key_that_may_only_read_changes_nothing(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        reader = await site.program(scopes=[Scope.READ])
        assert configured(await reader.get(PATH)) == NOTHING
        for send in (reader.put, reader.patch):
            error(await send(PATH, json={"tone": "dry"}), 403, "forbidden")
        error(await site.client.get(PATH), 401, "unauthenticated")
