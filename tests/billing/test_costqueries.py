"""What a snapshot of live costs reads: every call once, whether billing has written it or not."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from billing import costqueries
from billing.consumers import charges
from server.domain.usage import CallOutcome
from server.persistence import outbox
from server.persistence.database import Database
from tests.billing.support import NOON, make_user, usage_event

START, END = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


async def test_written_and_unwritten_calls_are_summed_by_step_and_key(database: Database) -> None:
    user, _ = await make_user(database)
    written = usage_event(user, cost=5)
    unwritten = usage_event(
        user, cost=70, at=NOON + timedelta(seconds=59), outcome=CallOutcome.FAILED
    )
    later = usage_event(user, cost=900, at=NOON + timedelta(seconds=60))
    outside = usage_event(user, cost=1, at=END)
    async with database.transaction() as tx:
        await outbox.append(tx, [written, unwritten, later, outside])
        await charges.apply(tx, [written])
    async with database.snapshot() as snapshot:
        await costqueries.allow_time(snapshot)
        sums = [one async for one in costqueries.sums(snapshot, START, END, 60)]
        dear = await costqueries.dearest(snapshot, START, END, 2)
    second = int(NOON.timestamp())
    assert [(one.second, one.usd, one.calls, one.failed) for one in sums] == [
        (second, 75, 2, 1),
        (second + 60, 900, 1, 0),
    ]
    assert sums[0].key == (user, "chat", "assistant", "demo/causerie-demo", "demo")
    assert [call.call_id for call in dear] == [later.call_id, unwritten.call_id]
    assert [call.failed for call in dear] == [False, True]


@pytest.mark.parametrize(
    ("change", "comes"),
    [
        ("published_at = now(), applied_at = NULL", True),
        ("published_at = now() - interval '1 day', applied_at = NULL", True),
        ("published_at = NULL, applied_at = now()", True),
        ("published_at = now() - interval '4 minutes', applied_at = now()", True),
        ("published_at = now() - interval '6 minutes', applied_at = now()", False),
    ],
)
async def test_calls_that_may_come_by_again_are_known(
    database: Database, change: str, comes: bool
) -> None:
    user, _ = await make_user(database)
    event = usage_event(user)
    async with database.transaction() as tx:
        await outbox.append(tx, [event])
        await tx.execute(text(f"UPDATE outbox SET {change}"))
    async with database.snapshot() as snapshot:
        known = await costqueries.counted(snapshot)
    assert known == ({event.call_id: event.at} if comes else {})


async def test_creators_are_called_by_name_else_by_address(database: Database) -> None:
    ann, _ = await make_user(database)
    bob, _ = await make_user(database)
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE users SET name = '' WHERE id = :id"), {"id": bob})
    async with database.snapshot() as snapshot:
        found = await costqueries.names(snapshot, [ann, bob])
    assert found == {ann: "Someone", bob: f"{bob}@example.test"}
