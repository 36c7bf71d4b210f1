"""Usage of one creator, grouped, from real rows."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.consumers import charges
from billing.reports import GROUPS_MAX, Grouping, usage
from server.domain.ids import UserId
from server.domain.usage import Usage, UsageEvent
from server.persistence.database import Database
from tests.billing.support import NOON, make_user, usage_event

START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


async def write(database: Database, events: list[UsageEvent]) -> None:
    async with database.transaction() as tx:
        await charges.apply(tx, events)


async def grouped(
    database: Database, user: UserId, by: Grouping, start: datetime = START
) -> list[tuple[str, int, int]]:
    async with database.snapshot() as snapshot:
        report = await usage(snapshot, user, start=start, end=END, group_by=by)
    assert sum(item.calls for item in report.items) == report.totals.calls
    assert sum(item.cost_usd for item in report.items) == report.totals.cost_usd
    return [(item.key, item.calls, item.cost_usd) for item in report.items]


async def test_usage_is_grouped_each_way(database: Database) -> None:
    user, _ = await make_user(database)
    other, _ = await make_user(database)
    late = datetime(2026, 3, 14, 23, 59, 59, tzinfo=UTC)
    await write(
        database,
        [
            usage_event(user, cost=5, model="openai/small", provider="openai"),
            usage_event(user, cost=30, at=late, feature="caption", agent="content"),
            usage_event(user, cost=1, at=late),
            usage_event(other, cost=1_000),
            usage_event(user, cost=1_000, at=END),
        ],
    )
    assert await grouped(database, user, "day") == [("2026-03-14", 2, 31), ("2026-03-15", 1, 5)]
    assert await grouped(database, user, "model") == [
        ("demo/causerie-demo", 2, 31),
        ("openai/small", 1, 5),
    ]
    assert await grouped(database, user, "provider") == [("demo", 2, 31), ("openai", 1, 5)]
    assert await grouped(database, user, "feature") == [("caption", 1, 30), ("chat", 2, 6)]
    assert await grouped(database, user, "agent") == [("content", 1, 30), ("assistant", 2, 6)]


async def test_tokens_and_dollars_are_summed(database: Database) -> None:
    user, _ = await make_user(database)
    tokens = Usage(input_tokens=10, output_tokens=3)
    await write(database, [usage_event(user, cost=8, charged_usd=2, usage=tokens)])
    await write(database, [usage_event(user, cost=9, charged_usd=0, usage=tokens)])
    async with database.snapshot() as snapshot:
        report = await usage(snapshot, user, start=START, end=END, group_by="model")
    totals = report.totals
    assert (totals.input_tokens, totals.output_tokens) == (20, 6)
    assert (totals.cost_usd, totals.charged_usd, totals.calls, totals.key) == (17, 2, 2, "")


@pytest.mark.parametrize("by", ["day", "model"])
async def test_no_usage_is_an_empty_report(database: Database, by: Grouping) -> None:
    user, _ = await make_user(database)
    async with database.snapshot() as snapshot:
        report = await usage(snapshot, user, start=START, end=END, group_by=by)
    assert (report.items, report.totals.calls, report.totals.cost_usd) == ([], 0, 0)


async def test_what_is_cut_off_is_in_the_totals(database: Database) -> None:
    user, _ = await make_user(database)
    events = [
        usage_event(user, cost=number + 1, model=f"demo/{number}", at=NOON + timedelta(seconds=1))
        for number in range(GROUPS_MAX + 5)
    ]
    await write(database, events)
    async with database.snapshot() as snapshot:
        report = await usage(snapshot, user, start=START, end=END, group_by="model")
    assert len(report.items) == GROUPS_MAX
    assert report.totals.calls == GROUPS_MAX + 5
    assert report.items[0].cost_usd == GROUPS_MAX + 5
