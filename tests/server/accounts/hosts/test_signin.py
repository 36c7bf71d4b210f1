"""Whoever a host application vouches for is somebody here: at first sight, and ever after."""

import asyncio
from collections.abc import Mapping

import pytest
from sqlalchemy import func, select, update

from billing.ledger import Ledger
from billing.tables import AccountRow, TransferRow
from server.accounts.access import Principal
from server.accounts.hosts.authjs import SessionCookies
from server.accounts.hosts.claims import Terms
from server.accounts.hosts.jwt import SharedSecret, TokenReader
from server.accounts.hosts.signin import HostSignIn
from server.domain.clock import utc_now
from server.domain.errors import Forbidden, Invalid, Unauthenticated
from server.domain.money import MicroCredits
from server.persistence.database import Database
from server.persistence.users import UserRow
from server.turns.onboarding import host_user_creator
from tests.billing.support import statements_of
from tests.server.accounts.hosts.issuer import (
    AUDIENCE,
    ISSUER,
    SECRET,
    SHARED,
    session,
    token,
)
from tests.server.accounts.people import START, somebody

CREDITS = MicroCredits(5_000_000)


def sign_in(database: Database, issuer: str = ISSUER) -> HostSignIn:
    return HostSignIn(
        database,
        host_user_creator(Ledger(), CREDITS, "secret"),
        issuer=issuer,
        tokens=TokenReader(SharedSecret(SECRET), Terms(utc_now, iss=ISSUER, aud=AUDIENCE)),
        cookies=SessionCookies([SECRET], clock=utc_now),
    )


def signed(**claims: object) -> str:
    return token(SHARED, "HS256", **claims)


async def rows(database: Database) -> tuple[int, int, int]:
    """Users, accounts and transfers that there are."""
    async with database.snapshot() as tx:
        tables = (UserRow, AccountRow, TransferRow)
        users, accounts, transfers = [
            int(await tx.scalar(select(func.count()).select_from(table)) or 0) for table in tables
        ]
        return users, accounts, transfers


async def change(database: Database, caller: Principal, values: Mapping[str, object]) -> None:
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).where(UserRow.id == caller.user_id).values(**values))


async def test_at_first_sight_there_is_a_user_with_all_that_belongs_to_one(
    database: Database,
) -> None:
    caller = await sign_in(database).by_token(signed(roles=["admin"], role="admin"))
    told = (caller.external_id, caller.name, caller.email, caller.role, caller.plan)
    assert told == ("42", "Ada", "ada@host.example", "user", "starter")
    assert (caller.credential_kind, caller.scopes, caller.is_bound) == ("jwt", None, False)
    assert caller.account_id == caller.user_id
    async with database.snapshot() as tx:
        balance = await tx.scalar(select(AccountRow.balance))
    assert balance == CREDITS


async def test_somebody_known_costs_one_query_and_changes_nothing(database: Database) -> None:
    host, text = sign_in(database), signed()
    first = await host.by_token(text)
    with statements_of(database) as seen:
        assert await host.by_token(text) == first
    assert len(seen) == 1
    assert await rows(database) == (1, 1, 1)


async def test_many_first_sights_at_once_make_one_user(database: Database) -> None:
    host = sign_in(database)
    callers = await asyncio.gather(*(host.by_token(signed(jti=str(n))) for n in range(12)))
    assert len({caller.user_id for caller in callers}) == 1
    assert len({caller.workspace_id for caller in callers}) == 1
    assert len({caller.credential_id for caller in callers}) == 12
    assert await rows(database) == (1, 1, 1)


