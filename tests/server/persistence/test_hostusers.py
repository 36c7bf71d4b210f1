"""A host's user is found by issuer and name, once, whatever became of them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from server.domain.ids import new_id
from server.persistence import hostusers
from server.persistence.database import Database
from server.persistence.hostusers import NewHostUser
from server.persistence.users import UserRow
from tests.server.accounts.people import somebody

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def newcomer(external_id: str = "42", issuer: str = "host") -> NewHostUser:
    return NewHostUser(
        id=new_id(),
        workspace_id=new_id(),
        issuer=issuer,
        external_id=external_id,
        name="Ada",
        email="ada@example.com",
        role="user",
    )


async def test_a_name_is_given_once_an_issuer(database: Database) -> None:
    first, second, elsewhere = newcomer(), newcomer(), newcomer(issuer="other")
    async with database.transaction() as tx:
        assert await hostusers.insert_user(tx, first)
        assert not await hostusers.insert_user(tx, second)
        assert await hostusers.insert_user(tx, elsewhere)
    async with database.glances() as tx:
        found = await hostusers.find(tx, "host", "42")
        assert found is not None
        assert (found.id, found.name, found.is_barred) == (first.id, "Ada", False)
        assert await hostusers.find(tx, "host", "43") is None
        assert await hostusers.find(tx, "Host", "42") is None


async def test_their_address_may_be_that_of_somebody_here(database: Database) -> None:
    await somebody(database, "ada@example.com")
    async with database.transaction() as tx:
        assert await hostusers.insert_user(tx, newcomer("1"))
        assert await hostusers.insert_user(tx, newcomer("2"))


@pytest.mark.parametrize(
    "change",
    [
        {"suspended_at": NOW},
        {"deletion_requested_at": NOW},
        {"deleted_at": NOW},
        {"role": "admin"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_who_may_not_be_here_is_barred(database: Database, change: dict[str, object]) -> None:
    user = newcomer()
    async with database.transaction() as tx:
        await hostusers.insert_user(tx, user)
        await tx.execute(update(UserRow).where(UserRow.id == user.id).values(**change))
        found = await hostusers.find(tx, "host", "42")
    assert found is not None
    assert found.is_barred


async def test_they_are_described_anew(database: Database) -> None:
    user, other = newcomer(), newcomer("43")
    async with database.transaction() as tx:
        await hostusers.insert_user(tx, user)
        await hostusers.insert_user(tx, other)
        await hostusers.describe(tx, user.id, "Countess", None)
        found = await hostusers.find(tx, "host", "42")
        left = await hostusers.find(tx, "host", "43")
    assert found is not None
    assert left is not None
    assert (found.name, found.email) == ("Countess", None)
    assert (left.name, left.email) == ("Ada", "ada@example.com")


@pytest.mark.parametrize("when", ["deletion_requested_at", "deleted_at"])
async def test_nothing_is_put_back_where_it_was_deleted(database: Database, when: str) -> None:
    user = newcomer()
    async with database.transaction() as tx:
        await hostusers.insert_user(tx, user)
        gone = {when: NOW, "name": "", "email": None}
        await tx.execute(update(UserRow).where(UserRow.id == user.id).values(**gone))
        await hostusers.describe(tx, user.id, "Ada", "ada@example.com")
        found = await hostusers.find(tx, "host", "42")
    assert found is not None
    assert (found.name, found.email) == ("", None)
