"""What follows from another plan: the user hears of it, and of a limit of which much is gone."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs
from sqlalchemy import insert, select

from billing.tables import QuotaRow
from server.domain.clock import month_of
from server.domain.limits import OwnLimits
from server.domain.money import NANOS_PER_USD, NanoUsd, usd_text
from server.persistence import entitlements, people
from server.persistence.database import Database
from server.persistence.notifications import NotificationRow
from server.protocol.events import QuotaChanged, QuotaThreshold
from server.turns.planchanges import follow
from tests.billing.test_plans import PLANS
from tests.server.accounts.people import somebody

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
DEAR = structs.replace(
    PLANS,
    starter=structs.replace(PLANS.starter, quota_usd=NanoUsd(10 * NANOS_PER_USD)),
    pro=structs.replace(PLANS.pro, quota_usd=NanoUsd(50 * NANOS_PER_USD)),
)


async def spent(database: Database, user: UUID, usd: float) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            insert(QuotaRow).values(
                user_id=user,
                month=month_of(NOW),
                limit_usd=50 * NANOS_PER_USD,
                spent=int(usd * NANOS_PER_USD),
                held=0,
            )
        )


async def move(database: Database, user: UUID, plan: str | None) -> list[int]:
    """Marks that sessions are told of, behind the new limit."""
    async with database.transaction() as tx:
        before = await entitlements.find(tx, user)
        await people.change(tx, user, {"ai_plan": plan})
        after = await entitlements.find(tx, user)
        told = await follow(tx, DEAR, user, before, now=NOW)
    limits = [DEAR.of(each.plan, each.own_limits).quota_usd for each in (before, after)]
    if limits[0] == limits[1]:
        assert told == []
        return []
    changed, *marks = told
    assert isinstance(changed, QuotaChanged)
    assert changed.quota.limit_usd == (None if limits[1] is None else usd_text(limits[1]))
    assert all(isinstance(each, QuotaThreshold) for each in marks)
    return [each.percent for each in marks if isinstance(each, QuotaThreshold)]


async def notified(database: Database) -> list[tuple[str, dict[str, Any]]]:
    async with database.snapshot() as tx:
        query = select(NotificationRow.event, NotificationRow.data).order_by(NotificationRow.id)
        return [(row.event, row.data) for row in await tx.execute(query)]


async def unread(database: Database) -> list[str]:
    async with database.snapshot() as tx:
        query = select(NotificationRow.event).where(NotificationRow.read_at.is_(None))
        return list(await tx.scalars(query.order_by(NotificationRow.id)))


async def standing(database: Database) -> int | None:
    async with database.snapshot() as tx:
        limit: int | None = await tx.scalar(select(QuotaRow.limit_usd))
        return limit


async def test_another_plan_is_told_and_its_limit_stands_at_once(database: Database) -> None:
    user = await somebody(database, plan="starter")
    await spent(database, user, 1)
    assert await move(database, user, "pro") == []
    assert await standing(database) == 50 * NANOS_PER_USD
    assert await move(database, user, "business") == []
    assert await standing(database) is None
    assert await move(database, user, None) == []
    assert await standing(database) == 10 * NANOS_PER_USD
    assert await notified(database) == [
        ("plan.changed", {"before": "starter", "plan": "pro", "limitUsd": "50"}),
        ("plan.changed", {"before": "pro", "plan": "business", "limitUsd": None}),
        ("plan.changed", {"before": "business", "plan": "starter", "limitUsd": "10"}),
    ]


async def test_marks_of_a_limit_that_holds_no_longer_are_read(database: Database) -> None:
    user = await somebody(database, plan="pro")
    await spent(database, user, 9.6)
    assert await move(database, user, "starter") == [95]
    assert await unread(database) == ["plan.changed", "quota.threshold"]
    assert await move(database, user, "pro") == []
    assert await unread(database) == ["plan.changed", "plan.changed"]


async def test_the_same_plan_by_another_way_is_no_news(database: Database) -> None:
    user = await somebody(database, plan="starter")
    assert await move(database, user, None) == []
    assert await notified(database) == []


@pytest.mark.parametrize(("usd", "marks"), [(7.9, []), (8, [80]), (9.5, [95]), (30, [95])])
async def test_what_a_lower_limit_finds_spent_is_told_once(
    database: Database, usd: float, marks: list[int]
) -> None:
    user = await somebody(database, plan="pro")
    await spent(database, user, usd)
    assert await move(database, user, "starter") == marks
    for plan in ("pro", "starter"):
        assert await move(database, user, plan) == []
    told = [data["percent"] for event, data in await notified(database) if event[:5] == "quota"]
    assert told == marks


async def test_a_limit_of_one_s_own_is_seen_the_same_way(database: Database) -> None:
    user = await somebody(database, plan="pro")
    await spent(database, user, 4.2)
    async with database.transaction() as tx:
        before = await entitlements.find(tx, user)
        own = OwnLimits(quota_usd=NanoUsd(5 * NANOS_PER_USD))
        await entitlements.set_own_limits(tx, user, own)
        changed, event = await follow(tx, DEAR, user, before, now=NOW)
    assert isinstance(event, QuotaThreshold)
    assert changed == QuotaChanged(quota=event.quota)
    assert (event.percent, event.quota.limit_usd, event.quota.spent_usd) == (80, "5", "4.2")
    assert await standing(database) == 5 * NANOS_PER_USD
    assert [event for event, _ in await notified(database)] == ["quota.threshold"]


async def test_who_has_used_nothing_yet_has_nothing_to_set(database: Database) -> None:
    user = await somebody(database, plan="pro")
    assert await move(database, user, "starter") == []
    assert await standing(database) is None
