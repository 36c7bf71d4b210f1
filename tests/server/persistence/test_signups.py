"""Sign-ups wait until they are taken, once, or expire."""

from datetime import datetime, timedelta

from sqlalchemy import select

from server.domain.ids import new_id
from server.persistence import signups
from server.persistence.database import Database, Tx
from server.persistence.signups import NewSignUp, SignUpRow
from tests.server.accounts.people import START

DAY = timedelta(days=1)


async def waiting(tx: Tx, secret: bytes, *, expires_at: datetime = START + DAY) -> None:
    await signups.insert_sign_up(
        tx,
        NewSignUp(
            id=new_id(),
            email="ada@example.com",
            name="Ada",
            password_hash="hash",
            secret_hash=secret,
            expires_at=expires_at,
        ),
    )


async def test_a_sign_up_is_taken_once(database: Database) -> None:
    async with database.transaction() as tx:
        await waiting(tx, b"secret")
        assert await signups.take(tx, b"another", START) is None
        taken = await signups.take(tx, b"secret", START)
        assert taken is not None
        assert (taken.email, taken.name, taken.password_hash) == ("ada@example.com", "Ada", "hash")
        assert await signups.take(tx, b"secret", START) is None


async def test_what_has_expired_is_neither_taken_nor_kept(database: Database) -> None:
    async with database.transaction() as tx:
        await waiting(tx, b"old", expires_at=START)
        await waiting(tx, b"new")
        assert await signups.take(tx, b"old", START) is None
        await signups.forget_expired(tx, START)
        assert (await tx.scalars(select(SignUpRow.secret_hash))).all() == [b"new"]