async def test_name_and_address_follow_the_host_and_silence_changes_nothing(
    database: Database,
) -> None:
    host = sign_in(database)
    await host.by_token(signed())
    with statements_of(database) as seen:
        changed = await host.by_token(signed(name="Countess", email="C@Host.example"))
    assert (changed.name, changed.email) == ("Countess", "c@host.example")
    assert len(seen) == 2
    silent = await host.by_token(signed(name=None, email="no address"))
    assert (silent.name, silent.email) == ("Countess", "c@host.example")


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": None}, "ada@host.example"),
        ({"name": " ", "email": None}, "42"),
        ({"name": None, "email": None, "sub": "x" * 255}, "x" * 100),
    ],
)
async def test_whoever_has_no_name_is_called_by_what_is_known(
    database: Database, claims: dict[str, object], name: str
) -> None:
    assert (await sign_in(database).by_token(signed(**claims))).name == name


async def test_an_address_leads_to_nobodys_account_here(database: Database) -> None:
    ours = await somebody(database, "ada@host.example")
    caller = await sign_in(database).by_token(signed())
    assert caller.user_id != ours
    assert caller.email == "ada@host.example"


@pytest.mark.parametrize(
    "values",
    [
        {"suspended_at": START},
        {"deletion_requested_at": START},
        {"deleted_at": START},
        {"role": "admin"},
    ],
    ids=lambda values: next(iter(values)),
)
async def test_who_may_not_be_here_is_not_let_in_nor_made_again(
    database: Database, values: dict[str, object]
) -> None:
    host = sign_in(database)
    await change(database, await host.by_token(signed()), values)
    with pytest.raises(Unauthenticated):
        await host.by_token(signed(name="Another"))
    with pytest.raises(Forbidden):
        await host.arrive(ISSUER, "42")
    assert await rows(database) == (1, 1, 1)


async def test_after_a_deletion_the_same_name_is_somebody_new(database: Database) -> None:
    host = sign_in(database)
    before = await host.by_token(signed())
    tombstone = {"deleted_at": START, "issuer": None, "external_id": None, "email": None}
    await change(database, before, tombstone)
    after = await host.by_token(signed())
    assert after.user_id != before.user_id
    assert await rows(database) == (2, 2, 1)  # first credits are given once


async def test_a_service_may_name_a_user_before_they_come(database: Database) -> None:
    host = sign_in(database)
    user = await host.arrive(ISSUER, 42, name="Ada\n", email="ADA@host.example")
    assert await host.arrive(ISSUER, "42") == user
    caller = await host.by_token(signed(name=None, email=None))
    assert (caller.user_id, caller.name, caller.email) == (user, "Ada", "ada@host.example")
    assert await host.arrive("https://other.example", "42") != user


async def test_a_name_that_nobody_has_is_refused_with_its_path(database: Database) -> None:
    for name in ("", "a\x00b", "x" * 256):
        with pytest.raises(Invalid) as refused:
            await sign_in(database).arrive(ISSUER, name)
        assert refused.value.path == "$.externalId"


async def test_session_cookies_name_users_of_the_issuer_or_of_their_own(
    database: Database,
) -> None:
    cookies = {"next-auth.session-token": session()}
    caller = await sign_in(database).by_cookies(cookies)
    assert caller is not None
    assert (caller.credential_kind, caller.external_id) == ("authjs", "42")
    assert caller.user_id == (await sign_in(database).by_token(signed())).user_id
    alone = await sign_in(database, issuer="authjs").by_cookies(cookies)
    assert alone is not None
    assert alone.user_id == await sign_in(database).arrive("authjs", "42") != caller.user_id
    assert await sign_in(database).by_cookies({"theme": "dark"}) is None


async def test_where_nothing_is_trusted_nothing_is_believed(database: Database) -> None:
    nobody = HostSignIn(
        database,
        host_user_creator(Ledger(), CREDITS, "secret"),
        issuer=ISSUER,
        tokens=None,
        cookies=None,
    )
    assert (nobody.is_asked, sign_in(database).is_asked) == (False, True)
    with pytest.raises(Unauthenticated):
        await nobody.by_token(signed())
    assert await nobody.by_cookies({"next-auth.session-token": session()}) is None
