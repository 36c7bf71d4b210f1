"""A connection comes back clean or not at all, and the driver's errors look like SQLAlchemy's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from server.domain.errors import ServiceUnavailable
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database, open_database
from server.persistence.prepared import Prepared
from tests.server.turns.proxy import proxied

INSERT = Prepared("INSERT INTO workspaces (id, name, personal) VALUES (:id, :name, true)")
COUNT = Prepared("SELECT count(*) FROM workspaces")
PID = Prepared("SELECT pg_backend_pid()")
IMPOSSIBLE = Prepared("SELECT 1 / 0")
SLEEP = Prepared("SELECT pg_sleep(30)")
TERMINATE = Prepared("SELECT pg_terminate_backend(:pid)")


@pytest.fixture
async def narrow(migrated: EngineUrls, database: Database) -> AsyncIterator[Database]:
    """A pool of one connection: whoever comes next gets the one that was used before."""
    async with open_database(migrated.database_url, pool_size=1) as narrow:
        yield narrow


async def pid_of(database: Database) -> int:
    """Of the next connection, which has to be without a transaction."""
    async with database.transaction() as tx:
        return int(await PID.value(tx))


async def insert_and(database: Database, then: str, inserted: asyncio.Event) -> None:
    async with database.transaction() as tx:
        await INSERT.run(tx, id=new_id(), name="lost")
        inserted.set()
        match then:
            case "fail":
                raise KeyError(then)
            case "rest":
                await asyncio.sleep(30)
            case "ask":
                await SLEEP.run(tx)
            case "ask by SQLAlchemy":
                await tx.execute(text(SLEEP.sql))
            case _:
                raise AssertionError(then)


@pytest.mark.parametrize(
    ("then", "is_kept"),
    [("fail", True), ("rest", True), ("ask", False), ("ask by SQLAlchemy", False)],
)
async def test_what_was_broken_off_leaves_nothing_behind(
    narrow: Database, database: Database, then: str, is_kept: bool
) -> None:
    before, inserted = await pid_of(narrow), asyncio.Event()
    work = asyncio.create_task(insert_and(narrow, then, inserted))
    await inserted.wait()
    await asyncio.sleep(0.05)
    work.cancel()
    with pytest.raises((KeyError, asyncio.CancelledError)):
        await work
    assert (await pid_of(narrow) == before) is is_kept
    async with narrow.snapshot() as tx:
        assert await COUNT.value(tx) == 0


@pytest.mark.parametrize("raw", [True, False])
async def test_a_failure_that_nobody_heeded_is_not_taken_for_a_commit(
    narrow: Database, database: Database, raw: bool
) -> None:
    with pytest.raises(PendingRollbackError):
        await insert_in_spite_of_a_failure(narrow, raw=raw)
    async with narrow.snapshot() as tx:
        assert await COUNT.value(tx) == 0


async def insert_in_spite_of_a_failure(database: Database, *, raw: bool) -> None:
    async with database.transaction() as tx:
        await INSERT.run(tx, id=new_id(), name="lost")
        with suppress(DBAPIError):
            await (IMPOSSIBLE.run(tx) if raw else tx.execute(text(IMPOSSIBLE.sql)))


async def test_a_savepoint_takes_back_what_went_straight_to_the_driver(database: Database) -> None:
    async with database.transaction() as tx:
        await INSERT.run(tx, id=new_id(), name="kept")
        nested = await tx.begin_nested()
        await INSERT.run(tx, id=new_id(), name="lost")
        await nested.rollback()
        await INSERT.run(tx, id=new_id(), name="kept")
    async with database.snapshot() as tx:
        assert await COUNT.value(tx) == 2


REFUSED = {
    "a key that is there": "INSERT INTO workspaces SELECT * FROM workspaces",
    "a value that is missing": "INSERT INTO workspaces (id) VALUES (gen_random_uuid())",
    "no such table": "SELECT * FROM nothing",
    "no such number": "SELECT 1 / 0",
    "a number that no column holds": "SELECT CAST(:n AS bigint)",
    "a lock that is held": "DO $$ BEGIN RAISE lock_not_available; END $$",
}


@pytest.mark.parametrize("sql", REFUSED.values(), ids=REFUSED)
async def test_a_refusal_looks_like_one_of_sqlalchemy(database: Database, sql: str) -> None:
    async with database.transaction() as tx:
        await INSERT.run(tx, id=new_id(), name="there")
    theirs, ours = await refusal(database, sql, raw=False), await refusal(database, sql, raw=True)
    assert type(theirs) is type(ours)
    assert str(ours.orig) in str(theirs.orig)
    assert getattr(ours.orig, "sqlstate", None) == getattr(theirs.orig, "sqlstate", "")
    assert ours.connection_invalidated == theirs.connection_invalidated is False


async def refusal(database: Database, sql: str, *, raw: bool) -> DBAPIError:
    values = {"n": 2**63} if ":n" in sql else {}
    with pytest.raises(DBAPIError) as told:
        async with database.transaction() as tx:
            await (Prepared(sql).run(tx, **values) if raw else tx.execute(text(sql), values))
    return told.value


async def only(database: Database, statement: Prepared, **values: object) -> None:
    async with database.transaction() as tx:
        await statement.run(tx, **values)


async def test_a_connection_that_is_cut_under_a_statement_is_unavailable(
    narrow: Database, database: Database
) -> None:
    with pytest.raises(ServiceUnavailable):
        await cut_under(narrow, database)
    await narrow.ping()


async def cut_under(narrow: Database, database: Database) -> None:
    async with narrow.transaction() as tx:
        await only(database, TERMINATE, pid=await PID.value(tx))
        await COUNT.value(tx)


async def test_an_answer_that_does_not_come_is_waited_for_so_long(
    database: Database, migrated: EngineUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.persistence.borrowed.ANSWER_S", 0.5)
    async with proxied(migrated) as (proxy, urls), open_database(urls.database_url) as victim:
        await victim.ping()
        proxy.freeze()
        with pytest.raises(ServiceUnavailable):
            await only(victim, COUNT)
        assert victim.guard.is_open
