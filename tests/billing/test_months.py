"""Months are the sums of their calls; a closed one keeps what it was, and shows what came since."""

import asyncio
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from billing import months
from billing.consumers import charges
from billing.credittables import AdjustmentRow
from billing.months import Account, Place, Sums, close, close_due
from billing.reports import Range, Ranking
from billing.reportsources import Filters, read_patiently
from server.domain.errors import Conflict, NotFound
from server.domain.ids import UserId, new_id
from server.domain.money import MicroCredits, NanoUsd
from server.domain.usage import UsageEvent
from server.local.engines import EngineUrls
from server.persistence import outbox
from server.persistence.database import Database, Snapshot, open_database
from tests.billing.support import MONTH, NOON, make_user, usage_event
from tests.conftest import empty

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
DUE = APRIL + timedelta(days=3)
FEBRUARY = date(2026, 2, 1)
USERS = 4

calls = st.lists(
    st.fixed_dictionaries(
        {
            "user": st.integers(0, USERS - 1),
            "month": st.sampled_from([FEBRUARY, MONTH]),
            "cost": st.integers(0, 10**12),
            "charged": st.integers(0, 10**9),
            "plan": st.sampled_from(["starter", "pro", "business"]),
            "minutes": st.integers(0, 10_000),
            "batch": st.integers(0, 3),
            "is_late": st.booleans(),
        }
    ),
    max_size=25,
)


def event_of(users: list[UserId], made: dict[str, Any]) -> UsageEvent:
    return usage_event(
        users[made["user"]],
        cost=made["cost"],
        charged=MicroCredits(made["charged"]),
        charged_usd=NanoUsd(made["charged"] * 1_000),
        month=made["month"],
        plan=made["plan"],
        at=NOON + timedelta(minutes=made["minutes"]),
    )


async def bill(database: Database, events: list[UsageEvent]) -> None:
    async with database.transaction() as tx:
        await charges.apply(tx, events)


def added(events: list[UsageEvent]) -> Sums:
    return Sums(
        cost_usd=NanoUsd(sum(event.cost_usd for event in events)),
        charged=MicroCredits(sum(event.charged for event in events)),
        charged_usd=NanoUsd(sum(event.charged_usd for event in events)),
        request_count=len(events),
    )


async def everybody(tx: Snapshot, month: date) -> list[Account]:
    """By pages, which bring each creator once."""
    found: list[Account] = []
    after: Place | None = None
    while page := await months.accounts(tx, month, limit=2, after=after):
        found += page
        after = (page[-1].now.charged_usd, page[-1].creator_id)
    assert [one async for some in months.every(tx, month) for one in some] == found
    return found


async def add_up(database: Database, made: list[dict[str, Any]]) -> None:
    await empty(database)
    users = [(await make_user(database))[0] for _ in range(USERS)]
    events = [(event_of(users, one), one) for one in made]
    in_time = [(event, one) for event, one in events if not one["is_late"]]
    for batch in range(4):
        await bill(database, [event for event, one in in_time if one["batch"] == batch])
    await bill(database, [event for event, _ in in_time])  # all of it comes once more
    await close_due(database, DUE, 3)
    await bill(database, [event for event, one in events if one["is_late"]])
    everything = [event for event, _ in events]
    for month in (FEBRUARY, MONTH):
        of_month = [event for event in everything if event.month == month]
        frozen = [event for event, _ in in_time if event.month == month]
        async with database.snapshot() as tx:
            found = await everybody(tx, month)
            assert len({one.creator_id for one in found}) == len(found)
            await per_creator(tx, found, of_month, frozen)
            assert await months.wrong(tx, month) == []
            if of_month:
                whole = await months.find(tx, month)
                assert whole.now == added(of_month)
                assert whole.invoiced == (added(frozen) if frozen else None)
                assert whole.creators == len(found)
                assert (whole.closed_at is not None) == bool(frozen)
    await spent_is_the_same_by_any_way(database, everything)


async def per_creator(
    tx: Snapshot, found: list[Account], events: list[UsageEvent], frozen: list[UsageEvent]
) -> None:
    now: defaultdict[UUID, list[UsageEvent]] = defaultdict(list)
    then: defaultdict[UUID, list[UsageEvent]] = defaultdict(list)
    for event in events:
        now[event.creator_id].append(event)
    for event in frozen:
        then[event.creator_id].append(event)
    assert {one.creator_id: one.now for one in found} == {
        creator: added(some) for creator, some in now.items()
    }
    for one in found:
        # Also of whom everything came late: so differences add up to that of the month.
        assert one.invoiced == (added(then[one.creator_id]) if frozen else None)
        of_plan = then[one.creator_id] or now[one.creator_id]
        assert one.plan == max(of_plan, key=lambda event: (event.at, event.call_id)).plan
        (own,) = [
            own for own in await months.own(tx, one.creator_id, limit=9) if own.month == one.month
        ]
        assert own == one


