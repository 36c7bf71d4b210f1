"""A credential has a holder until it expires, is revoked, or its user is gone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from server.domain.ids import UserId, new_id
from server.persistence import cookiesessions, credentials, holders, workspaces
from server.persistence.cookiesessions import NewCookieSession
from server.persistence.credentials import NewApiKey, NewTicket
from server.persistence.database import Database, Tx
from server.persistence.users import UserRow
from server.persistence.workspaces import MemberRow
from tests.billing.support import statements_of
from tests.server.accounts.people import START, somebody

END = START + timedelta(days=1)
HOST = "https://host.example"


async def key(tx: Tx, user: UserId, **fields: Any) -> UUID:
    made = NewApiKey(
        id=new_id(),
        user_id=user,
        name="k",
        prefix="ck_abc",
        secret_hash=b"key",
        scopes=["read"],
        created_at=START,
        expires_at=END,
        **fields,
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


async def issue(tx: Tx, user: UUID, proof: tuple[str, UUID], **fields: Any) -> None:
    """A ticket and a bearer by that credential."""
    for kind in ("ws", "bearer"):
        values: dict[str, Any] = {
            "id": new_id(),
            "user_id": user,
            "kind": kind,
            "secret_hash": kind.encode(),
            "credential_kind": proof[0],
            "credential_id": proof[1],
            "expires_at": START + timedelta(minutes=1),
            **fields,
        }
        await credentials.insert_ticket(tx, NewTicket(**values))


async def change(tx: Tx, user: UUID, **values: object) -> None:
    await tx.execute(update(UserRow).where(UserRow.id == user).values(**values))


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
                again = await holders.find_holder(tx, kind, made[kind], user, START)
                assert again is not None
                assert (again.user_id, again.role, again.scopes) == (user, "user", holder.scopes)
                assert again.expires_at == holder.expires_at == END
                assert (holder.credential_kind, holder.credential_id) == (kind, made[kind])
                assert (holder.plan, holder.email) == ("pro", "ada@example.com")
            scopes = {kind: holder and holder.scopes for kind, holder in found.items()}
            assert scopes == {"key": ["read"], "cookie": None}
            assert await holders.find_key(tx, b"cookie", START) is None
    assert len(seen) == 5


@pytest.mark.parametrize("ends", ["expiry", "revocation", "deletion", "suspension", "leaving"])
@pytest.mark.parametrize("kind", ["key", "cookie"])
async def test_nobody_holds_what_has_ended(database: Database, kind: str, ends: str) -> None:
    user, now = await somebody(database), START
    async with database.transaction() as tx:
        made = {"key": await key(tx, user), "cookie": await cookie(tx, user)}
        later = END + timedelta(days=1)
        await issue(tx, user, (kind, made[kind]), expires_at=later, credential_expires_at=later)
        match ends:
            case "expiry":
                now = END
            case "revocation":
                await credentials.revoke_key(tx, made["key"], user, START)
                await cookiesessions.revoke(tx, made["cookie"], user, START)
            case "deletion":
                await change(tx, user, deleted_at=START)
            case "suspension":
                await change(tx, user, suspended_at=START)
            case _:
                await change(tx, user, deletion_requested_at=START)
        assert await holders.find_key(tx, b"key", now) is None
        assert await holders.find_cookie_session(tx, b"cookie", now) is None
        assert await holders.find_holder(tx, kind, made[kind], user, now) is None
        assert await holders.find_bearer(tx, b"bearer", now) is None
        assert await holders.spend_ticket(tx, b"ws", now) is None


async def test_a_credential_proves_nobody_else(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        made = {"key": await key(tx, ada), "cookie": await cookie(tx, ada)}
        for kind, credential in made.items():
            assert await holders.find_holder(tx, kind, credential, bob, START) is None
            other = "cookie" if kind == "key" else "key"
            assert await holders.find_holder(tx, other, credential, ada, START) is None


async def test_a_key_for_a_workspace_ends_with_the_membership(database: Database) -> None:
    user = await somebody(database)
    shared = new_id()
    async with database.transaction() as tx:
        await workspaces.insert_workspace(tx, shared, "Team", personal=False)
        await workspaces.change(tx, shared, {"pays": True})
        await workspaces.insert_member(tx, shared, user, "member")
        made = await key(tx, user, workspace_id=shared)
        for holder in (
            await holders.find_key(tx, b"key", START),
            await holders.find_holder(tx, "key", made, user, START),
        ):
            assert holder is not None
            assert (holder.bound_id, holder.pays) == (shared, True)
        await tx.execute(delete(MemberRow).where(MemberRow.workspace_id == shared))
        assert await holders.find_key(tx, b"key", START) is None
        assert await holders.find_holder(tx, "key", made, user, START) is None
        await workspaces.insert_member(tx, shared, user, "member")
        assert await holders.find_key(tx, b"key", START) is not None
        await workspaces.close(tx, shared, START)
        assert await holders.find_key(tx, b"key", START) is None


@pytest.mark.parametrize(
    ("owner", "guest", "is_brought_in"),
    [
        ({}, {}, True),
        ({"role": "user"}, {}, False),
        ({"suspended_at": START}, {}, False),
        ({}, {"role": "admin"}, False),
        ({}, {"issuer": "https://other.example"}, False),
        ({}, {"issuer": None, "external_id": None}, False),
        ({}, {"suspended_at": START}, False),
    ],
)
async def test_a_service_key_proves_users_of_its_issuer(
    database: Database, owner: dict[str, Any], guest: dict[str, Any], is_brought_in: bool
) -> None:
    admin, user = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        await change(tx, admin, **{"role": "admin", **owner})
        await change(tx, user, **{"issuer": HOST, "external_id": "42", **guest})
        made = await key(tx, admin, issuer=HOST)
        await issue(tx, user, ("key", made))
        found = [
            await holders.find_holder(tx, "key", made, user, START),
            await holders.find_bearer(tx, b"bearer", START),
            await holders.spend_ticket(tx, b"ws", START),
        ]
        assert [holder is not None for holder in found] == [is_brought_in] * 3
        for holder in filter(None, found):
            assert (holder.user_id, holder.sponsor_id) == (user, admin)
            assert (holder.external_id, holder.role) == ("42", "user")


@pytest.mark.parametrize("kind", ["jwt", "authjs"])
async def test_a_hosts_word_holds_for_its_users_until_it_ends(
    database: Database, kind: str
) -> None:
    user, token = await somebody(database), new_id()

    async def found(tx: Tx, now: datetime) -> bool:
        holder = await holders.find_holder(tx, kind, token, user, now, until=END)
        assert holder is None or holder.expires_at == END
        return holder is not None

    async with database.transaction() as tx:
        assert not await found(tx, START)  # one of our own
        await change(tx, user, issuer=HOST, external_id="42")
        assert await found(tx, START)
        assert not await found(tx, END)
        await change(tx, user, role="admin")
        assert not await found(tx, START)
