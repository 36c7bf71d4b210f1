"""Who signs in by a password, and how it is replaced without leaving a door open."""

import asyncio

import pytest
from sqlalchemy import update

from server.domain.ids import new_id
from server.persistence import logins
from server.persistence.database import Database
from server.persistence.users import UserRow
from tests.server.accounts.people import START, somebody

EMAIL = "ada@example.com"


async def test_a_login_is_found_by_address_and_by_id(database: Database) -> None:
    user = await somebody(database, plan="pro", password_hash="hash")
    async with database.transaction() as tx:
        found = await logins.find_by_email(tx, EMAIL)
        assert found is not None
        assert (found.user_id, found.password_hash, found.plan) == (user, "hash", "pro")
        assert not found.is_barred
        assert await logins.find(tx, user) == await logins.hold(tx, user) == found
        assert await logins.find_by_email(tx, "bob@example.com") is None
        assert await logins.find(tx, new_id()) is None


@pytest.mark.parametrize("column", ["suspended_at", "deletion_requested_at"])
async def test_who_is_suspended_or_leaving_is_barred(database: Database, column: str) -> None:
    await somebody(database)
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values({column: START}))
        found = await logins.find_by_email(tx, EMAIL)
    assert found is not None
    assert found.is_barred


async def test_the_deleted_and_other_issuers_users_have_no_address_here(
    database: Database,
) -> None:
    user = await somebody(database)
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(issuer="https://host.example", external_id="42"))
        assert await logins.find_by_email(tx, EMAIL) is None
        assert await logins.find(tx, user) is not None
        await tx.execute(update(UserRow).values(deleted_at=START))
        assert await logins.find(tx, user) is None


async def test_a_password_is_replaced_only_instead_of_the_one_that_was_seen(
    database: Database,
) -> None:
    user = await somebody(database)
    async with database.transaction() as tx:
        assert await logins.set_password(tx, user, "first", instead_of=None)
        assert not await logins.set_password(tx, user, "second", instead_of=None)
        assert await logins.set_password(tx, user, "second", instead_of="first")
        assert (found := await logins.find(tx, user)) is not None
        assert found.password_hash == "second"


async def test_whoever_signs_in_while_the_password_changes_sees_the_new_one(
    database: Database,
) -> None:
    user = await somebody(database, password_hash="old")

    async def held() -> str | None:
        async with database.transaction() as tx:
            found = await logins.hold(tx, user)
            return None if found is None else found.password_hash

    async with database.transaction() as tx:
        assert await logins.set_password(tx, user, "new", instead_of="old")
        signing_in = asyncio.create_task(held())
        done, _ = await asyncio.wait({signing_in}, timeout=0.2)
        assert not done
    assert await signing_in == "new"
