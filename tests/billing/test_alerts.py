"""Incidents as they are read and acknowledged, against a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing import alerts
from server.domain.ids import UserId, new_id
from server.persistence.database import Database
from tests.billing.incidents import make_admin, make_alert, make_pause, told
from tests.billing.support import NOON

LATER = NOON + timedelta(minutes=5)


async def test_open_incidents_come_gravest_first_then_newest(database: Database) -> None:
    old = await make_alert(database, scope_key="old")
    new = await make_alert(database, scope_key="new")
    grave = await make_alert(database, severity="high", scope_kind="system", scope_key="")
    await make_alert(database, scope_key="over", state="closed", closed_at=NOON)
    async with database.snapshot() as tx:
        found = await alerts.open_alerts(tx)
    assert [alert.id for alert in found] == [grave, new, old]
    assert [alert.scope for alert in found] == ["system", "model new", "model old"]
    assert not any(alert.is_paused for alert in found)


@pytest.mark.parametrize(
    ("pause", "is_paused"),
    [
        ({}, True),
        ({"ends_at": datetime.now(UTC) + timedelta(hours=1)}, True),
        ({"ends_at": datetime.now(UTC) - timedelta(hours=1)}, False),
        ({"lifted_at": NOON}, False),
    ],
)
async def test_an_incident_says_whether_its_scope_is_paused(
    database: Database, pause: dict[str, Any], is_paused: bool
) -> None:
    await make_alert(database)
    await make_pause(database, "model", "demo/another")
    await make_pause(database, "model", "demo/causerie-demo", **pause)
    async with database.snapshot() as tx:
        (alert,) = await alerts.open_alerts(tx)
    assert alert.is_paused is is_paused


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({}, ["c", "b", "a"]),
        ({"state": "closed"}, ["b"]),
        ({"kind": "request_burst"}, ["c"]),
        ({"scope_kind": "model"}, ["b", "a"]),
        ({"scope_kind": "model", "scope_key": "a"}, ["a"]),
        ({"scope_kind": "creator", "scope_key": "a"}, []),
    ],
)
async def test_the_list_is_filtered(
    database: Database, wanted: dict[str, Any], keys: list[str]
) -> None:
    await make_alert(database, scope_key="a")
    await make_alert(database, scope_key="b", state="closed")
    await make_alert(database, scope_key="c", scope_kind="creator", kind="request_burst")
    everything: dict[str, Any] = dict.fromkeys(("state", "kind", "scope_kind", "scope_key"))
    async with database.snapshot() as tx:
        found = await alerts.list_alerts(tx, **{**everything, **wanted}, before=None, limit=9)
        rest = await alerts.list_alerts(
            tx, **{**everything, **wanted}, before=found[0].id if found else None, limit=1
        )
    assert [alert.scope_key for alert in found] == keys
    assert [alert.scope_key for alert in rest] == keys[1:2]


async def test_an_incident_is_acknowledged_once_and_all_admins_are_told(
    database: Database,
) -> None:
    admins = [await make_admin(database), await make_admin(database)]
    id_ = await make_alert(database, severity="high")
    async with database.transaction() as tx:
        alert = await alerts.acknowledge(tx, id_, UserId(admins[0]), LATER)
    assert alert is not None
    assert (alert.version, alert.acknowledged_at, alert.acknowledged_by) == (2, LATER, admins[0])
    async with database.transaction() as tx:
        assert await alerts.acknowledge(tx, id_, UserId(admins[1]), LATER) is None
        assert await alerts.acknowledge(tx, new_id(), UserId(admins[1]), LATER) is None
    for admin in admins:
        ((event, severity, data),) = await told(database, admin)
        assert (event, severity) == ("alert.updated", "critical")
        assert (data["alertId"], data["scope"]) == (str(id_), "model demo/causerie-demo")
        assert (data["acknowledged"], data["since"]) == (True, "2026-03-15T12:00:00Z")


async def test_what_is_over_is_not_acknowledged(database: Database) -> None:
    admin = await make_admin(database)
    id_ = await make_alert(database, state="closed", closed_at=NOON)
    async with database.transaction() as tx:
        assert await alerts.acknowledge(tx, id_, UserId(admin), LATER) is None
    assert await told(database, admin) == []
