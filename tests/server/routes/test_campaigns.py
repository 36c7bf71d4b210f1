"""Insights of campaigns over HTTP: linked, read back, each creator their own."""

from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from knowledge.hostdata import put_campaigns
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.knowledge.hosts import campaign
from tests.server.routes.site import Web, data, error, web


async def launched(site: Web, *names: str) -> httpx2.AsyncClient:
    """A program of a creator with these campaigns."""
    person = await site.harness.person()
    async with site.services.database.transaction() as tx:
        await put_campaigns(tx, person.user_id, [campaign(name) for name in names], utc_now())
    return await site.program(person)


async def told(client: httpx2.AsyncClient, text: str) -> str:
    body = {"kind": "sales_tactic", "text": text, "confidence": 0.5}
    return str(data(await client.post("/api/insights", json=body), 201)["id"])


def place(name: str) -> str:
    return f"/api/campaigns/{quote(name, safe='')}/insights"


def shown(answer: httpx2.Response) -> list[Any]:
    page = data(answer)
    assert page["nextCursor"] is None
    return [one["text"] for one in page["items"]]


@pytest.mark.parametrize("name", ["spring", "2026/spring sale", "insights/insights", "é?#%"])
async def test_what_is_linked_is_read_back_newest_first(
    migrated: EngineUrls, database: Database, name: str
) -> None:
    async with web(migrated) as site:
        program = await launched(site, name, "other")
        first, second = await told(program, "Photos sell."), await told(program, "Polls sell.")
        for insight in (second, first, second):
            linked = await program.post(place(name), json={"insightId": insight})
        assert shown(linked) == shown(await program.get(place(name)))
        assert shown(linked) == ["Polls sell.", "Photos sell."]
        assert shown(await program.get(place("other"))) == []
        data(await program.delete(f"{place(name)}/{second}"))
        error(await program.delete(f"{place(name)}/{second}"), 404, "not_found")
        assert shown(await program.get(place(name))) == ["Photos sell."]
        data(await program.delete(f"/api/insights/{first}"))
        assert shown(await program.get(place(name))) == []


async def test_a_list_goes_on_from_its_cursor(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await launched(site, "spring")
        for text in ("Photos sell.", "Polls sell.", "Videos sell."):
            insight = await told(program, text)
            await program.post(place("spring"), json={"insightId": insight})
        page = data(await program.get(place("spring"), params={"limit": 2}))
        assert [one["text"] for one in page["items"]] == ["Videos sell.", "Polls sell."]
        rest = await program.get(place("spring"), params={"cursor": page["nextCursor"]})
        assert shown(rest) == ["Photos sell."]
        wrong = await program.get(place("spring"), params={"cursor": "x"})
        assert error(wrong, 400, "invalid")["path"] == "$query.cursor"


async def test_neither_campaign_nor_insight_of_somebody_else_is_there(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program, stranger = await launched(site, "spring"), await launched(site, "autumn")
        mine, theirs = await told(program, "Photos sell."), await told(stranger, "Polls sell.")
        data(await program.post(place("spring"), json={"insightId": mine}))
        for client, name, insight, path in (
            (program, "spring", theirs, "$.insightId"),
            (stranger, "spring", theirs, None),
            (stranger, "autumn", mine, "$.insightId"),
            (program, "autumn", mine, None),
            (program, "spring", str(new_id()), "$.insightId"),
        ):
            answer = await client.post(place(name), json={"insightId": insight})
            assert error(answer, 404, "not_found").get("path") == path
        error(await stranger.get(place("spring")), 404, "not_found")
        error(await stranger.delete(f"{place('spring')}/{mine}"), 404, "not_found")
        error(await program.get(place("never")), 404, "not_found")
        assert shown(await program.get(place("spring"))) == ["Photos sell."]
        assert shown(await stranger.get(place("autumn"))) == []


async def test_what_is_no_id_is_named(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await launched(site, "spring")
        wrong = await program.post(place("spring"), json={"insightId": "x"})
        assert error(wrong, 400, "invalid")["path"] == "$.insightId"
        for name in ("a\0b", "x" * 300):
            error(await program.get(place(name)), 404, "not_found")
