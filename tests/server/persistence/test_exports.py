"""One export of a user is open at a time, made by one process at a time."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.persistence import exports, leaving
from server.persistence.database import Database, Tx
from server.persistence.exports import ATTEMPTS, Export, ExportState
from tests.server.accounts.people import somebody

DAY, WEEK = timedelta(days=1), timedelta(days=7)


async def ask(database: Database, user: UUID, now: datetime | None = None) -> Export | None:
    async def work(tx: Tx) -> Export | None:
        return await exports.ask(tx, new_id(), user, now or utc_now(), every=DAY, kept=WEEK)

    return await database.run(work)


async def claim(database: Database, boot: UUID) -> Export | None:
    return await database.run(lambda tx: exports.claim(tx, boot))


async def age(database: Database) -> None:
    """Let its maker have been silent for long."""
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE exports SET changed_at = now() - interval '2 min'"))


async def end(tx: Tx, export: UUID, boot: UUID) -> bool:
    return await exports.end(tx, export, boot, done=3, total=3, size=9, expires=utc_now() + WEEK)


async def test_many_who_ask_at_once_get_one(database: Database) -> None:
    user, other = await somebody(database), await somebody(database, "bob@example.com")
    made = await asyncio.gather(*(ask(database, user) for _ in range(8)))
    assert sum(export is not None for export in made) == 1
    assert await ask(database, other) is not None


async def test_another_may_be_asked_for_a_day_later_or_after_a_failure(
    database: Database,
) -> None:
    user, boot, now = await somebody(database), new_id(), utc_now()
    first = await ask(database, user, now - DAY - timedelta(seconds=1))
    assert first is not None
    assert await ask(database, user) is None  # it is still open
    await claim(database, boot)
    async with database.transaction() as tx:
        assert await end(tx, first.id, boot)
    second = await ask(database, user)
    assert second is not None
    assert await ask(database, user) is None
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE exports SET state = 'failed'"))
    assert await ask(database, user) is not None


async def test_it_is_made_by_one_and_taken_over_from_who_is_silent(database: Database) -> None:
    user, first, second = await somebody(database), new_id(), new_id()
    await ask(database, user)
    claims = await asyncio.gather(*(claim(database, boot) for boot in (first, second)))
    (export,) = [one for one in claims if one is not None]
    boot = (first, second)[claims.index(export)]
    other = first if boot is second else second
    async with database.transaction() as tx:
        assert await exports.renew(tx, export.id, boot, done=1, total=3)
        assert not await exports.renew(tx, export.id, other, done=2, total=3)
    assert await claim(database, other) is None
    await age(database)
    assert (await claim(database, other)) is not None
    async with database.transaction() as tx:
        assert not await end(tx, export.id, boot)
        assert await end(tx, export.id, other)
        found = await exports.find(tx, export.id, user)
    assert found is not None
    assert (found.state, found.done, found.size) == (ExportState.READY, 3, 9)


async def test_one_of_which_makers_die_is_given_up(database: Database) -> None:
    await ask(database, await somebody(database))
    for _ in range(ATTEMPTS):
        taken = await claim(database, new_id())
        assert taken is not None
        assert taken.state is ExportState.WORKING
        await age(database)
    last = await claim(database, new_id())
    assert last is not None
    assert last.state is ExportState.FAILED
    assert await claim(database, new_id()) is None


async def test_one_that_is_let_go_of_waits_for_somebody_else(database: Database) -> None:
    await ask(database, await somebody(database))
    for _ in range(ATTEMPTS + 1):
        boot = new_id()
        taken = await claim(database, boot)
        assert taken is not None
        async with database.transaction() as tx:
            await exports.let_go(tx, taken.id, boot)


async def test_a_dismissed_one_is_cleared_once_nobody_writes_it(database: Database) -> None:
    user, boot = await somebody(database), new_id()
    export = await ask(database, user)
    assert export is not None
    await claim(database, boot)
    async with database.transaction() as tx:
        assert await exports.dismiss(tx, user, export.id)
        assert not await exports.dismiss(tx, user, export.id)
        assert await exports.find(tx, export.id, user) is None
        assert not await exports.renew(tx, export.id, boot, done=1, total=1)
        assert await exports.left(tx) == []
        await exports.let_go(tx, export.id, boot)
        assert await exports.left(tx, user) == await exports.left(tx) == [export.id]
        assert await exports.left(tx, new_id()) == []
        await exports.forget(tx, export.id, utc_now() - DAY)
        assert await exports.newest(tx, user) is not None  # it counts for a day
        await leaving.mark(tx, user, utc_now())
        await exports.forget(tx, export.id, utc_now() - DAY)
        assert await exports.newest(tx, user) is None


async def test_what_has_expired_is_dismissed_and_what_is_open_is_not(database: Database) -> None:
    user, other = await somebody(database), await somebody(database, "bob@example.com")
    boot, now = new_id(), utc_now()
    done = await ask(database, user)
    assert done is not None
    await claim(database, boot)
    async with database.transaction() as tx:
        await end(tx, done.id, boot)
    await ask(database, other)
    async with database.transaction() as tx:
        await exports.dismiss_expired(tx, now + timedelta(days=6))
        assert await exports.left(tx) == []
        await exports.dismiss_expired(tx, now + timedelta(days=8))
        assert await exports.left(tx) == [done.id]
        assert len(await exports.list_exports(tx, other, before=None, limit=5)) == 1
