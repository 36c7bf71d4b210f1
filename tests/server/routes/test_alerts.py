"""Incidents over HTTP: admins list, read and acknowledge them, and see who was told."""

from server.accounts.access import Scope
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.billing.incidents import make_alert, make_pause, told
from tests.server.routes.site import data, error
from tests.server.routes.test_prices import shop

ALERTS = "/api/admin/alerts"


async def test_incidents_are_listed_newest_first_by_page_and_filter(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated) as (_, admin):
        made = [await make_alert(database, scope_key=key) for key in "abc"]
        await make_alert(database, scope_kind="creator", kind="request_burst", state="closed")
        first = data(await admin.get(f"{ALERTS}?state=open&limit=2"))
        assert [item["scope"] for item in first["items"]] == ["model c", "model b"]
        rest = data(await admin.get(f"{ALERTS}?state=open&cursor={first['nextCursor']}"))
        assert [item["id"] for item in rest["items"]] == [str(made[0])]
        assert rest["nextCursor"] is None
        (burst,) = data(await admin.get(f"{ALERTS}?kind=request_burst&scope=creator"))["items"]
        assert burst["state"] == "closed"
        (one,) = data(await admin.get(f"{ALERTS}?scope=model&key=b"))["items"]
        assert one["id"] == str(made[1])
        error(await admin.get(f"{ALERTS}?kind=nonsense"), 400, "invalid")


async def test_an_incident_shows_figures_and_pause(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated, [Scope.ADMIN_READ]) as (_, admin):
        id_ = await make_alert(database)
        shown = data(await admin.get(f"{ALERTS}/{id_}"))
        assert (shown["observed"], shown["usual"]) == ("0.62 USD/min", "0.15 USD/min")
        assert shown["explanation"] == "The cost is 4.1 times the usual."
        assert shown["evidence"] == {"times": 4.1}
        assert (shown["since"], shown["paused"]) == ("2026-03-15T12:00:00Z", False)
        await make_pause(database, "model", "demo/causerie-demo")
        assert data(await admin.get(f"{ALERTS}/{id_}"))["paused"] is True
        error(await admin.get(f"{ALERTS}/{new_id()}"), 404, "not_found")


async def test_an_incident_is_acknowledged_once_audited_and_told(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated) as (_, admin):
        id_ = await make_alert(database)
        first = data(await admin.post(f"{ALERTS}/{id_}/acknowledge"))
        again = data(await admin.post(f"{ALERTS}/{id_}/acknowledge"))
        assert first == again
        assert (first["version"], first["acknowledgedAt"] is None) == (2, False)
        entries = data(await admin.get(f"/api/admin/audit?targetId={id_}"))["items"]
        assert [(entry["action"], entry["after"]) for entry in entries] == [
            ("alert.acknowledge", {"kind": "cost_spike", "scope": "model demo/causerie-demo"})
        ]
        ((event, _, payload),) = await told(database, first["acknowledgedBy"])
        assert (event, payload["acknowledged"]) == ("alert.updated", True)


async def test_what_is_over_or_never_was_is_not_acknowledged(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated) as (_, admin):
        id_ = await make_alert(database, state="closed")
        error(await admin.post(f"{ALERTS}/{id_}/acknowledge"), 409, "conflict")
        error(await admin.post(f"{ALERTS}/{new_id()}/acknowledge"), 404, "not_found")
        assert data(await admin.get("/api/admin/audit?action=alert.acknowledge"))["items"] == []


async def test_a_key_that_reads_acknowledges_nothing(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated, [Scope.ADMIN_READ]) as (_, admin):
        id_ = await make_alert(database)
        error(await admin.post(f"{ALERTS}/{id_}/acknowledge"), 403, "forbidden")


async def test_it_is_told_who_was_told_of_an_incident(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated) as (_, admin):
        id_ = await make_alert(database)
        assert data(await admin.get(f"{ALERTS}/{id_}/deliveries")) == {"told": [], "sent": []}
        data(await admin.post(f"{ALERTS}/{id_}/acknowledge"))
        found = data(await admin.get(f"{ALERTS}/{id_}/deliveries"))
        (one,) = found["told"]
        assert (one["version"], one["event"], one["admins"]) == (2, "alert.updated", 1)
        assert found["sent"] == []
        error(await admin.get(f"{ALERTS}/{new_id()}/deliveries"), 404, "not_found")
