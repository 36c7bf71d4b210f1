"""Whoever tells the issue tracker has one incident at a time, and nobody else has any."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from billing.alerttables import AlertRow
from billing.issues import mark_told, next_untold
from server.domain.ids import new_id
from server.persistence.database import Database, Tx


async def put(database: Database, **values: Any) -> UUID:
    id_ = new_id()
    row = {
        "id": id_,
        "kind": "cost_spike",
        "scope_kind": "creator",
        "scope_key": str(id_),
        "severity": "watch",
        "state": "open",
        "observed": "",
        "usual": "",
        "explanation": "",
        "evidence": {},
        "since": datetime.now(UTC),
        **values,
    }
    async with database.transaction() as tx:
        await tx.execute(insert(AlertRow).values(row))
    return id_


async def untold(tx: Tx, skipped: Collection[UUID] = ()) -> UUID | None:
    found = await next_untold(tx, skipped, patience_s=20)
    return None if found is None else found.id


async def test_the_oldest_with_news_comes_first(database: Database) -> None:
    first = await put(database)
    await put(database, version=2, issue_version=2)
    second = await put(database, version=3, issue_version=2)
    async with database.transaction() as tx:
        assert await untold(tx) == first
        assert await untold(tx, [first]) == second
        assert await untold(tx, [first, second]) is None


async def test_what_was_told_is_told_no_more_unless_it_changes_meanwhile(
    database: Database,
) -> None:
    incident = await put(database)
    async with database.transaction() as tx:
        alert = await next_untold(tx, (), patience_s=20)
        assert alert is not None
        async with database.transaction() as other:  # which waits for nobody
            await other.execute(text("UPDATE alerts SET version = 2"))
        await mark_told(tx, alert, "https://linear.test/OPS-1")
    async with database.transaction() as tx:
        alert = await next_untold(tx, (), patience_s=20)
        assert alert is not None
        assert (alert.id, alert.version) == (incident, 2)
        assert alert.issue_url == "https://linear.test/OPS-1"
        await mark_told(tx, alert, alert.issue_url)
        assert await untold(tx) is None


async def test_one_at_a_time_tells(database: Database) -> None:
    incident = await put(database)
    async with database.transaction() as tx:
        assert await untold(tx) == incident
        async with database.transaction() as other:
            assert await untold(other) is None
    async with database.transaction() as tx:
        assert await untold(tx) == incident


async def test_of_closed_ones_those_have_news_that_have_an_issue_or_are_recent(
    database: Database,
) -> None:
    now = datetime.now(UTC)
    before = now - timedelta(days=2)
    await put(database, state="closed", closed_at=before)
    recent = await put(database, state="closed", closed_at=now)
    known = await put(database, state="closed", closed_at=before, issue_url="https://linear.test/1")
    async with database.transaction() as tx:
        assert await untold(tx) == recent
        assert await untold(tx, [recent]) == known
        assert await untold(tx, [recent, known]) is None


async def test_whoever_tells_may_take_longer_than_other_transactions(database: Database) -> None:
    await put(database)
    query = text("SELECT current_setting('idle_in_transaction_session_timeout')")
    async with database.transaction() as tx:
        assert await tx.scalar(query) == "10s"
        await untold(tx)
        assert await tx.scalar(query) == "20s"
    async with database.transaction() as tx:
        assert await tx.scalar(query) == "10s"
