"""Deliveries: claimed by one, due again when that one dies, hosts by turns."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from server.accounts.access import UserRole
from server.domain.ids import new_id
from server.domain.notices import Notice
from server.persistence import deliveries, webhooks
from server.persistence.database import Database, Tx
from server.persistence.deliveries import Attempt, Claim, Delivery
from tests.server.accounts.people import START
from tests.server.persistence.test_notices import hook, person

LEASE = timedelta(seconds=30)
FAILED = Attempt(at=START, status=500, duration_ms=3, excerpt="no", error=None)


async def at_host(database: Database, host: str) -> UUID:
    made = await hook(database, await person(database), Notice.PLAN_CHANGED)
    async with database.transaction() as tx:
        await tx.execute(
            text("UPDATE webhooks SET host = :host WHERE id = :id"), {"host": host, "id": made}
        )
    return made


async def wait(database: Database, made: UUID, count: int = 1, event: str = "x") -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    async with database.transaction() as tx:
        for id in ids:
            await deliveries.add(tx, made, id, event, "{}", START)
    return ids


async def claim(
    database: Database,
    now: datetime = START,
    *,
    running: dict[str, int] | None = None,
    each: int = 100,
    most: int = 100,
) -> list[Claim]:
    async def take(tx: Tx) -> list[Claim]:
        return await deliveries.claim(
            tx, now, now + LEASE, running=running or {}, each=each, most=most
        )

    return await database.run(take)


async def note(
    database: Database, claimed: Claim, *, success: bool = False, next_at: datetime | None = None
) -> Delivery:
    async with database.transaction() as tx:
        await deliveries.note(tx, claimed, FAILED, success=success, next_at=next_at)
        found = await deliveries.find(tx, claimed.webhook_id, claimed.event_id)
    assert found is not None
    return found


async def test_what_is_claimed_is_nobody_elses_until_its_claim_has_run_out(
    database: Database,
) -> None:
    await wait(database, await at_host(database, "a"), 20)
    claims = await asyncio.gather(*(claim(database, most=5) for _ in range(6)))
    taken = [one.event_id for some in claims for one in some]
    assert len(taken) == len(set(taken))
    rest = await claim(database)
    assert len(taken) + len(rest) == 20
    assert await claim(database, START + LEASE - timedelta(seconds=1)) == []
    again = await claim(database, START + LEASE)
    assert len(again) == 20
    assert {one.attempts for one in again} == {2}


async def test_hosts_take_turns_and_have_so_many_places_each(database: Database) -> None:
    slow, other = await at_host(database, "slow"), await at_host(database, "other")
    await wait(database, slow, 50)
    await wait(database, other, 2)
    first = await claim(database, each=4, most=4)
    assert sorted(one.host for one in first) == ["other", "other", "slow", "slow"]
    second = await claim(database, each=4, running={"slow": 2, "other": 2})
    assert [one.host for one in second] == ["slow", "slow"]
    assert await claim(database, each=4, running={"slow": 4}) == []


async def test_a_host_at_which_nothing_arrives_has_one_place(database: Database) -> None:
    dead = await at_host(database, "dead")
    await wait(database, dead, 5)
    async with database.transaction() as tx:
        await webhooks.failed(tx, dead, START)
    assert len(await claim(database)) == 1
    assert await claim(database, running={"dead": 1}) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE webhooks SET enabled = false",
        "UPDATE users SET suspended_at = now()",
        "UPDATE users SET deletion_requested_at = now()",
        "UPDATE users SET role = 'user'",
    ],
)
async def test_what_may_not_be_sent_any_more_waits(database: Database, change: str) -> None:
    admin = await person(database, role=UserRole.ADMIN)
    await wait(database, await hook(database, admin, Notice.ALERT_OPENED), 1, "alert.opened")
    async with database.transaction() as tx:
        await tx.execute(text(change))
    assert await claim(database) == []
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE webhooks SET enabled = true"))
        await tx.execute(
            text("UPDATE users SET suspended_at = NULL, deletion_requested_at = NULL, role='admin'")
        )
    assert len(await claim(database)) == 1


async def test_each_attempt_is_logged_and_decides_what_follows(database: Database) -> None:
    await wait(database, await at_host(database, "a"))
    (first,) = await claim(database)
    later = START + timedelta(hours=1)
    waiting = await note(database, first, next_at=later)
    assert (waiting.state, waiting.next_at, waiting.log) == ("waiting", later, [FAILED])
    assert waiting.finished_at is None
    (second,) = await claim(database, later)
    ended = await note(database, second)
    assert (ended.state, ended.attempts, ended.finished_at) == ("failed", 2, START)
    assert ended.log == [FAILED] * 2
    assert await claim(database, later + LEASE) == []


async def test_of_an_attempt_taken_for_lost_only_success_counts(database: Database) -> None:
    await wait(database, await at_host(database, "a"))
    (lost,) = await claim(database)
    (again,) = await claim(database, START + LEASE)
    for next_at in (START, None):
        found = await note(database, lost, next_at=next_at)
        assert (found.state, found.next_at) == ("waiting", START + 2 * LEASE)
    assert len(found.log) == 2
    assert (await note(database, lost, success=True)).state == "delivered"
    assert (await note(database, again, next_at=START)).state == "delivered"
    assert (await note(database, again)).state == "delivered"


async def test_one_can_be_asked_for_again_and_keeps_its_last_attempts(database: Database) -> None:
    made = await at_host(database, "a")
    (event,) = await wait(database, made)
    for _ in range(deliveries.LOGGED + 3):
        (claimed,) = await claim(database)
        assert claimed.attempts == 1
        ended = await note(database, claimed)
        async with database.transaction() as tx:
            assert await deliveries.ask(tx, made, event, START)
            assert not await deliveries.ask(tx, made, new_id(), START)
    assert len(ended.log) == deliveries.LOGGED
    await claim(database)
    async with database.transaction() as tx:
        assert await deliveries.ask(tx, made, event, START)
    (claimed,) = await claim(database)
    assert claimed.attempts == 2


async def test_they_are_listed_newest_first_and_forgotten_when_old(database: Database) -> None:
    made = await at_host(database, "a")
    first, second, third = await wait(database, made, 3)
    await wait(database, await at_host(database, "b"))
    async with database.transaction() as tx:
        page = await deliveries.list_deliveries(tx, made, before=None, limit=2)
        assert [one.event_id for one in page] == [third, second]
        (last,) = await deliveries.list_deliveries(tx, made, before=second, limit=2)
        assert last.event_id == first
        await deliveries.forget(tx, START)
        assert await deliveries.find(tx, made, first) is not None
        await deliveries.forget(tx, START + timedelta(seconds=1))
        assert await deliveries.find(tx, made, first) is None


async def test_what_is_handed_back_is_due_and_was_no_attempt(database: Database) -> None:
    made = await at_host(database, "a.example")
    unsent, noted, taken = await wait(database, made, 3)
    claims = {claimed.event_id: claimed for claimed in await claim(database)}
    await note(database, claims[noted], next_at=START + timedelta(hours=1))
    async with database.transaction() as tx:
        await deliveries.ask(tx, made, taken, START)
    (again,) = await claim(database)
    assert again.event_id == taken
    async with database.transaction() as tx:
        await deliveries.hand_back(tx, claims.values(), START)
    (now_due,) = await claim(database)
    assert (now_due.event_id, now_due.attempts) == (unsent, 1)
