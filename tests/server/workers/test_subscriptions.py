"""A subscription that ends by itself is noted and told once, wherever it is looked for."""

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text

from server.domain.clock import utc_now
from server.domain.ids import UserId, new_id
from server.local.engines import EngineUrls
from server.persistence import people, subscriptions
from server.persistence.database import Database
from server.persistence.notifications import NotificationRow
from server.workers.subscriptions import Lapses
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness


async def subscribed(harness: Harness, *, chosen: str | None = None) -> UserId:
    """Somebody whose subscription has just come to its end."""
    caller = await harness.person()
    async with harness.process.services.database.transaction() as tx:
        await people.change(tx, caller.user_id, {"ai_plan": chosen})
        soon = utc_now() + timedelta(milliseconds=50)
        await subscriptions.begin(tx, new_id(), caller.user_id, "pro", None, soon)
    await asyncio.sleep(0.1)
    return caller.user_id


async def told(database: Database) -> list[tuple[str, str]]:
    async with database.snapshot() as tx:
        found = await tx.scalars(select(NotificationRow.data).order_by(NotificationRow.id))
        return [(data["before"], data["plan"]) for data in found]


def lapses(harness: Harness) -> Lapses:
    services = harness.process.services
    return Lapses(
        services.database,
        services.plans,
        services.thresholds,
        services.accounts.endings,
        clock=services.clock,
    )


async def test_the_end_is_told_once_by_however_many(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as harness:
        user, changed = await subscribed(harness), list[object]()
        harness.process.services.accounts.endings.listen_for_users(
            ended=changed.append, changed=changed.append
        )
        await asyncio.gather(*(lapses(harness).look() for _ in range(3)))
        assert await told(database) == [("pro", "starter")]
        assert user in changed
        async with database.snapshot() as tx:
            (noted,) = await subscriptions.list_of(tx, user)
        assert noted.ended_at == noted.ends_at


async def test_who_keeps_the_chosen_plan_is_told_nothing(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as harness:
        user = await subscribed(harness, chosen="business")
        await lapses(harness).look()
        assert await told(database) == []
        async with database.snapshot() as tx:
            assert await subscriptions.find_open(tx, user) is None


async def test_a_process_looks_by_itself_and_waits_outages_out(
    migrated: EngineUrls,
    database: Database,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("server.workers.subscriptions.LOOK_S", 0.05)
    async with turn_harness(migrated) as harness:
        user = await subscribed(harness)
        await eventually(lambda: is_noted(database, user))
        async with database.transaction() as tx:
            await tx.execute(text("ALTER TABLE subscriptions RENAME TO away"))
        await eventually(lambda: "subscriptions.not_looked" in caplog.text)
        async with database.transaction() as tx:
            await tx.execute(text("ALTER TABLE away RENAME TO subscriptions"))
        other = await subscribed(harness)
        await eventually(lambda: is_noted(database, other))


async def is_noted(database: Database, user: UserId) -> bool:
    async with database.snapshot() as tx:
        return await subscriptions.find_open(tx, user) is None
