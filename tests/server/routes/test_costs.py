"""Costs over HTTP: for admins, exact, page by page and as tables."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from billing.consumers import charges
from server.accounts.access import Scope
from server.domain.ids import UserId, new_id
from server.domain.money import MicroCredits, NanoUsd
from server.domain.usage import CallOutcome, UsageEvent
from server.local.engines import EngineUrls
from server.persistence import outbox
from server.persistence.database import Database
from tests.billing.support import NOON, make_user, usage_event
from tests.server.routes.office import Office, office
from tests.server.routes.site import data, error

COSTS = "/api/admin/ai-costs"
DAY = {"from": NOON.isoformat(), "to": (NOON + timedelta(days=1)).isoformat()}


async def filled(desk: Office, database: Database) -> tuple[UserId, UserId]:
    """Two creators with calls of a day, one of them not billed yet, and of the day before."""
    ann, _ = await make_user(database)
    bob = UserId((await desk.hosted("7")).user_id)
    await desk.alter(bob, name="=Bob")
    dear: dict[str, Any] = {"cost": 3_000_000, "feature": "image", "model": "demo/pictures"}
    events = [
        usage_event(ann, cost=1_000_000),
        usage_event(ann, at=NOON + timedelta(hours=3), **dear),
        usage_event(
            bob,
            at=NOON + timedelta(hours=3, minutes=1),
            cost=2_000_000,
            charged=MicroCredits(0),
            charged_usd=NanoUsd(0),
            outcome=CallOutcome.FAILED,
        ),
        usage_event(ann, at=NOON - timedelta(hours=1), cost=2_000_000),
    ]
    await write(database, events, [usage_event(bob, at=NOON + timedelta(hours=4), cost=500_000)])
    return ann, bob


async def write(database: Database, billed: list[UsageEvent], waiting: list[UsageEvent]) -> None:
    async with database.transaction() as tx:
        await outbox.append(tx, [*billed, *waiting])
        await charges.apply(tx, billed)


async def test_creators_are_ranked_with_their_names_and_against_the_day_before(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as desk:
        ann, bob = await filled(desk, database)
        report = data(await desk.browser.get(COSTS, params=DAY))
        first, second = report["items"]
        assert first == {
            "keys": {"creator": str(ann)},
            "name": "Someone",
            "externalId": None,
            "changePercent": 100.0,
            "calls": 2,
            "failed": 0,
            "inputTokens": 200,
            "outputTokens": 100,
            "costUsd": "0.004",
            "charged": "4",
            "chargedUsd": "0.004",
            "marginUsd": "0",
        }
        assert (second["keys"], second["name"]) == ({"creator": str(bob)}, "=Bob")
        assert (second["externalId"], second["changePercent"]) == ("7", None)
        assert (second["failed"], second["marginUsd"]) == (1, "-0.002")
        assert (report["groupBy"], report["groupCount"], report["nextCursor"]) == (
            ["creator"], 2, None,
        )  # fmt: skip
        assert (report["totals"]["costUsd"], report["totals"]["changePercent"]) == ("0.0065", 225.0)
        assert (report["before"]["costUsd"], report["before"]["to"]) == (
            "0.002", report["from"],
        )  # fmt: skip
        assert report["unbilled"] == {"calls": 1, "costUsd": "0.0005"}
        assert report["adjustments"]["count"] == 0
        drawn = {point["at"]: point["costUsd"] for point in report["series"]}
        assert (report["step"], len(drawn)) == ("hour", 24)
        assert drawn["2026-03-15T15:00:00Z"] == "0.005"
        assert drawn["2026-03-15T14:00:00Z"] == "0"


async def test_filters_hold_for_all_figures(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as desk:
        ann, _ = await filled(desk, database)
        for given, cost in (
            ({"creatorId": str(ann)}, "0.004"),
            ({"creatorId": "external:7"}, "0.0025"),
            ({"feature": "image"}, "0.003"),
            ({"feature": "image,chat"}, "0.0065"),
            ({"model": "demo/pictures", "creatorId": "external:7"}, "0"),
            ({"outcome": "failed"}, "0.002"),
            ({"workspaceId": str(new_id())}, "0"),
        ):
            for group_by in ("model", "plan,day"):
                params = {**DAY, **given, "groupBy": group_by}
                report = data(await desk.browser.get(COSTS, params=params))
                assert report["totals"]["costUsd"] == cost, given
                assert [item for item in report["items"] if item["costUsd"] == "0"] == []


async def test_pages_of_any_grouping_bring_every_group_once(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as desk:
        await filled(desk, database)
        for group_by, groups in (
            ("creator,model", 3),
            ("hour", 3),
            ("hour,creator", 4),
            ("plan", 1),
        ):
            params: dict[str, Any] = {**DAY, "groupBy": group_by, "limit": 1}
            found: list[Any] = []
            while True:
                page = data(await desk.browser.get(COSTS, params=params))
                found += [item["keys"] for item in page["items"]]
                if page["nextCursor"] is None:
                    break
                params["cursor"] = page["nextCursor"]
            assert (len(found), page["groupCount"]) == (groups, groups), group_by
            assert len({str(keys) for keys in found}) == groups


async def test_a_creator_is_told_by_feature_and_model(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as desk:
        ann, _ = await filled(desk, database)
        told = data(await desk.browser.get(f"{COSTS}/creators/{ann}", params=DAY))
        assert told["creator"] == {
            "id": str(ann), "name": "Someone", "externalId": None, "deleted": False,
        }  # fmt: skip
        assert [item["keys"]["feature"] for item in told["features"]] == ["image", "chat"]
        assert [item["costUsd"] for item in told["models"]] == ["0.003", "0.001"]
        assert told["featuresAndModels"][0]["keys"] == {
            "feature": "image", "model": "demo/pictures",
        }  # fmt: skip
        assert (told["totals"]["costUsd"], told["totals"]["changePercent"]) == ("0.004", 100.0)
        named = data(await desk.browser.get(f"{COSTS}/creators/external:7", params=DAY))
        assert (named["creator"]["name"], named["totals"]["calls"]) == ("=Bob", 2)
        error(await desk.browser.get(f"{COSTS}/creators/{new_id()}"), 404, "not_found")


@pytest.mark.parametrize("by_path", [True, False])
async def test_all_groups_come_as_a_table(
    migrated: EngineUrls, database: Database, by_path: bool
) -> None:
    async with office(migrated) as desk:
        ann, bob = await filled(desk, database)
        params: dict[str, Any] = {**DAY, "groupBy": "creator", "limit": 1}
        headers = {} if by_path else {"Accept": "text/csv"}
        path = f"{COSTS}.csv" if by_path else COSTS
        answer = await desk.browser.get(path, params=params, headers=headers)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert (
            "ai-costs-by-creator-2026-03-15-to-2026-03-16.csv"
            in (answer.headers["content-disposition"])
        )
        head, *rows = table(answer)
        assert head[:3] == ["creatorId", "creatorName", "creatorExternalId"]
        assert [row[:3] for row in rows] == [[str(ann), "Someone", ""], [str(bob), "'=Bob", "7"]]
        assert [row[head.index("costUsd")] for row in rows] == ["0.004", "0.0025"]
        assert rows[1][head.index("marginUsd")] == "-0.002"


def table(answer: httpx2.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text, newline="")))


async def test_what_is_wrong_is_refused_with_its_field(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as desk:
        for query, name in (
            ({"groupBy": "mood"}, "groupBy"),
            ({"feature": "mood"}, "feature"),
            ({"from": "2026-03-01"}, "from"),
            ({"step": "minute"}, "step"),
            ({"limit": "0"}, "limit"),
            ({"cursor": "x"}, "cursor"),
            ({"cursor": "WzEsWyJhXHUwMDAwIl1d", "groupBy": "model"}, "cursor"),
            ({"creatorId": "ann"}, "creatorId"),
            ({"workspaceId": "ours"}, "workspaceId"),
            ({"mood": "good"}, "mood"),
        ):
            for path in (COSTS, f"{COSTS}.csv"):
                if path == COSTS or name not in {"cursor", "step"}:
                    answer = await desk.browser.get(path, params=query)
                    assert error(answer, 400, "invalid")["path"] == f"$query.{name}"


async def test_costs_are_for_admins_and_keys_that_may_read_them(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as desk:
        for scopes, status in (([Scope.ADMIN_READ], 200), ([Scope.READ], 403)):
            program = await desk.site.program(desk.admin, scopes)
            for path in (COSTS, f"{COSTS}.csv", f"{COSTS}/creators/{desk.admin.user_id}"):
                assert (await program.get(path)).status_code == status
        stranger = await desk.site.program()
        error(await stranger.get(COSTS), 403, "forbidden")
