"""A lease is alive while it is renewed, by the database's clock."""

from datetime import timedelta

from sqlalchemy import select, update

from server.domain.ids import new_id
from server.persistence import workers
from server.persistence.database import Database
from server.persistence.workers import WorkerRow


async def test_who_renews_lives_and_who_does_not_is_forgotten_in_time(database: Database) -> None:
    first, second = new_id(), new_id()
    async with database.transaction() as tx:
        for boot in (first, second, first):
            await workers.register(tx, boot=boot, role="web", host="here", pid=1)
        assert await workers.living(tx, 15) == {first, second}
    async with database.transaction() as tx:
        await tx.execute(
            update(WorkerRow)
            .where(WorkerRow.boot_id == second)
            .values(heartbeat_at=WorkerRow.heartbeat_at - timedelta(seconds=16))
        )
    async with database.transaction() as tx:
        assert await workers.living(tx, 15) == {first}
        assert await workers.beat(tx, second, draining=True)
    async with database.transaction() as tx:
        assert await workers.living(tx, 15) == {first, second}
        await workers.leave(tx, first)
        assert not await workers.beat(tx, first, draining=False)
        await tx.execute(
            update(WorkerRow).values(heartbeat_at=WorkerRow.heartbeat_at - timedelta(days=2))
        )
        await workers.register(tx, boot=first, role="billing", host="here", pid=2)
        assert list(await tx.scalars(select(WorkerRow.boot_id))) == [first]
