"""Insights over HTTP: told, found, judged and taken back, each creator their own."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text as sql

from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web

PATH = "/api/insights"


async def tell(client: httpx2.AsyncClient, text: str = "Photos sell.", **fields: Any) -> Any:
    body = {"kind": "sales_tactic", "text": text, "confidence": 0.5, **fields}
    return data(await client.post(PATH, json=body), 201)


async def texts(client: httpx2.AsyncClient, **query: Any) -> list[str]:
    page = data(await client.get(PATH, params=query))
    return [one["text"] for one in page["items"]]


async def test_what_is_told_is_read_back_whole(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        told = await tell(
            program, language="en", data={"share": 0.4}, tags=["ppv"], people=["Marie"]
        )
        assert data(await program.get(f"{PATH}/{told['id']}")) == told
        assert data(await program.get(PATH)) == {"items": [told], "nextCursor": None}
        del told["id"], told["createdAt"]
        assert told == {
            "audience": "own",
            "kind": "sales_tactic",
            "source": "creator",
            "text": "Photos sell.",
            "language": "en",
            "confidence": 0.5,
            "data": {"share": 0.4},
            "tags": ["ppv"],
            "creators": 1,
            "seen": 1,
            "helped": 0,
            "hindered": 0,
            "retractedAt": None,
            "supersededBy": None,
        }


async def test_told_again_it_is_one_and_another_may_take_its_place(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        first = await tell(program)
        again = await tell(program, "photos SELL", confidence=0.7)
        assert (again["id"], again["seen"], again["confidence"]) == (first["id"], 2, 0.7)
        better = await tell(program, "Photos sell on Fridays.", supersedes=first["id"])
        assert await texts(program) == ["Photos sell on Fridays."]
        old = data(await program.get(f"{PATH}/{first['id']}"))
        assert old["supersededBy"] == better["id"]
        answer = await program.post(
            PATH,
            json={
                "kind": "sales_tactic",
                "text": "Polls sell.",
                "confidence": 1,
                "supersedes": str(new_id()),
            },
        )
        assert error(answer, 404, "not_found")["path"] == "$.supersedes"
        assert await texts(program) == ["Photos sell on Fridays."]


async def test_a_language_that_nobody_has_named_is_null(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        assert (await tell(program, "Xyz."))["language"] is None
        assert (await tell(program, "Photos sell.", language="en"))["language"] == "en"


async def test_lists_have_pages_and_a_search_has_the_best_first(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for place, text in enumerate(("Photos sell.", "Mornings are quiet.", "Polls please.")):
            await tell(program, text, confidence=0.5 + place / 10, language="en")
        await tell(program, "Ada likes photos.", kind="fan_preference", language="en")
        page = data(await program.get(PATH, params={"kind": "sales_tactic", "limit": 2}))
        assert [one["text"] for one in page["items"]] == ["Polls please.", "Mornings are quiet."]
        rest = {"kind": "sales_tactic", "cursor": page["nextCursor"]}
        assert await texts(program, **rest) == ["Photos sell."]
        assert await texts(program, q="a photo", kind="sales_tactic") == [
            "Photos sell.",
            "Polls please.",
            "Mornings are quiet.",
        ]
        (best,) = data(await program.get(PATH, params={"q": "a quiet morning", "limit": 1}))[
            "items"
        ]
        assert (best["text"], best["score"]) == ("Mornings are quiet.", 0.6)
        both = await program.get(PATH, params={"q": "photo", "cursor": page["nextCursor"]})
        assert error(both, 400, "invalid")["path"] == "$query.cursor"


async def test_confidence_is_that_of_now(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        told = await tell(program, confidence=0.5)
        async with database.transaction() as tx:
            month = "UPDATE insights SET confidence_at = confidence_at - interval '30 days'"
            await tx.execute(sql(month))
        assert data(await program.get(f"{PATH}/{told['id']}"))["confidence"] == 0.4
        (found,) = data(await program.get(PATH, params={"q": "photos"}))["items"]
        assert (found["confidence"], found["score"]) == (0.4, 0.4)
        again = await tell(program, confidence=0.1)
        assert again["confidence"] == 0.4


async def test_outcomes_are_counted_once_an_occasion(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        told = await tell(program)
        path = f"{PATH}/{told['id']}/feedback"
        for key, helped, confidence in (
            ("one", True, 0.6),
            ("one", False, 0.6),
            ("two", False, 0.48),
        ):
            judged = data(await program.post(path, json={"helped": helped, "key": key}))
            assert judged["confidence"] == confidence
        for _ in range(2):
            judged = data(await program.post(path, json={"helped": True}))
        assert (judged["helped"], judged["hindered"]) == (3, 1)


async def test_what_is_taken_back_is_not_learned_again(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        path = f"{PATH}/{(await tell(program))['id']}"
        data(await program.delete(path))
        error(await program.delete(path), 404, "not_found")
        error(await program.post(f"{path}/feedback", json={"helped": True}), 404, "not_found")
        again = await tell(program)
        assert again["retractedAt"] == data(await program.get(path))["retractedAt"] is not None
        assert await texts(program) == await texts(program, q="photos") == []


async def test_nothing_of_somebody_else_is_found(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program, stranger = await site.program(), await site.program()
        told = await tell(program)
        path = f"{PATH}/{told['id']}"
        error(await stranger.get(path), 404, "not_found")
        error(await stranger.delete(path), 404, "not_found")
        error(await stranger.post(f"{path}/feedback", json={"helped": False}), 404, "not_found")
        body = {"kind": "sales_tactic", "text": "x", "confidence": 1, "supersedes": told["id"]}
        error(await stranger.post(PATH, json=body), 404, "not_found")
        assert await texts(stranger) == await texts(stranger, q="photos") == []
        assert data(await program.get(path)) == told


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"kind": "gossip"}, "$.kind"),
        ({"text": ""}, "$.text"),
        ({"text": " \n"}, "$.text"),
        ({"text": "x" * 1_001}, "$.text"),
        ({"text": "a\0b"}, "$.text"),
        ({"confidence": 1.1}, "$.confidence"),
        ({"confidence": None}, "$.confidence"),
        ({"source": "Our Service"}, "$.source"),
        ({"language": "english"}, "$.language"),
        ({"data": {"a": ["b\0"]}}, "$.data.a[0]"),
        ({"data": {"a\0": 1}}, '$.data["a\\u0000"]'),
        ({"data": {"a": "x" * 5_000}}, "$.data"),
        ({"data": []}, "$.data"),
        ({"tags": ["x"] * 21}, "$.tags"),
        ({"people": [""]}, "$.people[0]"),
        ({"creator": "somebody"}, "$.creator"),
    ],
)
async def test_what_cannot_be_kept_is_refused_by_its_field(
    migrated: EngineUrls, database: Database, wrong: dict[str, Any], path: str
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        body = {"kind": "sales_tactic", "text": "x", "confidence": 1, **wrong}
        assert error(await program.post(PATH, json=body), 400, "invalid")["path"] == path
        assert await texts(program) == []
