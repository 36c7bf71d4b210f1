"""From a credential to a principal, and back to nobody."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from server.accounts.access import Principal, Scope
from server.accounts.cookies import Cookies
from server.accounts.keys import Keys
from server.accounts.tickets import Tickets
from server.accounts.tokens import Authenticator
from server.domain.errors import Forbidden, Unauthenticated
from server.domain.ids import UserId
from server.persistence import cookiesessions
from server.persistence.credentials import ApiKeyRow
from server.persistence.database import Database
from server.persistence.users import UserRow
from tests.server.accounts.people import START, TurnedClock, somebody


class World:
    """One user with a cookie session and a key."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = TurnedClock()
        self.authenticator = Authenticator(database, clock=self.clock)
        self.keys, self.tickets = Keys(clock=self.clock), Tickets(clock=self.clock)
        self.cookies = Cookies(secure=False, clock=self.clock)

    async def key(self, user: UserId, scopes: list[Scope] | None = None) -> str:
        async with self.database.transaction() as tx:
            expires = self.clock() + timedelta(days=1)
            made = await self.keys.create(tx, user, name="x", scopes=scopes, expires_at=expires)
        return made.secret

    async def cookie(self, user: UserId) -> str:
        async with self.database.transaction() as tx:
            return await self.cookies.open(tx, user, "", "")

    async def ticket(self, caller: Principal) -> str:
        async with self.database.transaction() as tx:
            return (await self.tickets.issue(tx, caller)).secret


async def test_credentials_hold_until_they_expire(database: Database) -> None:
    world, user = World(database), await somebody(database, plan="pro")
    key, cookie = await world.key(user), await world.cookie(user)
    by_key = await world.authenticator.by_bearer(key)
    assert (by_key.user_id, by_key.plan, by_key.credential_kind) == (user, "pro", "key")
    assert by_key.account_id == user
    world.clock.turn(days=1)
    with pytest.raises(Unauthenticated):
        await world.authenticator.by_bearer(key)
    by_cookie = await world.authenticator.by_cookie(cookie)
    assert await world.authenticator.still_valid(by_cookie)
    world.clock.turn(days=29)
    assert not await world.authenticator.still_valid(by_cookie)
    with pytest.raises(Unauthenticated):
        await world.authenticator.by_cookie(cookie)


@pytest.mark.parametrize("token", ["", "ck_", "ck_" + "x" * 43, "x" * 10_000, "eyJ.a.b", "\ud800"])
async def test_what_is_no_credential_is_nobody(database: Database, token: str) -> None:
    authenticator = Authenticator(database, clock=TurnedClock())
    for way in (
        authenticator.by_cookie,
        authenticator.by_bearer,
        authenticator.by_ticket,
        authenticator.by_token,
    ):
        with pytest.raises(Unauthenticated):
            await way(token)


async def test_one_kind_of_secret_does_not_pass_for_another(database: Database) -> None:
    world, user = World(database), await somebody(database)
    key, cookie = await world.key(user), await world.cookie(user)
    ticket = await world.ticket(await world.authenticator.by_cookie(cookie))
    async with database.transaction() as tx:
        link = (await world.tickets.issue_link(tx, user)).secret
    for way, wrong in (
        (world.authenticator.by_cookie, (key, ticket, link)),
        (world.authenticator.by_bearer, (cookie, ticket, link)),
        (world.authenticator.by_ticket, (key, cookie, link)),
    ):
        for secret in wrong:
            with pytest.raises(Unauthenticated):
                await way(secret)
    async with database.transaction() as tx:
        with pytest.raises(Unauthenticated):
            await world.tickets.use_link(tx, ticket)


async def test_a_ticket_used_by_many_at_once_lets_one_in(database: Database) -> None:
    world, user = World(database), await somebody(database)
    caller = await world.authenticator.by_bearer(await world.key(user))
    ticket = await world.ticket(caller)
    answers = await asyncio.gather(
        *(world.authenticator.by_token(ticket) for _ in range(8)), return_exceptions=True
    )
    won = [answer for answer in answers if isinstance(answer, Principal)]
    assert won == [caller]
    assert sum(isinstance(answer, Unauthenticated) for answer in answers) == 7


async def test_a_ticket_lives_thirty_seconds(database: Database) -> None:
    world, user = World(database), await somebody(database)
    caller = await world.authenticator.by_bearer(await world.key(user))
    ticket = await world.ticket(caller)
    world.clock.turn(seconds=30)
    with pytest.raises(Unauthenticated):
        await world.authenticator.by_ticket(ticket)


async def test_a_ticket_can_do_no_more_than_its_key_and_ends_with_it(database: Database) -> None:
    world, user = World(database), await somebody(database)
    narrow = await world.authenticator.by_bearer(await world.key(user, [Scope.TURNS]))
    with pytest.raises(Forbidden):
        await world.ticket(narrow)
    scopes = [Scope.TURNS, Scope.TICKETS]
    caller = await world.authenticator.by_bearer(await world.key(user, scopes))
    session = await world.authenticator.by_ticket(await world.ticket(caller))
    assert session.scopes == frozenset(scopes)
    unused = await world.ticket(caller)
    async with database.transaction() as tx:
        await world.keys.revoke(tx, user, caller.credential_id)
    assert not await world.authenticator.still_valid(session)
    with pytest.raises(Unauthenticated):
        await world.authenticator.by_ticket(unused)


async def test_a_revoked_role_and_a_deleted_user_are_noticed(database: Database) -> None:
    world = World(database)
    user = await somebody(database)
    caller = await world.authenticator.by_bearer(await world.key(user))
    cookie = await world.cookie(user)
    for values, refreshed in (({"role": "admin"}, True), ({"deleted_at": START}, False)):
        async with database.transaction() as tx:
            await tx.execute(update(UserRow).where(UserRow.id == user).values(**values))
        assert not await world.authenticator.still_valid(caller)
        assert (await world.authenticator.refresh(caller) is not None) is refreshed
    with pytest.raises(Unauthenticated):
        await world.authenticator.by_cookie(cookie)


async def test_a_keys_use_is_noted_at_most_once_a_minute(database: Database) -> None:
    world, user = World(database), await somebody(database)
    key = await world.key(user)

    async def noted() -> object:
        async with database.snapshot() as tx:
            return await tx.scalar(select(ApiKeyRow.last_used_at))

    assert await noted() is None
    await world.authenticator.by_bearer(key)
    assert await noted() == START
    world.clock.turn(seconds=59)
    await world.authenticator.by_bearer(key)
    assert await noted() == START
    world.clock.turn(seconds=1)
    await world.authenticator.by_bearer(key)
    assert await noted() == START + timedelta(seconds=60)


async def test_signing_out_ends_the_session(database: Database) -> None:
    world, user = World(database), await somebody(database)
    cookie = await world.cookie(user)
    caller = await world.authenticator.by_cookie(cookie)
    async with database.transaction() as tx:
        await cookiesessions.revoke(tx, caller.credential_id, user, START)
    with pytest.raises(Unauthenticated):
        await world.authenticator.by_cookie(cookie)
