"""Notifications: newest first, read one by one or up to one."""

from uuid import UUID

from server.domain.ids import new_id
from server.domain.notices import Notice
from server.persistence import notices, notifications
from server.persistence.database import Database
from tests.server.accounts.people import START
from tests.server.persistence.test_notices import person


async def some(database: Database, user: UUID, count: int) -> list[UUID]:
    made = [new_id() for _ in range(count)]
    async with database.transaction() as tx:
        for id in made:
            await notices.announce(
                tx, user, Notice.PLAN_CHANGED, {"n": 1}, id=id, key=str(id), now=START
            )
    return made


async def test_they_are_listed_newest_first_and_those_unread_alone(database: Database) -> None:
    ada, bob = await person(database), await person(database)
    first, second, third = await some(database, ada, 3)
    await some(database, bob, 1)
    async with database.transaction() as tx:
        await notifications.read(tx, second, ada, START)

        async def listed(*, unread: bool = False, before: UUID | None = None) -> list[UUID]:
            found = await notifications.list_notifications(
                tx, ada, unread=unread, before=before, limit=2
            )
            return [one.id for one in found]

        assert await listed() == [third, second]
        assert await listed(before=second) == [first]
        assert await listed(unread=True) == [third, first]
        assert await notifications.count_unread(tx, ada) == 2


async def test_reading_up_to_one_leaves_later_ones_and_other_peoples(database: Database) -> None:
    ada, bob = await person(database), await person(database)
    first, second, _ = await some(database, ada, 3)
    (theirs,) = await some(database, bob, 1)
    async with database.transaction() as tx:
        await notifications.read_up_to(tx, second, ada, START)
        await notifications.read(tx, theirs, ada, START)
        assert await notifications.count_unread(tx, ada) == 1
        assert await notifications.count_unread(tx, bob) == 1
        assert await notifications.exists(tx, first, ada)
        assert not await notifications.exists(tx, first, bob)


async def test_when_it_was_read_the_first_time_says(database: Database) -> None:
    ada = await person(database)
    (one,) = await some(database, ada, 1)
    async with database.transaction() as tx:
        await notifications.read(tx, one, ada, START)
        await notifications.read(tx, one, ada, START.replace(year=2030))
        (found,) = await notifications.list_notifications(
            tx, ada, unread=False, before=None, limit=9
        )
    assert found.read_at == START
