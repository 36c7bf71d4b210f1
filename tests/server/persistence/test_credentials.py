"""Credentials: listed page by page, spent once, forgotten after a week."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from server.domain.ids import UserId, new_id
from server.persistence import credentials
from server.persistence.credentials import NewApiKey, NewTicket, TicketKind, TicketRow
from server.persistence.database import Database, Tx
from tests.server.accounts.people import START, somebody


async def key(tx: Tx, user: UserId, name: str) -> UUID:
    made = NewApiKey(
        id=new_id(),
        user_id=user,
        name=name,
        prefix="ck_abc",
        secret_hash=name.encode(),
        scopes=["read"],
        created_at=START,
        expires_at=None,
    )
    await credentials.insert_key(tx, made)
    return made.id


async def ticket(tx: Tx, user: UserId, secret: bytes, kind: TicketKind = "ws") -> None:
    await credentials.insert_ticket(
        tx,
        NewTicket(
            id=new_id(),
            user_id=user,
            kind=kind,
            secret_hash=secret,
            credential_kind="key",
            credential_id=None,
            expires_at=START,
        ),
    )


async def test_keys_are_listed_newest_first_without_the_revoked(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        ids = [await key(tx, ada, name) for name in "abc"]
        await key(tx, bob, "x")
        assert await credentials.count_keys(tx, ada, START) == 3
        listed = await credentials.list_keys(tx, ada, before=None, limit=10)
        assert [item.id for item in listed] == ids[::-1]
        older = await credentials.list_keys(tx, ada, before=ids[1], limit=10)
        assert [item.name for item in older] == ["a"]
        revoked = await credentials.revoke_key(tx, ids[1], ada, START)
        assert revoked is not None
        assert revoked.name == "b"
        assert not await credentials.revoke_key(tx, ids[0], bob, START)
        left = await credentials.list_keys(tx, ada, before=None, limit=10)
        assert [item.name for item in left] == ["c", "a"]
        assert await credentials.count_keys(tx, ada, START) == 2


async def test_a_key_that_ends_by_a_moment_ends_no_later_than_before(database: Database) -> None:
    user = await somebody(database)
    async with database.transaction() as tx:
        made = await key(tx, user, "a")
        for at, ends in ((2, 2), (3, 2), (1, 1)):
            await credentials.end_key_by(tx, made, START + timedelta(days=at))
            locked = await credentials.lock_key(tx, made, user)
            assert locked is not None
            assert locked.expires_at == START + timedelta(days=ends)
        assert await credentials.lock_key(tx, made, new_id()) is None
        assert await credentials.count_keys(tx, user, START) == 1
        assert await credentials.count_keys(tx, user, START + timedelta(days=1)) == 0


async def test_a_link_is_spent_once_before_its_end(database: Database) -> None:
    user, before = await somebody(database), START - timedelta(seconds=1)
    async with database.transaction() as tx:
        await ticket(tx, user, b"ticket")
        await ticket(tx, user, b"link", "link")
        assert await credentials.use_link(tx, b"ticket", before) is None
        assert await credentials.use_link(tx, b"link", START) is None
        assert await credentials.use_link(tx, b"link", before) == user
        assert await credentials.use_link(tx, b"link", before) is None


async def test_what_expired_long_ago_is_forgotten_for_that_user_only(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")

    async def count(tx: Tx) -> int:
        return int(await tx.scalar(select(func.count()).select_from(TicketRow)) or 0)

    async with database.transaction() as tx:
        await ticket(tx, ada, b"1")
        await ticket(tx, bob, b"2")
        await credentials.forget_expired(tx, ada, START + timedelta(days=7))
        assert await count(tx) == 2
        await credentials.forget_expired(tx, ada, START + timedelta(days=7, seconds=1))
        assert await count(tx) == 1
