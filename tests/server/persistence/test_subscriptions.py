"""Subscriptions of one user: one is open at a time, and what was stays to be read."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.persistence import subscriptions
from server.persistence.database import Database
from server.persistence.subscriptions import source_of
from tests.server.accounts.people import somebody


async def test_one_is_open_until_it_is_ended_and_then_is_history(database: Database) -> None:
    user, later = await somebody(database), utc_now() + timedelta(days=30)
    async with database.transaction() as tx:
        assert await subscriptions.find_open(tx, user) is None
        await subscriptions.begin(tx, new_id(), user, "pro", "sub_1", None)
    async with database.transaction() as tx:
        found = await subscriptions.find_open(tx, user)
        assert found is not None
        assert (found.tier, found.reference, found.is_active) == ("pro", "sub_1", True)
        await subscriptions.change(tx, found.id, "sub_2", later)
        changed = await subscriptions.find_open(tx, user)
        assert changed is not None
        assert (changed.reference, changed.ends_at, changed.is_active) == ("sub_2", later, True)
        await subscriptions.end(tx, user)
        await subscriptions.change(tx, found.id, None, None)
        assert await subscriptions.find_open(tx, user) is None
        (ended,) = await subscriptions.list_of(tx, user)
        assert (ended.reference, ended.is_active) == ("sub_2", False)
        assert ended.ended_at is not None
        await subscriptions.begin(tx, new_id(), user, "business", None, None)
        listed = await subscriptions.list_of(tx, user)
    assert [each.tier for each in listed] == ["business", "pro"]


async def test_there_are_never_two_at_once(database: Database) -> None:
    user = await somebody(database)

    async def begin() -> None:
        async with database.transaction() as tx:
            await subscriptions.begin(tx, new_id(), user, "pro", None, None)

    tried = await asyncio.gather(*(begin() for _ in range(4)), return_exceptions=True)
    assert [type(each) for each in tried if each] == [IntegrityError] * 3


async def test_one_that_came_to_its_end_is_found_until_that_is_noted(database: Database) -> None:
    user, ends_at = await somebody(database), utc_now() + timedelta(milliseconds=200)
    async with database.transaction() as tx:
        await subscriptions.begin(tx, new_id(), user, "pro", None, ends_at)
        assert await subscriptions.lapsed(tx, 10) == []
    await asyncio.sleep(0.25)
    async with database.transaction() as tx:
        found = await subscriptions.find_open(tx, user)
        assert found is not None
        assert not found.is_active
        assert await subscriptions.lapsed(tx, 10) == [user]
        await subscriptions.end(tx, user)
        assert await subscriptions.lapsed(tx, 10) == []
        (noted,) = await subscriptions.list_of(tx, user)
        assert noted.ended_at == ends_at  # then, not now


@pytest.mark.parametrize(
    ("chosen", "plan", "source"),
    [
        ("pro", "pro", "chosen"),
        (None, "pro", "subscription"),
        (None, None, "default"),
    ],
)
def test_a_plan_has_one_source(chosen: str | None, plan: str | None, source: str) -> None:
    assert source_of(chosen, plan) == source
