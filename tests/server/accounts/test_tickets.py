"""Sign-in links: once, for fifteen minutes. Tickets for others: by service keys, for their own."""

import asyncio
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import update

from server.accounts.access import EMBEDDED, Scope, UserRole
from server.accounts.keys import Keys
from server.accounts.tickets import Tickets, sign_in_url
from server.accounts.tokens import Authenticator
from server.domain.errors import Forbidden, Unauthenticated
from server.domain.ids import UserId, new_id
from server.persistence.database import Database
from server.persistence.users import UserRow
from tests.server.accounts.people import TurnedClock, somebody


async def test_a_link_is_used_once_however_many_try(database: Database) -> None:
    user, tickets = await somebody(database), Tickets(clock=TurnedClock())
    async with database.transaction() as tx:
        secret = (await tickets.issue_link(tx, user)).secret

    async def use() -> UserId:
        async with database.transaction() as tx:
            return await tickets.use_link(tx, secret)

    answers = await asyncio.gather(*(use() for _ in range(6)), return_exceptions=True)
    assert [answer for answer in answers if not isinstance(answer, Unauthenticated)] == [user]


async def test_a_transaction_that_fails_leaves_the_link_unused(database: Database) -> None:
    user, tickets = await somebody(database), Tickets(clock=TurnedClock())
    async with database.transaction() as tx:
        secret = (await tickets.issue_link(tx, user)).secret

    async def use_and_fail() -> None:
        async with database.transaction() as tx:
            await tickets.use_link(tx, secret)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await use_and_fail()
    async with database.transaction() as tx:
        assert await tickets.use_link(tx, secret) == user


async def test_a_link_expires_after_fifteen_minutes(database: Database) -> None:
    user, clock = await somebody(database), TurnedClock()
    tickets = Tickets(clock=clock)
    async with database.transaction() as tx:
        secret = (await tickets.issue_link(tx, user)).secret
        clock.turn(minutes=15)
        with pytest.raises(Unauthenticated):
            await tickets.use_link(tx, secret)


def test_the_secret_rides_where_no_server_log_sees_it() -> None:
    assert sign_in_url("https://x.example", "cl_1") == "https://x.example/sign-in#cl_1"


HOST = "https://host.example"


async def test_a_service_key_brings_in_users_of_its_issuer_and_nobody_else(
    database: Database,
) -> None:
    clock = TurnedClock()
    admin = await somebody(database, role=UserRole.ADMIN)
    guest, local = [await somebody(database, f"{name}@example.com") for name in ("g", "l")]
    async with database.transaction() as tx:
        named = {"issuer": HOST, "external_id": "42"}
        await tx.execute(update(UserRow).where(UserRow.id == guest).values(**named))
        keys, tickets = Keys(clock=clock), Tickets(clock=clock)
        terms: dict[str, Any] = {"name": "x", "expires_at": None, "issuer": HOST}
        key = await keys.create(tx, admin, scopes=[Scope.TICKETS], **terms)
        other = await keys.create(tx, admin, scopes=[Scope.PLANS], **terms)
    authenticator = Authenticator(database, clock=clock)
    caller = await authenticator.by_bearer(key.secret)
    async with database.transaction() as tx:
        issued = await tickets.issue_for(tx, caller, guest)
        for stranger in (local, admin, UserId(new_id())):
            with pytest.raises(Forbidden):
                await tickets.issue_for(tx, caller, stranger)
        unscoped = await authenticator.by_bearer(other.secret)
        for sponsor in (unscoped, structs.replace(caller, issuer=None)):
            with pytest.raises(Forbidden):
                await tickets.issue_for(tx, sponsor, guest)
    found = await authenticator.by_ticket(issued.secret)
    assert (found.user_id, found.external_id, found.scopes) == (guest, "42", EMBEDDED)
    assert (found.credential_id, found.sponsor_id) == (key.key.id, admin)
    assert await authenticator.refresh(found) == found
    async with database.transaction() as tx:
        await keys.revoke(tx, admin, key.key.id)
    assert await authenticator.refresh(found) is None


async def test_an_exchange_that_fails_leaves_the_ticket_unused(database: Database) -> None:
    user, clock = await somebody(database), TurnedClock()
    tickets = Tickets(clock=clock)
    async with database.transaction() as tx:
        key = await Keys(clock=clock).create(tx, user, name="x", scopes=None, expires_at=None)
    caller = await Authenticator(database, clock=clock).by_bearer(key.secret)
    async with database.transaction() as tx:
        secret = (await tickets.issue(tx, caller)).secret

    async def exchange_and_fail() -> None:
        async with database.transaction() as tx:
            await tickets.exchange(tx, secret)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await exchange_and_fail()
    async with database.transaction() as tx:
        assert (await tickets.exchange(tx, secret)).principal.user_id == user
        with pytest.raises(Unauthenticated):
            await tickets.exchange(tx, secret)
