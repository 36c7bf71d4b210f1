"""What the host tells is written once, however often it is sent, and the later version stays."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import ValidationError, convert, structs, to_builtins
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from knowledge import hostdata
from knowledge.hostdata import (
    CLOCKS_APART,
    ITEMS_MAX,
    Campaign,
    Written,
    put_campaigns,
    put_stats,
    put_subscriptions,
)
from server.domain.clock import utc_now
from server.domain.errors import Forbidden, Invalid
from server.persistence import leaving
from server.persistence.database import Database, Tx
from tests.knowledge.hosts import campaign, day, subscription, usd
from tests.knowledge.scene import creator
from tests.server.accounts.people import START

LATER = START + timedelta(seconds=1)
NOW = START + timedelta(minutes=1)
TODAY = date(2026, 3, 1)
AFAR = timezone(timedelta(hours=20))
"""Where Python knows what time it is, and PostgreSQL does not."""


async def rows(database: Database, table: str) -> list[dict[str, Any]]:
    async with database.snapshot() as tx:
        found = await tx.execute(text(f"SELECT * FROM {table}"))
        return [dict(row) for row in found.mappings()]


async def test_what_is_told_is_kept_as_it_was_told(database: Database) -> None:
    who = await creator(database)
    told = (
        campaign(spent=usd(12.5), revenue=usd(0.000000001), sent=2**53, ends_at=LATER),
        day(TODAY, revenue=usd(9.99)),
        subscription("s", 4.99, ended_at=LATER.astimezone(AFAR)),
    )
    async with database.transaction() as tx:
        assert await put_campaigns(tx, who, told[:1], NOW) == Written(written=1, ignored=0)
        assert await put_stats(tx, who, told[1:2], NOW) == Written(written=1, ignored=0)
        assert await put_subscriptions(tx, who, told[2:], NOW) == Written(written=1, ignored=0)
    tables = ("marketing_campaigns", "user_stats", "fan_subscriptions")
    for table, one in zip(tables, told, strict=True):
        (row,) = await rows(database, table)
        assert row["user_id"] == who
        assert {name: row[name] for name in structs.asdict(one)} == structs.asdict(one)


async def test_sent_again_it_changes_nothing_and_an_earlier_version_neither(
    database: Database,
) -> None:
    who = await creator(database)
    new, old = campaign(as_of=LATER, sent=2), campaign(as_of=START, sent=1)
    async with database.transaction() as tx:
        assert (await put_campaigns(tx, who, [new], NOW)).written == 1
        for again in (new, old, structs.replace(new, sent=3)):
            told = await put_campaigns(tx, who, [again], NOW)
            assert told == Written(written=0, ignored=1)
    (row,) = await rows(database, "marketing_campaigns")
    assert row["sent"] == 2


async def test_whatever_the_order_and_the_batches_the_same_is_left(database: Database) -> None:
    who = await creator(database)
    shuffles: list[tuple[list[Campaign], int]] = []
    versions = [
        campaign(name, START + timedelta(seconds=second), sent=second)
        for name in "ab"
        for second in range(4)
    ]

    @settings(
        max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.permutations(versions), st.integers(1, 8))
    def draw(order: list[Campaign], size: int) -> None:
        shuffles.append((order, size))

    draw()
    for order, size in shuffles:
        async with database.transaction() as tx:
            await tx.execute(text("DELETE FROM marketing_campaigns"))
            for start in range(0, len(order), size):
                batch = order[start : start + size]
                written = await put_campaigns(tx, who, batch, NOW)
                assert written.written + written.ignored == len(batch)
        left = await rows(database, "marketing_campaigns")
        assert sorted((row["external_id"], row["sent"]) for row in left) == [("a", 3), ("b", 3)]


async def test_many_requests_for_the_same_at_once_do_not_stop_each_other(
    database: Database,
) -> None:
    who = await creator(database)
    days = [day(TODAY - timedelta(days=back)) for back in range(200)]

    async def put(order: int) -> int:
        async with database.transaction() as tx:
            return (await put_stats(tx, who, days[::order], NOW)).written

    assert sum(await asyncio.gather(*(put(order) for order in (1, -1, 1, -1)))) == 200


async def test_creators_have_names_of_their_own(database: Database) -> None:
    one, other = await creator(database), await creator(database)
    async with database.transaction() as tx:
        for who in (one, other):
            assert (await put_campaigns(tx, who, [campaign()], NOW)).written == 1
            assert (await put_subscriptions(tx, who, [subscription("s")], NOW)).written == 1


@pytest.mark.parametrize(
    ("items", "path"),
    [
        ([day(TODAY), day(TODAY, 1, 2)], "$.items[1].answered"),
        ([day(TODAY), day(TODAY, as_of=NOW + 2 * CLOCKS_APART)], "$.items[1].asOf"),
        ([day(TODAY)] * (ITEMS_MAX + 1), "$.items"),
    ],
)
async def test_what_cannot_be_names_its_field(
    database: Database, items: list[hostdata.DayStats], path: str
) -> None:
    async with database.transaction() as tx:
        with pytest.raises(Invalid) as refused:
            await put_stats(tx, await creator(database), items, NOW)
    assert refused.value.path == path
    assert await rows(database, "user_stats") == []


@pytest.mark.parametrize(
    "wrong", [{"sent": -1}, {"spent": 2**62}, {"external_id": "a\0"}, {"platform": "Only Fans"}]
)
def test_what_is_out_of_bounds_is_not_decoded(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        convert({**to_builtins(campaign()), **wrong}, Campaign)


@pytest.mark.parametrize(
    "change", ["answered = 11", "answered = -1", "revenue = -1", "user_id = gen_random_uuid()"]
)
async def test_what_must_never_be_is_refused(database: Database, change: str) -> None:
    async with database.transaction() as tx:
        await put_stats(tx, await creator(database), [day(TODAY)], NOW)
    with pytest.raises(IntegrityError):
        async with database.transaction() as tx:
            await tx.execute(text(f"UPDATE user_stats SET {change}"))


async def test_who_leaves_takes_it_all_along(database: Database) -> None:
    who = await creator(database)
    async with database.transaction() as tx:
        await put_campaigns(tx, who, [campaign()], NOW)
        await put_stats(tx, who, [day(TODAY)], NOW)
        await put_subscriptions(tx, who, [subscription("s")], NOW)
        await leaving.mark(tx, who, utc_now())
    writes: list[Callable[[Tx], Awaitable[Written]]] = [
        lambda tx: put_campaigns(tx, who, [campaign("other")], NOW),
        lambda tx: put_stats(tx, who, [day(TODAY - timedelta(days=1))], NOW),
        lambda tx: put_subscriptions(tx, who, [subscription("other")], NOW),
    ]
    for write in writes:
        with pytest.raises(Forbidden):
            await database.run(write)
    async with database.transaction() as tx:
        assert await leaving.bury(tx, who, utc_now())
    for table in ("marketing_campaigns", "user_stats", "fan_subscriptions"):
        assert await rows(database, table) == []
