"""Webhooks: their owner's, so many and no more, changed without losing what is being sent."""

import asyncio
from datetime import timedelta
from uuid import UUID

from server.domain.ids import new_id
from server.domain.notices import Notice
from server.persistence import deliveries, webhooks
from server.persistence.database import Database
from server.persistence.webhooks import Webhook
from tests.server.accounts.people import START
from tests.server.persistence.test_notices import hook, person


async def add(database: Database, user: UUID, most: int = 10) -> Webhook | None:
    async with database.transaction() as tx:
        return await webhooks.add(
            tx,
            new_id(),
            user,
            url="https://example.com/x",
            host="example.com",
            description="x",
            events=["plan.changed"],
            secret=b"one",
            most=most,
        )


async def test_a_user_has_so_many_and_no_more_however_many_are_made_at_once(
    database: Database,
) -> None:
    ada, bob = await person(database), await person(database)
    made = await asyncio.gather(*(add(database, ada, 3) for _ in range(6)))
    assert len([one for one in made if one]) == 3
    assert await add(database, bob, 3) is not None


async def test_somebody_elses_is_not_there(database: Database) -> None:
    ada, bob = await person(database), await person(database)
    mine = await add(database, ada)
    assert mine is not None
    async with database.transaction() as tx:
        assert await webhooks.find(tx, mine.id, bob) is None
        assert await webhooks.change(tx, mine.id, bob, {"description": "y"}) is None
        assert await webhooks.change(tx, mine.id, bob, {}) is None
        assert await webhooks.rotate(tx, mine.id, bob, b"", previous_until=START) is None
        assert not await webhooks.remove(tx, mine.id, bob)
        assert await webhooks.list_webhooks(tx, bob, before=None, limit=9) == []
        assert await webhooks.find(tx, mine.id, ada) == mine
        assert await webhooks.list_webhooks(tx, ada, before=None, limit=9) == [mine]
        assert await webhooks.list_webhooks(tx, ada, before=mine.id, limit=9) == []
        assert await webhooks.remove(tx, mine.id, ada)
        assert await webhooks.find(tx, mine.id, ada) is None


async def test_a_rotated_secret_keeps_the_one_before_for_a_while(database: Database) -> None:
    ada = await person(database)
    mine = await hook(database, ada, Notice.PLAN_CHANGED)
    until = START + timedelta(days=1)
    async with database.transaction() as tx:
        for secret in (b"two", b"three"):
            changed = await webhooks.rotate(tx, mine, ada, secret, previous_until=until)
            assert changed is not None
            assert changed.previous_until == until
        await deliveries.add(tx, mine, new_id(), "webhook.test", "{}", START)
        (claim,) = await deliveries.claim(tx, START, until, running={}, each=1, most=1)
    assert (claim.secret, claim.previous_secret) == (b"three", b"two")


async def test_of_a_disabled_one_nothing_that_waits_is_sent_and_enabled_it_begins_anew(
    database: Database,
) -> None:
    ada = await person(database)
    mine, event = await hook(database, ada), new_id()
    async with database.transaction() as tx:
        await deliveries.add(tx, mine, event, "webhook.test", "{}", START)
        await webhooks.failed(tx, mine, START)
        off = await webhooks.change(tx, mine, ada, {"enabled": False})
        assert off is not None
        assert (off.enabled, off.disabled_reason) == (False, "owner")
        waiting = await deliveries.find(tx, mine, event)
        assert waiting is not None
        assert waiting.state == "cancelled"
        assert not await webhooks.disable(tx, mine, webhooks.GONE)
        on = await webhooks.change(tx, mine, ada, {"enabled": True, "description": "y"})
        assert on is not None
        assert (on.enabled, on.disabled_reason, on.failing_since) == (True, None, None)
        assert on.description == "y"
        assert await webhooks.disable(tx, mine, webhooks.GONE)


async def test_it_fails_since_the_first_failure_until_something_arrives(
    database: Database,
) -> None:
    ada = await person(database)
    mine = await hook(database, ada)
    async with database.transaction() as tx:
        later = START + timedelta(days=1)
        assert await webhooks.failed(tx, mine, START) == START
        assert await webhooks.failed(tx, mine, later) == START
        await webhooks.succeeded(tx, mine)
        assert await webhooks.failed(tx, mine, later) == later
        assert await webhooks.failed(tx, new_id(), later) is None
        elsewhere = {"url": "https://example.org/", "host": "example.org"}
        changed = await webhooks.change(tx, mine, ada, elsewhere)
        assert changed is not None
        assert changed.failing_since is None


async def test_its_owner_has_something_sent_so_often_and_no_more(database: Database) -> None:
    ada = await person(database)
    mine, second = await hook(database, ada), timedelta(seconds=1)
    async with database.transaction() as tx:
        assert await webhooks.ask(tx, mine, START, since=START - second)
        assert not await webhooks.ask(tx, mine, START, since=START - second)
        assert await webhooks.ask(tx, mine, START + second, since=START)
