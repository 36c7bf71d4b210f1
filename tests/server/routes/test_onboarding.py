"""The questionnaire over HTTP: what it says is configured, what it does not ask stays."""

import json
import re
from pathlib import Path
from typing import Any

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.architecture.repository import text
from tests.server.routes.site import data, error, web

PATH, CONFIG = "/api/ai/apply-onboarding-config", "/api/ai/config"
ANSWERS = {
    "niche": "cosplay",
    "platforms": ["onlyfans"],
    "tone": ["playful"],
    "languages": ["fr"],
    "boundaries": ["politics"],
    "replyStyle": {"emojis": "none"},
}


async def test_answers_configure_and_what_they_do_not_say_stays(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        before = {
            "name": "Ada",
            "tone": "dry",
            "models": {"sales": "demo/causerie-demo"},
            "moderation": "rules",
        }
        kept = data(await program.put(CONFIG, json=before))
        previewed = data(await program.post(f"{PATH}?preview=true", json=ANSWERS))
        assert data(await program.get(CONFIG)) == kept
        applied = data(await program.post(PATH, json=ANSWERS))
        assert applied["derived"] == [
            "language",
            "isFanLanguage",
            "tone",
            "brandVoice",
            "forbiddenTopics",
        ]
        assert applied["configuration"] == data(await program.get(CONFIG))
        written = {"updatedAt": applied["configuration"]["updatedAt"]}
        assert {**previewed, "configuration": previewed["configuration"] | written} == applied
        assert applied["configuration"] == {
            **before,
            "tone": "playful",
            "language": "fr",
            "isFanLanguage": False,
            "personality": None,
            "brandVoice": "Posts about cosplay on OnlyFans. No emojis.",
            "forbiddenTopics": ["politics"],
            "updatedAt": applied["configuration"]["updatedAt"],
        }
        again = data(await program.post(PATH, json={"traits": ["kind"]}))
        assert again["derived"] == ["personality"]
        assert again["configuration"]["tone"] == "playful"


async def test_wrong_answers_are_refused_with_their_path(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for body, path in (
            ({"shoeSize": 38}, "$.shoeSize"),
            ({"platforms": ["onlyfans", "myspace"]}, "$.platforms[1]"),
            ({"goals": ["fame"]}, "$.goals[0]"),
            ({"tone": ["warm"] * 4}, "$.tone"),
            ({"niche": " "}, "$.niche"),
            ({"traits": ["x" * 61]}, "$.traits[0]"),
            ({"languages": ["fr", "xx"]}, "$.languages[1]"),
            ({"replyStyle": {"emojis": "few"}}, "$.replyStyle.emojis"),
            ({"replyStyle": None}, "$.replyStyle"),
        ):
            refused = error(await program.post(PATH, json=body), 400, "invalid")
            assert (body, refused["path"]) == (body, path)
        assert data(await program.get(CONFIG))["updatedAt"] is None


async def test_the_questionnaire_of_the_page_makes_the_configuration_of_the_page(
    migrated: EngineUrls, database: Database
) -> None:
    page = text(Path("docs/configuring-agents.md"))
    blocks: list[Any] = [json.loads(one) for one in re.findall(r"```json\n(.*?)```", page, re.S)]
    answers, configured = blocks
    async with web(migrated) as site:
        program = await site.program()
        applied = data(await program.post(PATH, json=answers))
        derived = {name: applied["configuration"][name] for name in applied["derived"]}
        assert derived == configured
        data(await program.put(CONFIG, json=configured))  # it may be sent as it is told
