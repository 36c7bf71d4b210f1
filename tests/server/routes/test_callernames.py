"""Who asks may be said in any body, and only what is so."""

from typing import Any

import pytest

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web

REPLY = {"title": "Welcome", "text": "Hello!"}
PATH = "/api/ai/quick-replies"


async def test_who_asks_may_be_said_by_both_names(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        person = await site.harness.person()
        program, me = await site.program(person), str(person.user_id)
        both = {"userId": me, **REPLY, "creatorId": me.upper()}
        made = data(await program.post(PATH, json=both), 201)
        assert made["text"] == "Hello!"
        insight = {"kind": "sales_tactic", "text": "Photos sell.", "confidence": 0.1}
        body = {**insight, "data": {"n": 10**18, "creatorId": "x"}, "creatorId": me}
        told = data(await program.post("/api/insights", json=body), 201)
        assert told["data"] == {"n": 10**18, "creatorId": "x"}


@pytest.mark.parametrize("name", ["creatorId", "userId"])
@pytest.mark.parametrize("value", ["somebody", "", 7, 1.5, None, ["a"], "a\0"])
async def test_nobody_else_and_nothing_else(
    migrated: EngineUrls, database: Database, name: str, value: Any
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        answer = await program.post(PATH, json={**REPLY, name: value})
        assert error(answer, 400, "invalid")["path"] == f"$.{name}"
        deeper = await program.patch("/api/ai/config", json={"models": {name: value}})
        assert error(deeper, 400, "invalid")["path"].startswith("$.models")


async def test_what_else_is_wrong_is_told_all_the_same(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        person = await site.harness.person()
        program = await site.program(person)
        body = {"creatorId": str(person.user_id), "title": "x", "colour": "red", "text": "y"}
        assert error(await program.post(PATH, json=body), 400, "invalid")["path"] == "$.colour"
