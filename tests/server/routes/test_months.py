"""Months over HTTP: admins see everybody's, everybody their own, frozen where they are closed."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from billing.months import close_due
from server.accounts.access import Scope
from server.domain.ids import UserId
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.billing.support import make_user, usage_event
from tests.server.routes.office import Office, office
from tests.server.routes.site import data, error
from tests.server.routes.test_costs import write
from tests.server.routes.test_usage import bill

MONTHS, OWN = "/api/admin/months", "/api/ai/usage/months"
DUE = datetime(2026, 4, 4, tzinfo=UTC)


async def filled(desk: Office, database: Database) -> tuple[UserId, UserId]:
    """Ann has calls in March and April, Bob in March; March is closed, and a call came late."""
    ann = UserId(desk.admin.user_id)
    bob, _ = await make_user(database)
    await desk.alter(ann, name="@Ann")
    april = date(2026, 4, 1)
    events = [
        usage_event(ann, cost=1_000_000),
        usage_event(ann, cost=500_000, month=april, at=DUE, plan="pro"),
        usage_event(bob, cost=3_000_000),
    ]
    await write(database, events, [])
    assert await close_due(database, DUE, 3) == [date(2026, 3, 1)]
    await write(database, [usage_event(ann, cost=200_000, plan="starter")], [])
    return ann, bob


async def test_a_closed_month_shows_its_invoices_and_what_came_since(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as desk:
        ann, bob = await filled(desk, database)
        april, march = data(await desk.browser.get(MONTHS))["items"]
        assert (april["month"], april["closedAt"], april["invoice"]) == ("2026-04", None, None)
        assert (march["month"], march["creators"], march["waiting"]) == ("2026-03", 2, 0)
        assert (march["costUsd"], march["invoice"]["costUsd"]) == ("0.0042", "0.004")
        assert march["difference"] == {
            "costUsd": "0.0002", "charged": "0.2", "chargedUsd": "0.0002", "requestCount": 1,
        }  # fmt: skip
        params: dict[str, Any] = {"limit": 1}
        first = data(await desk.browser.get(f"{MONTHS}/2026-03", params=params))
        assert first["totals"] == march
        params["cursor"] = first["nextCursor"]
        second = data(await desk.browser.get(f"{MONTHS}/2026-03", params=params))
        assert second["nextCursor"] is None
        (one,), (other,) = first["items"], second["items"]
        assert (one["creatorId"], one["invoice"]["charged"]) == (str(bob), "3")
        assert (other["creatorId"], other["name"], other["charged"]) == (str(ann), "@Ann", "1.2")
        assert other["difference"]["charged"] == "0.2"


@pytest.mark.parametrize("by_path", [True, False])
async def test_a_month_comes_as_a_table(
    migrated: EngineUrls, database: Database, by_path: bool
) -> None:
    async with office(migrated) as desk:
        ann, bob = await filled(desk, database)
        path = f"{MONTHS}/2026-03.csv" if by_path else f"{MONTHS}/2026-03"
        headers = {} if by_path else {"Accept": "text/csv"}
        answer = await desk.browser.get(path, headers=headers)
        head, *rows = csv.reader(io.StringIO(answer.text, newline=""))
        found = [dict(zip(head, row, strict=True)) for row in rows]
        assert [row["creatorId"] for row in found] == [str(bob), str(ann)]
        assert found[1] == {
            "month (UTC)": "2026-03",
            "creatorId": str(ann),
            "creatorName": "'@Ann",
            "creatorExternalId": "",
            "plan": "starter",
            "closedAt (UTC)": "2026-04-04T00:00:00Z",
            "costUsd": "0.0012",
            "charged": "1.2",
            "chargedUsd": "0.0012",
            "requestCount": "2",
            "invoiced costUsd": "0.001",
            "invoiced charged": "1",
            "invoiced chargedUsd": "0.001",
            "invoiced requestCount": "1",
        }


async def test_everybody_sees_their_own_months(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as desk:
        await filled(desk, database)
        program = await desk.site.program(desk.admin, [Scope.READ])
        first = data(await program.get(OWN, params={"limit": 1}))
        cursor = {"limit": 1, "cursor": first["nextCursor"]}
        second = data(await program.get(OWN, params=cursor))
        (april,), (march,) = first["items"], second["items"]
        assert (april["month"], april["plan"], april["closedAt"]) == ("2026-04", "pro", None)
        assert (march["invoice"]["charged"], march["difference"]["charged"]) == ("1", "0.2")
        assert second["nextCursor"] is None
        stranger = await desk.site.program()
        assert data(await stranger.get(OWN)) == {"items": [], "nextCursor": None}
        error(await stranger.get(MONTHS), 403, "forbidden")


async def test_what_is_no_month_is_refused(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as desk:
        for name in ("2026-13", "2026-3", "march", "0000-01", "2026-03-01"):
            for path in (f"{MONTHS}/{name}", f"{MONTHS}/{name}.csv"):
                assert error(await desk.browser.get(path), 400, "invalid")["path"] == "$path.month"
        error(await desk.browser.get(f"{MONTHS}/2026-03"), 404, "not_found")
        error(await desk.browser.get(f"{MONTHS}/2026-03.csv"), 404, "not_found")
        wrong = await desk.browser.get(f"{MONTHS}/2026-03", params={"cursor": "bnVsbA"})
        assert error(wrong, 400, "invalid")["path"] == "$query.cursor"


async def test_a_plan_that_changes_in_mid_month_is_that_of_the_calls_after_it(
    migrated: EngineUrls, database: Database
) -> None:
    """Turns before and after an upgrade, billed together: each counts under the plan that admitted
    it, and the month under the last."""
    async with office(migrated) as desk:
        caller = await desk.site.harness.person(plan="starter")
        await desk.site.harness.answer(caller, "one")
        changed = await desk.browser.patch(
            f"/api/admin/users/{caller.user_id}", json={"plan": "pro"}
        )
        assert changed.status_code == 200, changed.text
        upgraded = await desk.site.program(caller)
        conversation = data(await upgraded.post("/api/conversations", json={}), 201)["id"]
        body = {"clientMessageId": "01890000-0000-7000-8000-000000000001", "text": "two"}
        for _ in range(2):  # the second finds the first
            answer = await upgraded.post(f"/api/conversations/{conversation}/messages", json=body)
            assert answer.status_code == 200, answer.text
        await bill(database)
        since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        split = {"groupBy": "plan", "from": since}
        items = data(await upgraded.get("/api/ai/usage", params=split))["items"]
        assert {item["key"]: item["calls"] for item in items} == {"starter": 1, "pro": 1}
        (month,) = data(await upgraded.get(OWN))["items"]
        assert (month["plan"], month["requestCount"]) == ("pro", 2)
        by_feature = data(await upgraded.get("/api/ai/usage", params={"from": since}))
        assert month["chargedUsd"] == by_feature["totals"]["chargedUsd"]
