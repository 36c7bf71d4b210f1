"""A lease is alive while it is renewed, by the database's clock."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from server.domain.ids import new_id
from server.persistence import workers
from server.persistence.database import Database, Tx
from server.persistence.workers import WorkerRow


async def living(tx: Tx, within_s: float = 15) -> set[UUID]:
    return set(await tx.scalars(select(WorkerRow.boot_id).where(workers.is_renewed(within_s))))


async def age(tx: Tx, boot: UUID, by: timedelta) -> None:
    await tx.execute(
        update(WorkerRow)
        .where(WorkerRow.boot_id == boot)
        .values(heartbeat_at=WorkerRow.heartbeat_at - by)
    )


async def test_who_renews_lives_and_who_does_not_is_forgotten_in_time(database: Database) -> None:
    first, second = new_id(), new_id()
    async with database.transaction() as tx:
        for boot in (first, second, first):
            await workers.register(tx, boot=boot, role="web", host="here", pid=1)
        assert await living(tx) == {first, second}
        await age(tx, second, timedelta(seconds=16))
        assert await living(tx) == {first}
        assert await living(tx, 17) == {first, second}
    async with database.transaction() as tx:
        await workers.beat(tx, second, draining=True)
        assert await living(tx) == {first, second}
        await workers.leave(tx, first)
        await age(tx, second, timedelta(days=2))
        await workers.register(tx, boot=first, role="billing", host="here", pid=2)
        assert list(await tx.scalars(select(WorkerRow.boot_id))) == [first]


async def test_a_pause_ends_what_a_process_has_witnessed(database: Database) -> None:
    boot = new_id()
    async with database.transaction() as tx:
        await workers.register(tx, boot=boot, role="web", host="here", pid=1)
        await tx.execute(update(WorkerRow).values(steady_since=func.now() - timedelta(minutes=1)))

        async def is_steady(for_s: float) -> bool:
            query = select(workers.is_steady(for_s)).select_from(WorkerRow)
            return bool(await tx.scalar(query))

        assert await is_steady(59)
        assert not await is_steady(61)
        await age(tx, boot, timedelta(seconds=workers.STEADY_S - 1))
        assert await is_steady(59)
        await workers.beat(tx, boot, draining=False)
        assert await is_steady(59)
        await age(tx, boot, timedelta(seconds=workers.STEADY_S + 1))
        assert not await is_steady(59)
        await workers.beat(tx, boot, draining=False)
        assert not await is_steady(1)
        assert await is_steady(0)


async def test_whoever_asks_learns_how_old_a_lease_is_and_how_many_there_are(
    database: Database,
) -> None:
    first, second = new_id(), new_id()
    async with database.transaction() as tx:
        for boot, role in ((first, "web"), (second, "billing")):
            await workers.register(tx, boot=boot, role=role, host="here", pid=1)
        await age(tx, first, timedelta(seconds=16))
    async with database.snapshot() as seen:
        ages = [await workers.age_s(seen, boot) for boot in (first, second, new_id())]
        assert ages[0] is not None
        assert ages[1] is not None
        assert ages[0] >= 16 > ages[1] >= 0
        assert ages[2] is None
        counts = [await workers.count(seen, "web", within_s=within) for within in (15, 60)]
        assert counts == [0, 1]


async def test_a_renewal_says_how_late_it_comes(database: Database) -> None:
    first, second = new_id(), new_id()
    async with database.transaction() as tx:
        assert await workers.beat(tx, first, draining=False) is None
        for boot in (first, second):
            await workers.register(tx, boot=boot, role="web", host="here", pid=1)
        await age(tx, first, timedelta(seconds=20))
        await age(tx, second, timedelta(seconds=7))
        assert await workers.beat(tx, first, draining=False) == 20
        assert await workers.beat(tx, first, draining=True) == 0
        assert await workers.beat(tx, second, draining=False) == 7
        rows = await tx.execute(select(WorkerRow.boot_id, WorkerRow.draining))
        assert {row.boot_id: row.draining for row in rows} == {first: True, second: False}
