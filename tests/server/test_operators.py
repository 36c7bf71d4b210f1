"""A web process shows the system's figures, and tells Linear of incidents where it has a key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy import insert

from billing.alerttables import AlertRow
from server.background import end, keep
from server.domain.ids import new_id
from server.operators import open_for_operators
from server.persistence.database import Database
from server.settings import load
from server.telemetry.metrics import Metrics
from tests.support.eventually import eventually
from tests.support.linear import KEY, LinearStub


@asynccontextmanager
async def running(database: Database, **environ: str) -> AsyncIterator[Metrics]:
    metrics = Metrics()
    async with open_for_operators(load(environ), database, metrics) as runs:
        tasks = [asyncio.create_task(keep(run)) for run in runs]
        try:
            yield metrics
        finally:
            await end(tasks)


async def open_alert(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            insert(AlertRow).values(
                id=new_id(),
                kind="daily_cost",
                scope_kind="system",
                scope_key="",
                severity="high",
                state="open",
                observed="250 USD",
                usual="200 USD",
                explanation="Today cost more than $200.",
                evidence={},
                since=datetime.now(UTC),
            )
        )


def is_seen(metrics: Metrics) -> bool:
    return b'alerts_open{kind="daily_cost"} 1.0' in metrics.exposition()[0]


async def test_an_incident_is_seen_and_told(database: Database) -> None:
    await open_alert(database)
    async with (
        LinearStub() as linear,
        running(
            database,
            LINEAR_API_KEY=KEY,
            LINEAR_API_URL=linear.url,
            PUBLIC_URL="https://causerie.example",
        ) as metrics,
    ):
        await eventually(lambda: is_seen(metrics) and linear.issues)
    (issue,) = linear.issues.values()
    assert "https://causerie.example/admin/costs" in issue["description"]


async def test_without_a_key_it_is_seen_all_the_same(database: Database) -> None:
    await open_alert(database)
    async with running(database) as metrics:
        await eventually(lambda: is_seen(metrics))
