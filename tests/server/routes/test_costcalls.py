"""Single calls over HTTP: found, paged, and all of them as a table."""

import csv
import io
from datetime import timedelta
from typing import Any

from server.domain.ids import UserId
from server.domain.usage import Usage, UsageEvent
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.billing.support import NOON, usage_event
from tests.server.routes.office import Office, office
from tests.server.routes.site import data, error
from tests.server.routes.test_costs import write

CALLS = "/api/admin/ai-costs/calls"
DAY = {"from": NOON.isoformat(), "to": (NOON + timedelta(days=1)).isoformat()}


async def filled(desk: Office, database: Database) -> list[UsageEvent]:
    """Five calls, each dearer than the one before; the last is not billed yet."""
    user = UserId(desk.admin.user_id)
    await desk.alter(user, name='+Ann, who "is"')
    events = [
        usage_event(
            user,
            at=NOON + timedelta(minutes=number),
            cost=number + 1,
            correlation_id=f"=cmd{number}",
            usage=Usage(input_tokens=1, output_tokens=1, audio_ms=number),
        )
        for number in range(5)
    ]
    await write(database, events[:4], events[4:])
    return events


async def test_calls_come_page_by_page(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as desk:
        events = await filled(desk, database)
        for order in ("newest", "dearest"):
            params: dict[str, Any] = {**DAY, "order": order, "limit": 2}
            found: list[str] = []
            while True:
                page = data(await desk.browser.get(CALLS, params=params))
                found += [item["callId"] for item in page["items"]]
                if page["nextCursor"] is None:
                    break
                params["cursor"] = page["nextCursor"]
            assert found == [str(event.call_id) for event in events[::-1]]


async def test_the_request_behind_an_alert_is_found(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as desk:
        events = await filled(desk, database)
        one = events[3]
        for query in (
            {"callId": str(one.call_id)},
            {"turnId": str(one.turn_id)},
            {**DAY, "correlationId": one.correlation_id},
        ):
            (item,) = data(await desk.browser.get(CALLS, params=query))["items"]
            assert item["callId"] == str(one.call_id)
        assert item == {
            "callId": str(one.call_id),
            "turnId": str(one.turn_id),
            "at": "2026-03-15T12:03:00Z",
            "creatorId": str(desk.admin.user_id),
            "creatorName": '+Ann, who "is"',
            "workspaceId": str(one.workspace_id),
            "feature": "chat",
            "agent": "assistant",
            "provider": "demo",
            "model": "demo/causerie-demo",
            "inputTokens": 1,
            "cachedInputTokens": 0,
            "outputTokens": 1,
            "reasoningTokens": 0,
            "audioMs": 3,
            "costUsd": "0.000000004",
            "charged": "0.000004",
            "chargedUsd": "0.000000004",
            "usageSource": "provider",
            "outcome": "ok",
            "plan": "starter",
            "correlationId": "=cmd3",
            "durationMs": 420,
            "billed": True,
        }


async def test_every_call_of_a_range_comes_as_a_table(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as desk:
        events = await filled(desk, database)
        for path, headers in ((f"{CALLS}.csv", {}), (CALLS, {"Accept": "text/csv"})):
            answer = await desk.browser.get(path, params={**DAY, "limit": 1}, headers=headers)
            assert answer.status_code == 200
            head, *rows = csv.reader(io.StringIO(answer.text, newline=""))
            assert head[0] == "at (UTC)"
            found = [dict(zip(head, row, strict=True)) for row in rows]
            assert [row["callId"] for row in found] == [str(event.call_id) for event in events]
            assert found[0]["at (UTC)"] == "2026-03-15T12:00:00Z"
            assert found[0]["creatorName"] == '\'+Ann, who "is"'
            assert found[0]["correlationId"] == "'=cmd0"
            assert [row["billed"] for row in found] == ["yes"] * 4 + ["no"]
            assert found[4]["costUsd"] == "0.000000005"


async def test_what_is_wrong_is_refused_with_its_field(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as desk:
        for query, name in (
            ({"order": "oldest"}, "order"),
            ({"callId": "7"}, "callId"),
            ({"outcome": "good"}, "outcome"),
            ({"cursor": "bnVsbA"}, "cursor"),
            ({"callId": str(desk.admin.user_id), "to": "0001-01-01T00:00:00Z"}, "to"),
        ):
            answer = await desk.browser.get(CALLS, params=query)
            assert error(answer, 400, "invalid")["path"] == f"$query.{name}"
