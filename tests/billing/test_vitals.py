"""Operators see what waits, what was put aside and what is open."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from msgspec import structs
from msgspec.json import encode
from sqlalchemy import insert, text

from billing import vitals
from billing.alerts import KINDS, ScopeKind
from billing.alerttables import AlertRow, PauseRow
from billing.consumers.deadletters import put_aside
from billing.vitals import Vitals
from server.domain.ids import new_id
from server.persistence import outbox
from server.persistence.database import Database, Tx
from server.telemetry import metrics
from server.telemetry.metrics import Metrics
from tests.billing.support import make_user, usage_event
from tests.support.eventually import eventually

EMPTY = Vitals(unwritten_s=0, dead_letters=0, webhooks_waiting=0, alerts={}, pauses={})


async def read(database: Database) -> Vitals:
    async with database.snapshot() as tx:
        return await vitals.read(tx)


async def test_nothing_waits_to_begin_with(database: Database) -> None:
    assert await read(database) == EMPTY


async def test_the_oldest_event_that_is_not_billed_says_how_late_billing_is(
    database: Database,
) -> None:
    user, _ = await make_user(database)
    async with database.transaction() as tx:
        await outbox.append(tx, [usage_event(user), usage_event(user)])
        await tx.execute(
            text("UPDATE outbox SET created_at = now() - (3 - id) * interval '1 minute'")
        )
    assert 120 <= (await read(database)).unwritten_s < 150


async def test_what_was_put_aside_makes_billing_late_no_more(database: Database) -> None:
    user, _ = await make_user(database)
    event = usage_event(user)
    async with database.transaction() as tx:
        await outbox.append(tx, [event])
        await put_aside(tx, "1-1", encode(event), "unwritable")
    assert await read(database) == structs.replace(EMPTY, dead_letters=1)


def test_metrics_know_every_kind_of_alert_and_scope() -> None:
    assert metrics.ALERTS == KINDS
    assert set(metrics.SCOPES) == set(get_args(ScopeKind))


def test_metrics_show_them() -> None:
    shown = Metrics()
    found = Vitals(
        unwritten_s=61.5,
        dead_letters=2,
        webhooks_waiting=3,
        alerts={"cost_spike": 4},
        pauses={"model": 5},
    )
    vitals.show(shown, found)
    lines = shown.exposition()[0].decode().splitlines()
    assert {
        "usage_unwritten_seconds 61.5",
        "dead_letters 2.0",
        "webhook_deliveries_waiting 3.0",
        'alerts_open{kind="cost_spike"} 4.0',
        'pauses_open{scope="model"} 5.0',
    } <= set(lines)


async def open_alert(tx: Tx, kind: str, state: str = "open") -> None:
    await tx.execute(
        insert(AlertRow).values(
            id=new_id(),
            kind=kind,
            scope_kind="creator",
            scope_key=str(new_id()),
            severity="warning",
            state=state,
            observed="",
            usual="",
            explanation="",
            evidence={},
            since=datetime.now(UTC),
        )
    )


async def pause(tx: Tx, scope: str, **ends: datetime) -> None:
    values = {"id": new_id(), "scope_kind": scope, "scope_key": str(new_id()), "reason": "", **ends}
    await tx.execute(insert(PauseRow).values(values))


async def test_what_is_open_counts_by_kind(database: Database) -> None:
    now = datetime.now(UTC)
    async with database.transaction() as tx:
        for kind, state in (
            ("cost_spike", "open"),
            ("cost_spike", "open"),
            ("cost_spike", "closed"),
            ("daily_cost", "open"),
        ):
            await open_alert(tx, kind, state)
        await pause(tx, "creator")
        await pause(tx, "model", ends_at=now + timedelta(hours=1))
        await pause(tx, "model", ends_at=now - timedelta(hours=1))
        await pause(tx, "feature", lifted_at=now)
    found = await read(database)
    assert found.alerts == {"cost_spike": 2, "daily_cost": 1}
    assert found.pauses == {"creator": 1, "model": 1}


async def test_they_are_told_again_and_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vitals, "EVERY_S", 0.01)
    told: list[Vitals] = []
    reading = asyncio.create_task(vitals.keep_reading(database, told.append))
    try:
        await eventually(lambda: len(told) >= 2)
    finally:
        reading.cancel()
    assert told[0] == EMPTY