async def spent_is_the_same_by_any_way(database: Database, events: list[UsageEvent]) -> None:
    """What months say of everybody is what a report says of all of the time."""
    range_ = Range(start=NOON, end=NOON + timedelta(days=30))
    async with database.snapshot() as tx:
        await read_patiently(tx)
        found = await Ranking(Filters(), range_, ["creator"]).page(tx, 100, None)
        by_month = await months.months(tx)
    total = sum(event.charged for event in events)
    assert sum(group.figures.charged for group in found.groups) == total
    assert sum(month.now.charged for month in by_month) == total


def test_months_are_the_sums_of_their_calls_each_creator_once(migrated: EngineUrls) -> None:
    with asyncio.Runner() as runner:
        opened = open_database(migrated.database_url, pool_size=2)
        database = runner.run(opened.__aenter__())

        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(made=calls)
        def holds(made: list[dict[str, Any]]) -> None:
            runner.run(add_up(database, made))

        try:
            holds()
        finally:
            runner.run(empty(database))
            runner.run(opened.__aexit__(None, None, None))


async def test_a_month_is_closed_some_days_after_its_end_and_once(database: Database) -> None:
    user, _ = await make_user(database)
    await bill(database, [usage_event(user, cost=5)])
    assert await close_due(database, DUE - timedelta(seconds=1), 3) == []
    assert await close_due(database, DUE, 3) == [MONTH]
    assert await close_due(database, DUE + timedelta(days=1), 3) == []
    async with database.snapshot() as tx:
        found = await months.find(tx, MONTH)
    assert (found.closed_at, found.closed_by) == (DUE, None)


async def test_many_that_close_a_month_at_once_close_it_once(database: Database) -> None:
    user, _ = await make_user(database)
    await bill(database, [usage_event(user, cost=5)])
    closed = await asyncio.gather(*(close_due(database, DUE, 3) for _ in range(5)))
    assert sorted(map(len, closed)) == [0, 0, 0, 0, 1]
    async with database.snapshot() as tx:
        (account,) = await everybody(tx, MONTH)
    assert account.invoiced == account.now


async def test_a_month_waits_for_what_is_not_billed_unless_it_is_told_not_to(
    database: Database,
) -> None:
    user, _ = await make_user(database)
    billed, waiting = usage_event(user, cost=5), usage_event(user, cost=7)
    other = usage_event(user, cost=9, month=date(2026, 4, 1))
    async with database.transaction() as tx:
        await outbox.append(tx, [billed, waiting, other])
        await charges.apply(tx, [billed])
    assert await close_due(database, DUE, 3) == []
    with pytest.raises(Conflict, match="1 calls"):
        async with database.transaction() as tx:
            await close(tx, MONTH, DUE)
    async with database.transaction() as tx:
        assert await close(tx, MONTH, DUE, anyway=True)
        assert not await close(tx, MONTH, DUE, anyway=True)
    await bill(database, [waiting])
    async with database.snapshot() as tx:
        found = await months.find(tx, MONTH)
    assert found.invoiced == added([billed])
    assert found.now - found.invoiced == added([waiting])


async def test_a_month_that_runs_is_not_closed(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(Conflict):
            await close(tx, MONTH, APRIL - timedelta(microseconds=1), anyway=True)
    async with database.snapshot() as tx:
        with pytest.raises(NotFound):
            await months.find(tx, MONTH)


async def test_a_refund_after_the_end_is_a_difference_and_the_invoice_stays(
    database: Database,
) -> None:
    user, account = await make_user(database)
    event = usage_event(user, cost=1_000)
    await bill(database, [event])
    await close_due(database, DUE, 3)
    async with database.transaction() as tx:
        await tx.execute(insert(AdjustmentRow).values(refund(event, account, 400)))
        await tx.execute(
            text("UPDATE monthly_charges SET charged = charged - 400, charged_usd = 600")
        )
    async with database.snapshot() as tx:
        (one,) = await everybody(tx, MONTH)
        assert one.invoiced == added([event])
        assert (one.now - one.invoiced).charged == -400
        assert await months.wrong(tx, MONTH) == []
    for statement in ("UPDATE invoices SET charged = 0", "DELETE FROM invoices"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.transaction() as tx:
                await tx.execute(text(statement))


def refund(event: UsageEvent, account: UUID, given: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "kind": "refund",
        "batch_id": new_id(),
        "call_id": event.call_id,
        "turn_id": event.turn_id,
        "account_id": account,
        "creator_id": event.creator_id,
        "month": event.month,
        "cost_usd": 0,
        "charged": -given,
        "charged_usd": -given,
        "reason": "It was wrong.",
        "key": f"test:{new_id()}",
        "at": DUE,
    }


async def test_whose_month_does_not_add_up_is_named(database: Database) -> None:
    users = [(await make_user(database))[0] for _ in range(2)]
    await bill(database, [usage_event(user, cost=5) for user in users])
    async with database.transaction() as tx:
        await tx.execute(
            text("UPDATE monthly_charges SET charged = 4 WHERE creator_id = :user"),
            {"user": users[0]},
        )
    async with database.snapshot() as tx:
        assert await months.wrong(tx, MONTH) == [users[0]]
