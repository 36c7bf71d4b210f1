"""Incidents as rounds leave them: rows, and what admins are told."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from msgspec import structs

from billing.alerts import Alert, open_alerts
from billing.detection.findings import Finding
from billing.detection.incidents import settle
from billing.detection.scopes import Scope
from server.persistence.database import Database
from tests.billing.detection.scene import Scene
from tests.billing.incidents import make_admin, make_alert, make_pause, told
from tests.billing.support import NOON

FINDING = Finding(
    kind="request_burst",
    scope=Scope("creator", "somebody"),
    severity="watch",
    observed="90 requests/5 min",
    usual="3 requests/5 min",
    explanation="Many requests.",
    evidence={"times": 30.0},
    since=NOON,
    measure=90.0,
)


async def round_of(
    database: Database, findings: Sequence[Finding], *, minutes: float = 0, block: int = 0
) -> list[Alert]:
    """A round that finds these; the open incidents after it."""

    async def more(_: Finding) -> dict[str, Any]:
        return {"call": {"callId": "it"}}

    async with database.transaction() as tx:
        await settle(
            tx,
            await open_alerts(tx),
            findings,
            NOON + timedelta(minutes=minutes),
            detail=more,
            block=timedelta(minutes=block),
        )
    async with database.snapshot() as snapshot:
        return await open_alerts(snapshot)


async def test_what_is_found_opens_with_its_details(database: Database) -> None:
    admin = await make_admin(database)
    (alert,) = await round_of(database, [FINDING])
    assert alert.explanation == "Many requests."
    assert alert.evidence == {"times": 30.0, "call": {"callId": "it"}, "toldMeasure": 90.0}
    ((event, loudness, data),) = await told(database, admin)
    assert (event, loudness, data["scope"]) == ("alert.opened", "warning", "creator somebody")


async def test_an_incident_that_goes_on_as_it_was_writes_nothing(database: Database) -> None:
    admin = await make_admin(database)
    (before,) = await round_of(database, [FINDING])
    (after,) = await round_of(database, [structs.replace(FINDING, measure=100.0)], minutes=1)
    assert after == before
    assert len(await told(database, admin)) == 1


async def test_a_grave_incident_stays_grave(database: Database) -> None:
    await round_of(database, [structs.replace(FINDING, severity="high")])
    (alert,) = await round_of(database, [structs.replace(FINDING, measure=200.0)], minutes=1)
    assert (alert.severity, alert.version, alert.evidence["toldMeasure"]) == ("high", 2, 200.0)


async def test_a_pause_is_told_with_the_incident_it_is_for(database: Database) -> None:
    admin = await make_admin(database)
    (alert,) = await round_of(database, [FINDING], block=15)
    assert alert.explanation.endswith(" New requests of theirs are refused until 12:15 UTC.")
    ((_, _, data),) = await told(database, admin)
    assert data["explanation"] == alert.explanation


async def test_who_is_paused_already_is_not_paused_again(database: Database) -> None:
    await make_pause(database, "creator", "somebody")
    (alert,) = await round_of(database, [FINDING], block=15)
    assert "are refused until" not in alert.explanation
    assert alert.is_paused


async def test_of_different_kinds_one_scope_has_an_incident_each(database: Database) -> None:
    other: dict[str, Any] = {"kind": "cost_spike", "scope": FINDING.scope}
    found = await round_of(database, [FINDING, structs.replace(FINDING, **other)])
    assert {alert.kind for alert in found} == {"request_burst", "cost_spike"}


async def test_an_incident_that_somebody_closed_meanwhile_stays_closed(database: Database) -> None:
    scene = Scene(database)
    await make_alert(database, quiet_since=NOON)
    async with database.transaction() as tx:
        known = await open_alerts(tx)
    await round_of(database, [], minutes=20)
    (closed,) = await scene.incidents()

    async def more(_: Finding) -> dict[str, Any]:
        return {}

    async with database.transaction() as tx:
        later = NOON + timedelta(minutes=30)
        await settle(tx, known, [], later, detail=more, block=timedelta())
    assert await scene.incidents() == [closed]
