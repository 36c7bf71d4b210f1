"""A credential has a holder until it expires, is revoked, or its user is gone."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from server.domain.ids import UserId, new_id
from server.persistence import cookiesessions, credentials, holders
from server.persistence.cookiesessions import NewCookieSession
from server.persistence.credentials import NewApiKey
from server.persistence.database import Database, Tx
from server.persistence.users import UserRow
from tests.billing.support import statements_of
from tests.server.accounts.people import START, somebody

END = START + timedelta(days=1)


async def key(tx: Tx, user: UserId) -> UUID:
    made = NewApiKey(
        id=new_id(),
        user_id=user,
        name="k",
        prefix="ck_abc",
        secret_hash=b"key",
        scopes=["read"],
        expires_at=END,
    )
    await credentials.insert_key(tx, made)
    return made.id


async def cookie(tx: Tx, user: UserId) -> UUID:
    made = NewCookieSession(
        id=new_id(),
        user_id=user,
        secret_hash=b"cookie",
        user_agent="",
        address="",
        last_seen_at=START,
        expires_at=END,
    )
    await cookiesessions.insert_session(tx, made)
    return made.id


async def test_a_secret_and_its_id_lead_to_the_same_holder(database: Database) -> None:
    user = await somebody(database, plan="pro")
    async with database.transaction() as tx:
        made = {"key": await key(tx, user), "cookie": await cookie(tx, user)}
    with statements_of(database) as seen:
        async with database.glances() as tx:
            found = {
                "key": await holders.find_key(tx, b"key", START),
                "cookie": await holders.find_cookie_session(tx, b"cookie", START),
            }
            for kind, holder in found.items():
                assert holder is not None
                assert await holders.find_holder(tx, kind, made[kind], START) == holder
                assert (holder.credential_id, holder.user_id) == (made[kind], user)
                assert (holder.ai_plan, holder.email) == ("pro", "ada@example.com")
            scopes = {kind: holder and holder.scopes for kind, holder in found.items()}
            assert scopes == {"key": ["read"], "cookie": None}
            assert await holders.find_key(tx, b"cookie", START) is None
    assert len(seen) == 5


@pytest.mark.parametrize("ends", ["expiry", "revocation", "deletion"])
async def test_nobody_holds_what_has_ended(database: Database, ends: str) -> None:
    user, now = await somebody(database), START
    async with database.transaction() as tx:
        made = {"key": await key(tx, user), "cookie": await cookie(tx, user)}
        match ends:
            case "expiry":
                now = END
            case "revocation":
                await credentials.revoke_key(tx, made["key"], user, START)
                await cookiesessions.revoke(tx, made["cookie"], user, START)
            case _:
                await tx.execute(update(UserRow).where(UserRow.id == user).values(deleted_at=START))
        assert await holders.find_key(tx, b"key", now) is None
        assert await holders.find_cookie_session(tx, b"cookie", now) is None
        for kind, credential in made.items():
            assert await holders.find_holder(tx, kind, credential, now) is None
