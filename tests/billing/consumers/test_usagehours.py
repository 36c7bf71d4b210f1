"""Sums by the hour are those of the rows, whoever writes them and however often they come."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from billing.consumers import charges
from billing.tables import UsageLogRow
from server.domain.ids import UserId, new_id
from server.domain.money import NanoUsd
from server.domain.usage import CallOutcome, UsageEvent
from server.persistence.database import Database, Tx
from tests.billing.support import NOON, make_user, usage_event

DIFFERENCES = text("""
WITH summed AS (
    SELECT date_trunc('hour', at, 'UTC') AS hour, creator_id, feature, agent, provider, model,
           count(*) AS calls, count(*) FILTER (WHERE outcome = 'failed') AS failed,
           sum(input_tokens)::bigint, sum(output_tokens)::bigint, sum(cost_usd)::bigint,
           sum(charged)::bigint, sum(charged_usd)::bigint, sum(cost_usd::numeric * cost_usd)
    FROM usage_logs GROUP BY 1, 2, 3, 4, 5, 6)
(TABLE summed EXCEPT TABLE usage_hours) UNION ALL (TABLE usage_hours EXCEPT TABLE summed)
""")


async def events_of(database: Database, count: int) -> list[UsageEvent]:
    """Some share an hour with others, some do not; the costs of some are as high as they get."""
    users = [(await make_user(database))[0] for _ in range(3)]
    return [
        usage_event(
            UserId(users[number % 3]),
            at=NOON + timedelta(minutes=7 * (number // 2)),
            cost=NanoUsd(number * 10**15),
            feature=("chat", "caption")[number % 2],
            outcome=CallOutcome.FAILED if number % 5 == 0 else CallOutcome.OK,
        )
        for number in range(count)
    ]


async def agree(database: Database, events: Sequence[UsageEvent]) -> None:
    async with database.snapshot() as tx:
        assert (await tx.execute(DIFFERENCES)).all() == []
        assert await tx.scalar(text("SELECT sum(calls) FROM usage_hours")) == len(events)


async def apply(tx: Tx, events: Sequence[UsageEvent]) -> None:
    await charges.apply(tx, events)


async def test_workers_with_the_same_calls_in_any_order_count_each_once(
    database: Database,
) -> None:
    events = await events_of(database, 60)
    batches = [events, events[::-1], events[20:], events[:40][::-1], events[::2]]
    await asyncio.gather(*(database.run(partial(apply, events=batch)) for batch in batches))
    await agree(database, events)


async def test_a_batch_that_is_split_around_a_bad_event_counts_the_good_ones(
    database: Database,
) -> None:
    events = await events_of(database, 8)
    nobody = usage_event(UserId(new_id()), at=NOON)
    async with database.transaction() as tx:
        for some in ([*events[:4], nobody], events[:4], [nobody], events[4:]):
            if nobody in some:
                with pytest.raises(IntegrityError):
                    async with tx.begin_nested():
                        await charges.apply(tx, some)
            else:
                async with tx.begin_nested():
                    await charges.apply(tx, some)
    await agree(database, events)


async def test_a_writer_that_knows_nothing_of_hours_keeps_them_whole(database: Database) -> None:
    """As the version before does while both run."""
    events = await events_of(database, 8)
    async with database.transaction() as tx:
        await charges.apply(tx, events[:4])
        for event in events:
            await tx.execute(insert(UsageLogRow).on_conflict_do_nothing(), charges.usage_row(event))
    await agree(database, events)
