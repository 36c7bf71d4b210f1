"""Quick replies over HTTP: kept, found, changed, one's own."""

import pytest

from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes import quickreplies
from tests.server.routes.site import data, error, web

PATH = "/api/ai/quick-replies"
FULL = {"title": "Welcome", "text": "So happy that you are here!", "category": "Start"}


async def test_a_reply_is_made_read_changed_and_deleted(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        mine, theirs = await site.program(), await site.program()
        made = data(await mine.post(PATH, json=FULL), 201)
        assert {name: made[name] for name in FULL} == FULL
        path = f"{PATH}/{made['id']}"
        assert data(await mine.get(path)) == made
        changed = data(await mine.patch(path, json={"text": "Hi!"}))
        assert {**made, "text": "Hi!", "updatedAt": changed["updatedAt"]} == changed
        error(await theirs.get(path), 404, "not_found")
        error(await theirs.patch(path, json={"text": "x"}), 404, "not_found")
        error(await theirs.delete(path), 404, "not_found")
        assert data(await theirs.get(PATH))["items"] == []
        assert data(await mine.delete(path)) is None
        error(await mine.get(path), 404, "not_found")


async def test_replies_are_found_and_lists_go_on_from_their_cursor(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for title, category in (("Thanks", "Start"), ("Price list", "Sales"), ("Bye", "Sales")):
            body = {"title": title, "text": "THANK you", "category": category}
            data(await program.post(PATH, json=body), 201)

        async def titles(**asked: str | int) -> list[str]:
            found = data(await program.get(PATH, params=asked))
            return [item["title"] for item in found["items"]]

        assert await titles() == ["Bye", "Price list", "Thanks"]
        assert await titles(q="price") == ["Price list"]
        assert await titles(q="thank", category="Sales") == ["Bye", "Price list"]
        assert await titles(q="%") == []
        first = data(await program.get(PATH, params={"limit": 2}))
        assert await titles(limit=2, cursor=first["nextCursor"]) == ["Thanks"]
        assert data(await program.get(PATH, params={"limit": 3}))["nextCursor"] is None


async def test_wrong_replies_are_refused_with_their_path(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        path = f"{PATH}/{data(await program.post(PATH, json=FULL), 201)['id']}"
        other = {**FULL, "title": "Other"}
        for change, wrong in (
            ({"title": ""}, "$.title"),
            ({"title": "two\nlines"}, "$.title"),
            ({"text": " "}, "$.text"),
            ({"text": "x" * 5_001}, "$.text"),
            ({"category": ""}, "$.category"),
            ({"colour": "red"}, "$.colour"),
        ):
            for answer in (
                await program.post(PATH, json={**other, **change}),
                await program.patch(path, json=change),
            ):
                assert (change, error(answer, 400, "invalid")["path"]) == (change, wrong)
        for query in ("q=", "cursor=x", "colour=red"):
            refused = error(await program.get(f"{PATH}?{query}"), 400, "invalid")
            assert refused["path"] == f"$query.{query.partition('=')[0]}"
        twice = await program.post(PATH, json=FULL)
        assert error(twice, 409, "conflict")["path"] == "$.title"


async def test_there_is_room_for_so_many(
    migrated: EngineUrls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quickreplies, "REPLIES_MAX", 1)
    async with web(migrated) as site:
        program = await site.program()
        data(await program.post(PATH, json=FULL), 201)
        refused = error(await program.post(PATH, json={**FULL, "title": "x"}), 409, "conflict")
        assert refused["metadata"] == {"limit": 1, "scope": "quick replies"}
