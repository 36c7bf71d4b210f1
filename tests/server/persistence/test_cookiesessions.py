"""Cookie sessions are listed while they are open, and ended one by one or all but one."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from server.domain.ids import UserId, new_id
from server.persistence import cookiesessions
from server.persistence.cookiesessions import CookieSessionRow, NewCookieSession
from server.persistence.database import Database, Tx
from tests.server.accounts.people import START, somebody

MINUTE = timedelta(minutes=1)


async def opened(tx: Tx, user: UserId, *, expires_at: datetime = START + MINUTE) -> UUID:
    made = NewCookieSession(
        id=new_id(),
        user_id=user,
        secret_hash=new_id().bytes,
        user_agent="Agent/1.0",
        address="192.0.2.1",
        last_seen_at=START - MINUTE,
        expires_at=expires_at,
    )
    await cookiesessions.insert_session(tx, made)
    return made.id


async def test_open_sessions_are_listed_newest_first(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        first, second, ended = [await opened(tx, ada) for _ in "abc"]
        await opened(tx, ada, expires_at=START)
        await opened(tx, bob)
        assert await cookiesessions.revoke(tx, ended, ada, START)
        listed = await cookiesessions.list_open(tx, ada, START, before=None, limit=10)
        assert [item.id for item in listed] == [second, first]
        assert (listed[0].address, listed[0].user_agent) == ("192.0.2.1", "Agent/1.0")
        older = await cookiesessions.list_open(tx, ada, START, before=second, limit=10)
        assert [item.id for item in older] == [first]


async def test_a_session_is_ended_once_and_by_its_user(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        session = await opened(tx, ada)
        assert not await cookiesessions.revoke(tx, session, bob, START)
        assert await cookiesessions.revoke(tx, session, ada, START)
        assert not await cookiesessions.revoke(tx, session, ada, START)


async def test_all_but_one_are_ended_and_named(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        first, second, kept = [await opened(tx, ada) for _ in "abc"]
        others = await opened(tx, bob)
        ended = await cookiesessions.revoke_all(tx, ada, START, but=kept)
        assert sorted(ended) == [first, second]
        left = await cookiesessions.list_open(tx, ada, START, before=None, limit=10)
        assert [item.id for item in left] == [kept]
        assert await cookiesessions.revoke_all(tx, ada, START) == [kept]
        assert await cookiesessions.revoke(tx, others, bob, START)


async def test_the_last_use_is_written_unless_it_was_just_now(database: Database) -> None:
    ada = await somebody(database)

    async def seen_at(tx: Tx, now: datetime) -> datetime | None:
        await cookiesessions.note_seen(tx, session, now, now - MINUTE)
        return await tx.scalar(select(CookieSessionRow.last_seen_at))

    async with database.transaction() as tx:
        session = await opened(tx, ada)
        assert await seen_at(tx, START) == START
        assert await seen_at(tx, START + MINUTE / 2) == START
        assert await seen_at(tx, START + MINUTE) == START + MINUTE
