"""Telling users: once, and those alone whom it concerns."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from server.accounts.access import UserRole
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.domain.notices import Notice
from server.persistence import leaving, notices, notifications, webhooks
from server.persistence.database import Database, Tx
from tests.server.accounts.people import START, somebody


async def person(database: Database, **fields: object) -> UUID:
    return await somebody(database, f"{new_id()}@example.com", **fields)


async def hook(database: Database, user: UUID, *events: Notice, enabled: bool = True) -> UUID:
    made = new_id()
    async with database.transaction() as tx:
        await webhooks.add(
            tx,
            made,
            user,
            url="https://127.0.0.1/",  # where nobody is called
            host="127.0.0.1",
            description="",
            events=[event.value for event in events],
            secret=b"",
            most=10,
        )
        if not enabled:
            await webhooks.disable(tx, made, webhooks.GONE)
    return made


async def tell(
    tx: Tx,
    user: UUID,
    event: Notice = Notice.PLAN_CHANGED,
    key: str = "key",
    data: dict[str, Any] | None = None,
) -> bool:
    return await notices.announce(tx, user, event, data or {}, id=new_id(), key=key, now=START)


async def sent(database: Database) -> list[UUID]:
    async with database.snapshot() as tx:
        return list((await tx.execute(text("SELECT webhook_id FROM webhook_deliveries"))).scalars())


async def told(database: Database, user: UUID) -> int:
    async with database.snapshot() as tx:
        return await notifications.count_unread(tx, user)


async def test_a_key_is_told_once_to_each(database: Database) -> None:
    ada, bob = await person(database), await person(database)
    receiver = await hook(database, ada, Notice.PLAN_CHANGED)
    async with database.transaction() as tx:
        assert await tell(tx, ada)
        assert not await tell(tx, ada, Notice.CREDITS_GRANTED)
        assert await tell(tx, bob)
        assert await tell(tx, ada, key="other")
    assert await sent(database) == [receiver, receiver]
    assert (await told(database, ada), await told(database, bob)) == (2, 1)


async def test_of_two_who_tell_at_once_one_does(database: Database) -> None:
    ada = await person(database)
    await hook(database, ada, Notice.PLAN_CHANGED)

    async def once() -> bool:
        return await database.run(lambda tx: tell(tx, ada))

    assert sorted(await asyncio.gather(*(once() for _ in range(5)))) == [False] * 4 + [True]
    assert (await told(database, ada), len(await sent(database))) == (1, 1)


async def test_what_is_undone_was_not_told(database: Database) -> None:
    ada = await person(database)
    try:
        async with database.transaction() as tx:
            assert await tell(tx, ada)
            raise LookupError
    except LookupError:
        pass
    assert await told(database, ada) == 0
    assert await database.run(lambda tx: tell(tx, ada))


async def test_hooks_get_what_they_asked_for_while_they_are_enabled(database: Database) -> None:
    ada, bob = await person(database), await person(database)
    both = await hook(database, ada, Notice.PLAN_CHANGED, Notice.CREDITS_GRANTED)
    one = await hook(database, ada, Notice.PLAN_CHANGED)
    await hook(database, ada, Notice.PLAN_CHANGED, enabled=False)
    await hook(database, bob, Notice.PLAN_CHANGED, Notice.CREDITS_GRANTED)
    async with database.transaction() as tx:
        await tell(tx, ada, Notice.CREDITS_GRANTED, "a")
    assert await sent(database) == [both]
    async with database.transaction() as tx:
        await tell(tx, ada, Notice.PLAN_CHANGED, "b")
        await tell(tx, ada, Notice.CREDITS_REFUNDED, "c")
    assert sorted(await sent(database)) == sorted([both, both, one])


async def test_a_webhook_is_sent_what_the_notification_says(database: Database) -> None:
    ada = await person(database)
    await hook(database, ada, Notice.PLAN_CHANGED)
    await database.run(lambda tx: tell(tx, ada, data={"plan": "pro"}))
    async with database.snapshot() as tx:
        (note,) = await notifications.list_notifications(tx, ada, unread=True, before=None, limit=9)
        row = (await tx.execute(text("SELECT * FROM webhook_deliveries"))).one()
    assert (row.event_id, row.event, row.state) == (note.id, note.event, "waiting")
    assert (row.next_at, note.created_at) == (START, START)
    assert msgspec.json.decode(row.body) == {
        "type": "plan.changed",
        "timestamp": "2026-03-01T12:00:00Z",
        "id": str(note.id),
        "data": {"plan": "pro"},
    }


async def test_of_alerts_admins_are_told_alone(database: Database) -> None:
    ada = await person(database)
    await hook(database, ada, Notice.ALERT_OPENED)
    admin = await person(database, role=UserRole.ADMIN)
    theirs = await hook(database, admin, Notice.ALERT_OPENED)
    async with database.transaction() as tx:
        assert await notices.admins(tx) == [admin]
        assert not await tell(tx, ada, Notice.ALERT_OPENED)
        assert await tell(tx, admin, Notice.ALERT_OPENED)
    assert await sent(database) == [theirs]


async def test_who_leaves_is_told_nothing_and_undoes_nothing(database: Database) -> None:
    ada, bob = await person(database, role=UserRole.ADMIN), await person(database)
    await hook(database, ada, Notice.PLAN_CHANGED)
    await database.run(lambda tx: leaving.mark(tx, ada, utc_now()))
    async with database.transaction() as tx:
        assert not await tell(tx, ada)
        assert await tell(tx, bob)
        assert await notices.admins(tx) == []
    assert (await told(database, ada), await told(database, bob)) == (0, 1)
    assert await sent(database) == []


async def test_whoever_is_told_while_leaving_is_told_before_or_not_at_all(
    database: Database,
) -> None:
    for mark_first in (True, False):
        ada, begun = await person(database), asyncio.Event()

        async def first(
            user: UUID = ada, begun: asyncio.Event = begun, mark: bool = mark_first
        ) -> None:
            async with database.transaction() as tx:
                await (leaving.mark(tx, user, utc_now()) if mark else tell(tx, user))
                begun.set()
                await asyncio.sleep(0.2)  # the other one is at the same row meanwhile

        running = asyncio.create_task(first())
        await begun.wait()
        async with database.transaction() as tx:
            if mark_first:
                assert not await tell(tx, ada)
            else:
                assert await leaving.mark(tx, ada, utc_now()) == []
        await running
        assert await told(database, ada) == (0 if mark_first else 1)
