"""From a credential to a principal, and back to nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

import pytest
from joserfc.jwk import OctKey
from sqlalchemy import select, update

from billing.ledger import Ledger
from server.accounts.access import EMBEDDED, Principal, Scope, UserRole
from server.accounts.cookies import Cookies
from server.accounts.hosts.claims import Terms
from server.accounts.hosts.jwt import SharedSecret, TokenReader
from server.accounts.hosts.signin import HostSignIn
from server.accounts.keys import Keys
from server.accounts.tickets import Tickets
from server.accounts.tokens import Authenticator
from server.domain.errors import Forbidden, Unauthenticated
from server.domain.ids import UserId
from server.domain.money import MicroCredits
from server.persistence import cookiesessions
from server.persistence.credentials import ApiKeyRow
from server.persistence.database import Database
from server.persistence.users import UserRow
from server.turns.onboarding import host_user_creator
from tests.billing.support import statements_of
from tests.server.accounts.hosts.issuer import AUDIENCE, ISSUER, SECRET, token
from tests.server.accounts.people import START, TurnedClock, somebody

Way: TypeAlias = "Callable[[World, Principal], Awaitable[Principal]]"


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

    async def bearer(self, caller: Principal) -> str:
        ticket = await self.ticket(caller)
        async with self.database.transaction() as tx:
            return (await self.tickets.exchange(tx, ticket)).bearer.secret


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
    assert session == caller
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


async def by_bearer(world: World, caller: Principal) -> Principal:
    return await world.authenticator.by_token(await world.bearer(caller))


async def by_ticket(world: World, caller: Principal) -> Principal:
    return await world.authenticator.by_token(await world.ticket(caller))


@pytest.mark.parametrize("other", list(Scope))
@pytest.mark.parametrize("way", [by_ticket, by_bearer])
async def test_no_key_gets_more_through_a_ticket_or_a_bearer(
    database: Database, way: Way, other: Scope
) -> None:
    world, user = World(database), await somebody(database, role=UserRole.ADMIN)
    caller = await world.authenticator.by_bearer(await world.key(user, [Scope.TICKETS, other]))
    got = await way(world, caller)
    assert await world.authenticator.refresh(got) == got
    assert caller.scopes is not None
    assert got.scopes == (caller.scopes if way is by_ticket else caller.scopes & EMBEDDED)
    assert (got.user_id, got.credential_id) == (user, caller.credential_id)


async def test_a_bearer_serves_often_until_it_or_its_credential_ends(database: Database) -> None:
    world, user = World(database), await somebody(database)
    caller = await world.authenticator.by_cookie(await world.cookie(user))
    token = await world.bearer(caller)
    with statements_of(database) as seen:
        found = [await world.authenticator.by_bearer(token) for _ in range(2)]
    assert len(seen) == 2
    assert found[0] == found[1]
    assert (found[0].user_id, found[0].scopes) == (user, EMBEDDED)
    assert found[0].expires_at == START + timedelta(minutes=15)
    async with database.transaction() as tx:
        with pytest.raises(Unauthenticated):
            await world.tickets.exchange(tx, token)
    another = await world.bearer(caller)
    world.clock.turn(minutes=15)
    assert await world.authenticator.refresh(found[0]) is None
    with pytest.raises(Unauthenticated):
        await world.authenticator.by_bearer(another)
    world.clock.turn(minutes=-1)
    async with database.transaction() as tx:
        await cookiesessions.revoke(tx, caller.credential_id, user, START)
    assert await world.authenticator.refresh(found[0]) is None
    with pytest.raises(Unauthenticated):
        await world.authenticator.by_bearer(another)


async def test_a_bearer_lives_no_longer_than_the_key_behind_it(database: Database) -> None:
    world, user = World(database), await somebody(database)
    key = await world.key(user)
    world.clock.turn(hours=23, minutes=50)
    caller = await world.authenticator.by_bearer(key)
    found = await by_bearer(world, caller)
    assert found.expires_at == caller.expires_at == START + timedelta(days=1)


def host_of(world: World) -> HostSignIn:
    terms = Terms(world.clock, iss=ISSUER, aud=AUDIENCE)
    create = host_user_creator(Ledger(world.clock), MicroCredits(0), "secret")
    tokens = TokenReader(SharedSecret(SECRET), terms)
    return HostSignIn(world.database, create, issuer=ISSUER, tokens=tokens, cookies=None)


async def test_what_is_none_of_ours_is_asked_of_the_host(database: Database) -> None:
    world = World(database)
    authenticator = Authenticator(database, clock=world.clock, host=host_of(world))
    key = OctKey.import_key(SECRET)
    signed = token(key, "HS256", exp=int(world.clock().timestamp()) + 600)
    caller = await authenticator.by_token(signed)
    assert (caller.credential_kind, caller.external_id) == ("jwt", "42")
    assert await authenticator.refresh(caller) == caller
    for wrong in ("", "ck_x", "cb_x", "cl_x", signed + "x"):
        with pytest.raises(Unauthenticated):
            await authenticator.by_bearer(wrong)
    got = await by_bearer(world, caller)
    assert (got.user_id, got.scopes) == (caller.user_id, EMBEDDED)
    assert got.expires_at == caller.expires_at
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(suspended_at=START))
    assert await authenticator.refresh(caller) is None
    world.clock.turn(hours=1)
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(suspended_at=None))
    assert await authenticator.refresh(caller) is None
