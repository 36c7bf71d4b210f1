"""Transactions that write or leave nothing, snapshots that cannot write, outages told as such."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from server.domain.errors import ServiceUnavailable
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database, Tx, async_url, open_database

INSERT = text("INSERT INTO workspaces (id, name, personal) VALUES (:id, :name, true)")
COUNT = text("SELECT count(*) FROM workspaces")


async def count(database: Database) -> int:
    async with database.snapshot() as tx:
        return int((await tx.execute(COUNT)).scalar_one())


async def test_a_transaction_commits_by_leaving_and_an_error_leaves_nothing(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        await tx.execute(INSERT, {"id": new_id(), "name": "kept"})

    async def broken(tx: Tx) -> None:
        await tx.execute(INSERT, {"id": new_id(), "name": "lost"})
        await tx.execute(INSERT, {"id": new_id(), "name": None})

    with pytest.raises(IntegrityError):
        await database.run(broken)
    assert await count(database) == 1


async def write_in_snapshot(database: Database) -> None:
    async with database.snapshot() as tx:
        await tx.execute(INSERT, {"id": new_id(), "name": "never"})


async def test_a_snapshot_sees_one_moment_and_cannot_write(database: Database) -> None:
    async with database.snapshot() as tx:
        before = (await tx.execute(COUNT)).scalar_one()
        async with database.transaction() as other:
            await other.execute(INSERT, {"id": new_id(), "name": "later"})
        assert (await tx.execute(COUNT)).scalar_one() == before == 0
    with pytest.raises(ServiceUnavailable) as refused:
        await write_in_snapshot(database)
    assert "read-only" in str(refused.value.__cause__)
    assert await count(database) == 1


async def test_work_that_met_a_deadlock_is_done_again_as_a_whole(database: Database) -> None:
    first, second = new_id(), new_id()
    async with database.transaction() as tx:
        for workspace in (first, second):
            await tx.execute(INSERT, {"id": workspace, "name": ""})
    met, attempts = asyncio.Barrier(2), list[str]()
    rename = text("UPDATE workspaces SET name = name || :name WHERE id = :id")

    def work(name: str, *order: object) -> object:
        async def run(tx: Tx) -> None:
            attempts.append(name)
            await tx.execute(rename, {"id": order[0], "name": name})
            if len(attempts) <= 2:
                await met.wait()
            await tx.execute(rename, {"id": order[1], "name": name})

        return run

    await asyncio.gather(
        database.run(work("a", first, second)),  # type: ignore[arg-type]  # any coroutine function
        database.run(work("b", second, first)),  # type: ignore[arg-type]
    )
    async with database.snapshot() as seen:
        names = [str(row.name) for row in await seen.execute(text("SELECT name FROM workspaces"))]
    assert len(attempts) == 3
    assert [sorted(name) for name in names] == [["a", "b"], ["a", "b"]]


async def test_a_database_that_is_not_there_is_unavailable(tmp_path: object) -> None:
    async with open_database(f"postgresql://nobody@/none?host={tmp_path}") as database:
        with pytest.raises(ServiceUnavailable) as told:
            await database.ping()
    assert told.value.retry_after is not None


async def test_a_connection_cut_in_the_middle_is_unavailable_and_the_next_one_works(
    database: Database, migrated: EngineUrls
) -> None:
    async with open_database(migrated.database_url, pool_size=1) as victim:
        async with victim.transaction() as tx:
            pid = (await tx.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with database.transaction() as tx:
            await tx.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(ServiceUnavailable):
            await victim.ping()
        await victim.ping()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_addresses_are_taken_as_platforms_give_them(scheme: str) -> None:
    assert async_url(f"{scheme}://u:p@h/d") == "postgresql+asyncpg://u:p@h/d"
