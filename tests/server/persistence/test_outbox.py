"""The outbox on a real PostgreSQL: claimed once, applied once, kept long enough."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from server.domain.usage import UsageEvent
from server.persistence import outbox
from server.persistence.database import Database
from tests.billing.support import make_user, statements_of, usage_event


async def fill(database: Database, count: int) -> list[UsageEvent]:
    user, _ = await make_user(database)
    events = [usage_event(user) for _ in range(count)]
    async with database.transaction() as tx:
        await outbox.append(tx, events)
    return events


async def waiting(database: Database) -> int:
    async with database.transaction() as tx:
        return len(await outbox.claim(tx, 1_000))


async def test_events_are_appended_in_one_statement_or_none(database: Database) -> None:
    user, _ = await make_user(database)
    async with database.transaction() as tx:
        with statements_of(database) as seen:
            await outbox.append(tx, [])
            await outbox.append(tx, [usage_event(user) for _ in range(4)])
    assert len(seen) == 1


async def test_a_row_is_claimed_by_one_at_a_time_and_the_oldest_first(database: Database) -> None:
    events = await fill(database, 5)
    async with database.transaction() as one, database.transaction() as two:
        first, second = await outbox.claim(one, 3), await outbox.claim(two, 3)
        await outbox.mark_published(one, [row.id for row in first])
    assert [row.id for row in [*first, *second]] == [1, 2, 3, 4, 5]
    assert str(events[0].call_id).encode() in first[0].payload
    assert await waiting(database) == 2


async def test_only_what_was_sent_long_ago_and_not_applied_is_queued_again(
    database: Database,
) -> None:
    events = await fill(database, 3)
    async with database.transaction() as tx:
        await outbox.mark_published(tx, [1, 2, 3])
        await outbox.mark_applied(tx, [events[0].call_id])
        assert await outbox.requeue_unapplied(tx, waiting_since=None) == []
        await tx.execute(
            text("UPDATE outbox SET published_at = now() - interval '61 s' WHERE id < 3")
        )
        assert await outbox.requeue_unapplied(tx, waiting_since=None) == [events[1].call_id]
    assert await waiting(database) == 1


async def test_what_lies_on_the_stream_unread_is_left_there(database: Database) -> None:
    calls = [event.call_id for event in await fill(database, 3)]
    now = datetime.now(UTC)
    async with database.transaction() as tx:
        await outbox.mark_published(tx, [1, 2, 3])
        await tx.execute(
            text("UPDATE outbox SET published_at = now() - make_interval(mins => 10 - id::int)")
        )
        since = now - timedelta(minutes=8, seconds=30)
        assert await outbox.requeue_unapplied(tx, waiting_since=since) == calls[:1]
        assert set(await outbox.requeue_unapplied(tx, waiting_since=None)) == set(calls[1:])
    assert await waiting(database) == 3


async def test_long_applied_rows_are_forgotten(database: Database) -> None:
    await fill(database, 4)
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET applied_at = now() WHERE id = 1"))
        await tx.execute(
            text("UPDATE outbox SET applied_at = now() - interval '91 days' WHERE id IN (2, 4)")
        )
        assert await outbox.prune(tx, 92) == 0
        assert await outbox.prune(tx, 90) == 2
        assert (await tx.scalars(text("SELECT id FROM outbox ORDER BY id"))).all() == [1, 3]
    assert await waiting(database) == 2
