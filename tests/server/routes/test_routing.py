"""Admins read which agents were chosen, and why; by whom, by agent and by time."""

from typing import Any

import pytest

from server.domain.clock import utc_now
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.office import office
from tests.server.routes.site import data, error

PATH = "/api/admin/routing"
CAPTION = {
    "platform": "tiktok",
    "contentInfo": {"type": "photo", "description": "Sunset at the beach"},
}


async def test_decisions_are_told_newest_first_and_by_filter(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        site, began = here.site, utc_now()
        ada, bob = await site.harness.person(), await site.harness.person()
        first = data(await (await site.program(ada)).post("/api/ai/generate-caption", json=CAPTION))
        second = data(
            await (await site.program(bob)).post("/api/ai/generate-caption", json=CAPTION)
        )

        async def told(**query: Any) -> list[str]:
            answer = await here.browser.get(PATH, params=query)
            return [one["turnId"] for one in data(answer)["items"]]

        newest, *_ = data(await here.browser.get(PATH))["items"]
        assert newest["turnId"] == second["generationId"]
        assert newest["creatorId"] == str(bob.user_id)
        assert newest["request"] == "caption"
        leader = newest["agents"][0]
        assert leader["agent"] == "content"
        assert (leader["why"], leader["reason"]) == ("a post needs words", "post")
        assert 0 < leader["score"] <= 1
        both = [second["generationId"], first["generationId"]]
        assert await told() == both
        assert await told(creatorId=str(ada.user_id)) == both[1:]
        assert await told(agent="compliance") == both
        assert await told(agent="sales") == []
        assert await told(**{"from": began.isoformat()}) == both
        assert await told(to=began.isoformat()) == []
        page = data(await here.browser.get(PATH, params={"limit": 1}))
        assert [one["turnId"] for one in page["items"]] == both[:1]
        assert await told(cursor=page["nextCursor"]) == both[1:]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/ai/chat", {"fanId": 1, "message": "Hello!"}),
        ("/api/ai/generate-caption", CAPTION),
        (
            "/api/ai/analyze-performance",
            {"metrics": {"platforms": ["tiktok"], "contentTypes": [], "timeframe": "May"}},
        ),
        ("/api/ai/optimize-sales", {"fanId": 1, "context": {"currentMessage": "It is out."}}),
        ("/api/ai/suggestions", {"fanId": 1, "lastMessage": "Hello!"}),
        ("/api/content/ai/suggestions", {"type": "photos"}),
    ],
)
async def test_what_was_asked_for_is_called_as_in_the_history(
    migrated: EngineUrls, database: Database, path: str, body: dict[str, Any]
) -> None:
    async with office(migrated) as here:
        program = await here.site.program()
        made = data(await program.post(path, json=body))["generationId"]
        kept = data(await program.get(f"/api/generations/{made}"))
        (decided,) = data(await here.browser.get(PATH))["items"]
        assert (decided["turnId"], decided["request"]) == (made, kept["kind"])


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"creatorId": "external:nobody"}, "$query.creatorId"),
        ({"creatorId": "nobody"}, "$query.creatorId"),
        ({"from": "yesterday"}, "$query.from"),
        ({"from": "2026-03-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}, "$query.to"),
        ({"agent": ""}, "$query.agent"),
        ({"cursor": "x"}, "$query.cursor"),
        ({"limit": "0"}, "$query.limit"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_its_parameter(
    migrated: EngineUrls, database: Database, query: dict[str, str], path: str
) -> None:
    async with office(migrated) as here:
        answer = await here.browser.get(PATH, params=query)
        assert error(answer, 400, "invalid")["path"] == path
