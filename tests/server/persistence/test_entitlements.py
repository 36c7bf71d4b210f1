"""The plan that holds: an admin's choice, else the active subscription's; and limits of one's own
beside it, wherever somebody is looked up."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, text, update

from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.domain.limits import NO_OWN_LIMITS, OwnLimits
from server.domain.money import NanoUsd
from server.persistence import entitlements, hostusers, logins, people, users
from server.persistence.database import Database
from server.persistence.entitlements import Entitled
from server.persistence.subscriptions import SubscriptionRow
from server.persistence.users import UserRow
from tests.server.accounts.people import somebody

DAY = timedelta(days=1)


async def subscribed(database: Database, user: UUID, tier: str, **when: timedelta | None) -> None:
    """Moments are told from now."""
    moments = {name: None if by is None else utc_now() + by for name, by in when.items()}
    values = {"starts_at": utc_now() - 9 * DAY, **moments}
    async with database.transaction() as tx:
        await tx.execute(
            insert(SubscriptionRow).values(id=new_id(), user_id=user, tier=tier, **values)
        )


@pytest.mark.parametrize(
    ("chosen", "when", "plan"),
    [
        (None, {}, "pro"),
        (None, {"ends_at": DAY}, "pro"),
        (None, {"ends_at": -DAY}, None),
        (None, {"starts_at": DAY}, None),
        (None, {"ended_at": -DAY}, None),
        ("business", {}, "business"),
        ("starter", {}, "starter"),
    ],
)
async def test_the_plan_is_the_chosen_one_else_that_of_the_active_subscription(
    database: Database, chosen: str | None, when: dict[str, timedelta], plan: str | None
) -> None:
    user = await somebody(database, plan=chosen)
    await subscribed(database, user, "pro", **when)
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(issuer="here", external_id="42"))
        assert await entitlements.find(tx, user) == Entitled(plan=plan)
        everywhere = (
            await users.find(tx, user),
            await people.find(tx, user),
            await logins.find(tx, user),
            await hostusers.find(tx, "here", "42"),
        )
    assert [found and found.plan for found in everywhere] == [plan] * 4


async def test_a_subscription_of_somebody_else_decides_nothing(database: Database) -> None:
    user, other = await somebody(database), await somebody(database, "bob@example.com")
    await subscribed(database, other, "pro")
    async with database.snapshot() as tx:
        assert (await entitlements.find(tx, user)).plan is None


async def test_own_limits_are_found_with_whoever_they_are_of(database: Database) -> None:
    user = await somebody(database)
    own = OwnLimits(quota_usd=NanoUsd(5), requests_per_hour=4, running_turns=None)
    async with database.transaction() as tx:
        assert (await entitlements.find(tx, user)).own_limits is NO_OWN_LIMITS
        await entitlements.set_own_limits(tx, user, own)
        await tx.execute(update(UserRow).values(issuer="here", external_id="42"))
        for found in (
            await entitlements.find(tx, user),
            await users.find(tx, user),
            await hostusers.find(tx, "here", "42"),
            await people.find(tx, user),
        ):
            assert found is not None
            assert found.own_limits == own
        await entitlements.set_own_limits(tx, user, NO_OWN_LIMITS)
        assert (await entitlements.find(tx, user)).own_limits is NO_OWN_LIMITS


async def test_nobody_has_neither(database: Database) -> None:
    user = await somebody(database, plan="pro")
    async with database.transaction() as tx:
        assert await entitlements.find(tx, new_id()) == Entitled(plan=None)
        await tx.execute(text("UPDATE users SET deleted_at = now()"))
        assert await entitlements.find(tx, user) == Entitled(plan=None)
