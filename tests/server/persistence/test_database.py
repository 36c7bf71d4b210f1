"""Transactions that write or leave nothing, snapshots that cannot write, outages told as such."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from server.domain.errors import ServiceUnavailable
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence import borrowed
from server.persistence.database import (
    Database,
    Tx,
    allow,
    async_url,
    database_name,
    open_database,
)
from tests.server.turns.proxy import Proxy, proxied
from tests.support.eventually import eventually

INSERT = text("INSERT INTO workspaces (id, name, personal) VALUES (:id, :name, true)")
COUNT = text("SELECT count(*) FROM workspaces")

IMPATIENCE_S = 1.0
SLEEP = text(f"SELECT pg_sleep({1.5 * IMPATIENCE_S})")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are waited for as long as a test may."""
    monkeypatch.setattr(borrowed, "ANSWER_S", IMPATIENCE_S)


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
        await eventually(lambda: is_gone(database, pid))
        await victim.ping()


async def is_gone(database: Database, pid: int) -> bool:
    async with database.snapshot() as tx:
        found: int | None = await tx.scalar(
            text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid}
        )
    return found == 0


async def test_one_cut_within_a_transaction_is_unavailable(
    database: Database, migrated: EngineUrls
) -> None:
    async with open_database(migrated.database_url, pool_size=1) as victim:
        with pytest.raises(ServiceUnavailable):
            await cut_within(victim, database)
        await victim.ping()


async def cut_within(victim: Database, database: Database) -> None:
    async with victim.transaction() as tx:
        pid = await tx.scalar(text("SELECT pg_backend_pid()"))
        async with database.transaction() as other:
            await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        await tx.execute(text("SELECT 1"))


async def test_all_connections_that_a_restart_closed_are_replaced_before_they_are_used(
    database: Database, migrated: EngineUrls
) -> None:
    async with proxied(migrated) as (proxy, urls), open_database(urls.database_url) as victim:
        await asyncio.gather(*(victim.ping() for _ in range(10)))
        proxy.cut()
        with pytest.raises(ServiceUnavailable):
            await victim.ping()
        proxy.is_down = False
        await asyncio.gather(*(victim.ping() for _ in range(20)))


async def is_answered(database: Database) -> bool:
    try:
        await database.ping()
    except ServiceUnavailable:
        return False
    return True


async def test_a_server_that_is_frozen_is_asked_once_and_found_when_it_is_back(
    database: Database, migrated: EngineUrls, impatient: None
) -> None:
    async with proxied(migrated) as (proxy, urls), open_database(urls.database_url) as victim:
        await asyncio.gather(*(victim.ping() for _ in range(5)))
        proxy.freeze()
        with pytest.raises(ServiceUnavailable) as told:
            await victim.ping()
        assert isinstance(told.value.__cause__, TimeoutError)
        for _ in range(50):
            with pytest.raises(ServiceUnavailable) as told:
                await victim.ping()
            assert told.value.__cause__ is None  # it was not asked
        proxy.thaw()
        await eventually(lambda: is_answered(victim))
        await asyncio.gather(*(victim.ping() for _ in range(20)))


async def test_connections_behind_a_dead_wire_are_not_used_again(
    database: Database, migrated: EngineUrls, impatient: None
) -> None:
    async with proxied(migrated) as (proxy, urls), open_database(urls.database_url) as victim:
        await asyncio.gather(*(victim.ping() for _ in range(5)))
        proxy.freeze()
        with pytest.raises(ServiceUnavailable):
            await victim.ping()
        proxy.thaw(only_new=True)
        await eventually(lambda: is_answered(victim))
        await asyncio.gather(*(victim.ping() for _ in range(20)))


async def test_a_commit_that_nobody_answers_is_unavailable(
    database: Database, migrated: EngineUrls, impatient: None
) -> None:
    async with proxied(migrated) as (proxy, urls), open_database(urls.database_url) as victim:
        with pytest.raises(ServiceUnavailable):
            await frozen_before_commit(victim, proxy)
        assert victim.guard.is_open


async def frozen_before_commit(victim: Database, proxy: Proxy) -> None:
    async with victim.transaction() as tx:
        await tx.execute(INSERT, {"id": new_id(), "name": "perhaps"})
        proxy.freeze()


async def test_what_a_transaction_waits_for_in_between_is_its_own_affair(
    database: Database, migrated: EngineUrls, impatient: None
) -> None:
    async with open_database(migrated.database_url) as patient:
        async with patient.transaction() as tx:
            await tx.execute(text("SELECT 1"))
            await asyncio.sleep(1.2 * IMPATIENCE_S)
            await tx.execute(text("SELECT 1"))
        assert not patient.guard.is_open


async def test_a_report_may_take_longer(
    database: Database, migrated: EngineUrls, impatient: None
) -> None:
    async with open_database(migrated.database_url, pool_size=1) as patient:
        async with patient.snapshot() as tx:
            await allow(tx, 30)
            await tx.execute(SLEEP)
        with pytest.raises(ServiceUnavailable):  # the next one may not
            await sleep_in(patient)


async def sleep_in(database: Database) -> None:
    async with database.snapshot() as tx:
        await tx.execute(SLEEP)


async def test_whoever_gives_up_waiting_says_nothing_about_the_database(
    database: Database, migrated: EngineUrls
) -> None:
    async with proxied(migrated) as (proxy, urls), open_database(urls.database_url) as victim:
        await victim.ping()
        proxy.freeze()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await victim.ping()
        assert not victim.guard.is_open


def test_a_database_has_one_name_for_everybody_who_may_enter() -> None:
    assert database_name("postgres://u:p@h/d") == database_name("postgresql+asyncpg://v:q@h/d")
    names = {database_name(f"postgresql://{place}") for place in ("h/d", "h/e", "i/d", "h:1/d")}
    assert len(names) == 4


async def test_an_error_does_not_tell_what_was_to_be_written(database: Database) -> None:
    values = {"id": new_id(), "name": "what somebody wrote"}
    with pytest.raises(IntegrityError) as told:
        await write_twice(database, values)
    assert "what somebody wrote" not in str(told.value)


async def write_twice(database: Database, values: dict[str, object]) -> None:
    async with database.transaction() as tx:
        await tx.execute(INSERT, values)
        await tx.execute(INSERT, values)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_addresses_are_taken_as_platforms_give_them(scheme: str) -> None:
    assert async_url(f"{scheme}://u:p@h/d") == "postgresql+asyncpg://u:p@h/d"
