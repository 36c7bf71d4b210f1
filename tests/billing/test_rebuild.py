"""What is derived is made again, equal to the byte, whatever was lost or changed of it."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.json import decode
from sqlalchemy import text

from billing import rebuild
from billing.consumers import charges
from billing.reconcile import check
from server.domain.ids import UserId, new_id
from server.domain.usage import CallOutcome, Price, Usage, UsageEvent, UsageSource
from server.local.engines import EngineUrls
from server.persistence import outbox
from server.persistence.database import Database, open_database
from tests.billing import books
from tests.billing.support import make_user, usage_event
from tests.conftest import empty
from tests.support.eventually import eventually

USERS = 3
MANY = 2**62

words = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
)
numbers = st.integers(0, MANY)
amounts = st.integers(0, 10**15)
raw = st.none() | st.dictionaries(
    words,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | words
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)  # fmt: skip
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.builds(
    lambda away: NEW_YEAR + timedelta(microseconds=away),
    st.integers(-(10**12), 10**12) | st.sampled_from([-1, 0, 10**6]),
)
happenings = st.fixed_dictionaries(
    {
        "at": moments,
        "month": st.sampled_from([date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]),
        "plan": st.sampled_from(["starter", "pro", "business"]),
        "feature": words,
        "agent": words,
        "provider": words,
        "model": words,
        "usage": st.builds(
            Usage,
            input_tokens=numbers,
            output_tokens=numbers,
            cached_input_tokens=numbers,
            cache_write_tokens=numbers,
            reasoning_tokens=numbers,
            source=st.sampled_from(UsageSource),
            raw=raw,
            images=numbers,
            characters=numbers,
            audio_ms=numbers,
        ),
        "price": st.builds(
            Price,
            input=numbers,
            output=numbers,
            cached_input=st.none() | numbers,
            cache_write=st.none() | numbers,
            image=st.none() | numbers,
            character=st.none() | numbers,
            second=st.none() | numbers,
        ),
        "cost_usd": amounts,
        "charged": amounts,
        "charged_usd": amounts,
        "outcome": st.sampled_from(CallOutcome),
        "correlation_id": words,
        "duration_ms": numbers,
    }
)
DAMAGES = [
    "DELETE FROM usage_logs WHERE call_id = :call",
    "UPDATE usage_logs SET charged = charged + 1 WHERE call_id = :call",
    "UPDATE usage_logs SET plan = plan || 'x', at = at - interval '1 us' WHERE call_id = :call",
    "UPDATE usage_logs SET raw = '{\"x\": 1}', month = '2020-01-01' WHERE call_id = :call",
    "UPDATE usage_logs SET prices = '{}', model = '', agent = '' WHERE call_id = :call",
    "DELETE FROM monthly_charges WHERE creator_id = :creator",
    "UPDATE monthly_charges SET cost_usd = 0, plan = 'x' WHERE creator_id = :creator",
    "UPDATE monthly_charges SET request_count = request_count + 1 WHERE month = :month",
    "INSERT INTO monthly_charges (creator_id, month, plan) VALUES (:creator, '2020-02-01', 'pro')"
    " ON CONFLICT DO NOTHING",
]
calls = st.lists(
    st.tuples(st.integers(0, USERS - 1), happenings, st.integers(0, 3)), min_size=1, max_size=8
)
damages = st.lists(st.tuples(st.sampled_from(DAMAGES), st.integers(0, 99)), min_size=1, max_size=8)


async def dump(database: Database) -> list[str]:
    """Every derived row as the database writes it."""
    async with database.snapshot() as snapshot:
        rows = await snapshot.scalars(
            text(
                "(SELECT usage_logs::text FROM usage_logs ORDER BY call_id)"
                " UNION ALL (SELECT monthly_charges::text FROM monthly_charges"
                " ORDER BY creator_id, month)"
            )
        )
        return list(rows.all())


async def bill(database: Database, events: list[tuple[UsageEvent, int]]) -> None:
    """Through the outbox, as a stream would deliver them: in four batches of any make-up."""
    async with database.transaction() as tx:
        await outbox.append(tx, [event for event, _ in events])
        queued = await outbox.claim(tx, 100)
        await outbox.mark_published(tx, [row.id for row in queued])
    batches: list[list[UsageEvent]] = [[], [], [], []]
    for (_, batch), row in zip(events, queued, strict=True):
        batches[batch].append(decode(row.payload, type=UsageEvent))
    for delivered in batches:
        async with database.transaction() as tx:
            await charges.apply(tx, delivered)


async def damaged_and_rebuilt(
    database: Database,
    made: list[tuple[int, dict[str, Any], int]],
    damage: list[tuple[str, int]],
    pruned: int,
) -> None:
    await books.run(
        database, "DELETE FROM usage_logs", "DELETE FROM monthly_charges", "DELETE FROM outbox"
    )
    users = [(await make_user(database))[0] for _ in range(USERS)]
    events = [(usage_event(users[user], **happened), batch) for user, happened, batch in made]
    await bill(database, events)
    before = await dump(database)
    kept = [event for event, _ in events]
    async with database.transaction() as tx:
        if pruned < len(kept):  # its event is gone, so its row must be left as it is
            await tx.execute(
                text("DELETE FROM outbox WHERE call_id = :call"), {"call": kept[pruned].call_id}
            )
            del kept[pruned]
        for statement, number in damage:
            if kept:
                event = kept[number % len(kept)]
                known = {
                    "call": event.call_id, "creator": event.creator_id, "month": event.month,
                }  # fmt: skip
                wanted = text(statement)
                await tx.execute(wanted, {key: known[key] for key in wanted.compile().params})
    await rebuild.usage_rows(database)
    await rebuild.monthly_charges(database)
    assert await dump(database) == before
    assert await rebuild.usage_rows(database) == []
    assert await rebuild.monthly_charges(database) == []


def test_derived_tables_are_rebuilt_equal_to_the_byte(migrated: EngineUrls) -> None:
    with asyncio.Runner() as runner:
        opened = open_database(migrated.database_url, pool_size=1)
        database = runner.run(opened.__aenter__())

        @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
        @given(made=calls, damage=damages, pruned=st.integers(0, 8))
        def holds(
            made: list[tuple[int, dict[str, Any], int]], damage: list[tuple[str, int]], pruned: int
        ) -> None:
            runner.run(damaged_and_rebuilt(database, made, damage, pruned))

        try:
            holds()
        finally:
            runner.run(empty(database))
            runner.run(opened.__aexit__(None, None, None))


async def test_whole_tables_come_back_from_the_outbox(database: Database) -> None:
    users = [(await make_user(database))[0] for _ in range(3)]
    events = [(usage_event(users[number % 3], cost=number), number % 4) for number in range(450)]
    for start in range(0, len(events), 90):
        await bill(database, events[start : start + 90])
    before = await dump(database)
    await books.run(database, "TRUNCATE usage_logs, monthly_charges")
    assert len(await rebuild.usage_rows(database)) == 450
    assert len(await rebuild.monthly_charges(database)) == 3
    assert await dump(database) == before


async def test_an_event_that_cannot_be_read_is_left_and_the_others_are_written(
    database: Database,
) -> None:
    user, _ = await make_user(database)
    events = [usage_event(user) for _ in range(5)]
    await bill(database, [(event, 0) for event in events])
    await books.run(
        database,
        "TRUNCATE usage_logs, monthly_charges",
        "UPDATE outbox SET payload = '{}' WHERE id = 1",
        f'UPDATE outbox SET payload = payload || \'{{"creatorId"\\: "{new_id()}"}}\' WHERE id = 2',
        "UPDATE outbox SET applied_at = NULL WHERE id = 3",
        f'UPDATE outbox SET payload = payload || \'{{"callId"\\: "{new_id()}"}}\' WHERE id = 4',
    )
    assert await rebuild.usage_rows(database) == [events[4].call_id]
    assert [found.name for found in await check(database) if found.name == "I4 applied"]


async def test_a_row_that_is_written_meanwhile_is_counted_once(database: Database) -> None:
    """A worker holds the month, uncommitted, while it is summed anew."""
    user, _ = await make_user(database)
    first, second = usage_event(user, cost=5), usage_event(user, cost=7)
    await bill(database, [(first, 0)])
    await books.run(database, "UPDATE monthly_charges SET cost_usd = 1000")
    async with database.transaction() as tx:
        await outbox.append(tx, [second])
        await charges.apply(tx, [second])
        rebuilding = asyncio.create_task(rebuild.monthly_charges(database))
        await eventually(lambda: waits_for_a_lock(database))
    await rebuilding
    assert await cost_of(database, user) == 12


async def test_a_worker_that_waits_adds_to_what_was_summed_anew(database: Database) -> None:
    user, _ = await make_user(database)
    first, second = usage_event(user, cost=5), usage_event(user, cost=7)
    await bill(database, [(first, 0)])
    await books.run(database, "UPDATE monthly_charges SET cost_usd = 1000")
    async with database.transaction() as tx:
        await rebuild._sum_charges(tx, [(user, first.month)])
        billing = asyncio.create_task(bill(database, [(second, 0)]))
        await eventually(lambda: waits_for_a_lock(database))
    await billing
    assert await cost_of(database, user) == 12


async def waits_for_a_lock(database: Database) -> bool:
    async with database.snapshot() as snapshot:
        found = await snapshot.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
        )
    return bool(found)


async def cost_of(database: Database, user: UserId) -> int:
    async with database.snapshot() as snapshot:
        found = await snapshot.scalar(
            text("SELECT cost_usd FROM monthly_charges WHERE creator_id = :user"), {"user": user}
        )
    assert isinstance(found, int)
    return found
