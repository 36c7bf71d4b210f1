"""A report that is due is made by one process at a time, and by another when that one dies."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from server.domain.cadence import Cadence
from server.domain.ids import new_id
from server.persistence import schedules
from server.persistence.database import Database
from server.persistence.schedules import Due, Schedule
from tests.server.accounts.people import START, somebody

NOW = START + timedelta(days=100)
MINUTE, WEEK = timedelta(minutes=1), timedelta(days=7)


async def put(
    database: Database, user: UUID, cadence: Cadence = Cadence.WEEKLY, at: datetime = NOW
) -> Schedule:
    async with database.transaction() as tx:
        return await schedules.put(tx, user, cadence, at, NOW)


async def find(database: Database, user: UUID) -> Schedule | None:
    async with database.snapshot() as tx:
        return await schedules.find(tx, user)


async def claim(database: Database, now: datetime = NOW) -> Due | None:
    return await database.single(lambda tx: schedules.claim(tx, now, now + MINUTE))


async def claimed(database: Database, now: datetime = NOW) -> Due:
    due = await claim(database, now)
    assert due is not None
    return due


async def settle(
    database: Database, due: Due, *, generation: UUID | None = None, error: str | None = None
) -> datetime | None:
    async with database.transaction() as tx:
        return await schedules.settle(tx, due, NOW + WEEK, generation=generation, error=error)


async def test_the_same_cadence_again_changes_nothing(database: Database) -> None:
    user = await somebody(database)
    first = await put(database, user)
    assert await put(database, user, at=NOW + WEEK) == first
    changed = await put(database, user, Cadence.MONTHLY, NOW + WEEK)
    assert (changed.cadence, changed.next_at) == (Cadence.MONTHLY, NOW + WEEK)
    async with database.transaction() as tx:
        await schedules.remove(tx, user)
    assert await find(database, user) is None


async def test_of_many_that_look_one_gets_what_is_due(database: Database) -> None:
    user, later = await somebody(database), await somebody(database, "bob@example.com")
    await put(database, user)
    await put(database, later, at=NOW + MINUTE)
    found = [due for due in await asyncio.gather(*(claim(database) for _ in range(8))) if due]
    assert [due.user_id for due in found] == [user]


async def test_the_one_that_has_waited_longest_comes_first(database: Database) -> None:
    user, earlier = await somebody(database), await somebody(database, "bob@example.com")
    await put(database, user)
    await put(database, earlier, at=NOW - MINUTE)
    assert [(await claimed(database)).user_id for _ in range(2)] == [earlier, user]


async def test_a_claim_that_has_passed_is_somebody_elses(database: Database) -> None:
    user = await somebody(database)
    await put(database, user)
    first = await claimed(database)
    assert await claim(database, NOW + MINUTE / 2) is None
    second = await claimed(database, NOW + MINUTE)
    assert await settle(database, first, error="late") is None
    assert await settle(database, second, generation=(made := new_id())) == NOW + WEEK
    kept = await find(database, user)
    assert kept is not None
    assert (kept.next_at, kept.last_generation_id, kept.last_error) == (NOW + WEEK, made, None)
    assert await claim(database, NOW + MINUTE * 3) is None


async def test_what_is_kept_for_later_waits_until_then(database: Database) -> None:
    user = await somebody(database)
    await put(database, user)
    due = await claimed(database)
    async with database.transaction() as tx:
        await schedules.keep(tx, due, NOW + 5 * MINUTE)
    assert await claim(database, NOW + 4 * MINUTE) is None
    assert (await claimed(database, NOW + 5 * MINUTE)).due_at == NOW


async def test_a_failure_leaves_the_report_before_it(database: Database) -> None:
    user = await somebody(database)
    await put(database, user)
    await settle(database, await claimed(database), generation=(made := new_id()))
    await settle(database, await claimed(database, NOW + WEEK), error="insufficient_credits")
    kept = await find(database, user)
    assert kept is not None
    assert (kept.last_generation_id, kept.last_error) == (made, "insufficient_credits")


async def test_another_cadence_chosen_meanwhile_stays_chosen(database: Database) -> None:
    user = await somebody(database)
    await put(database, user)
    due = await claimed(database)
    await put(database, user, Cadence.MONTHLY, NOW + 3 * WEEK)
    assert await settle(database, due) == NOW + 3 * WEEK
    kept = await find(database, user)
    assert kept is not None
    assert kept.next_at == NOW + 3 * WEEK


@pytest.mark.parametrize("mark", ["suspended_at", "deletion_requested_at"])
async def test_nothing_is_made_of_those_who_may_do_nothing(database: Database, mark: str) -> None:
    user = await somebody(database)
    await put(database, user)
    async with database.transaction() as tx:
        await tx.execute(text(f"UPDATE users SET {mark} = now()"))
    assert await claim(database) is None
