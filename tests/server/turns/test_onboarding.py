"""A new user has everything that belongs to one, or nothing."""

import pytest
from msgspec import structs
from sqlalchemy import select, update

from billing.tables import AccountRow, TransferRow
from server.accounts.access import own_account
from server.accounts.provisioning import NewPerson
from server.domain.errors import Conflict, ServiceUnavailable
from server.domain.ids import UserId, WorkspaceId, new_id
from server.domain.money import MicroCredits
from server.persistence import workspaces
from server.persistence.database import Database, Tx
from server.persistence.hostusers import NewHostUser
from server.persistence.users import UserRow
from server.turns.onboarding import Welcome, create_user, host_user_creator
from tests.server.turns.scene import count, one
from tests.support.turns import Harness


def newcomer(email: str) -> NewPerson:
    return NewPerson(
        user_id=UserId(new_id()), workspace_id=WorkspaceId(new_id()), email=email, name="Ada"
    )


@pytest.mark.parametrize("credits", [0, 1_000_000])
async def test_a_new_user_has_an_account_with_first_credits(
    turns: Harness, database: Database, credits: int
) -> None:
    person, welcome = (
        newcomer("ada@example.com"),
        Welcome(credits=MicroCredits(credits), transfer_id=new_id()),
    )
    async with database.transaction() as tx:
        await create_user(tx, turns.process.services.ledger, person, welcome)
    account = await one(
        database, select(AccountRow.balance).where(AccountRow.id == own_account(person.user_id))
    )
    assert account.balance == credits
    assert await count(database, TransferRow) == (1 if credits else 0)


async def test_a_taken_address_leaves_nothing_behind(turns: Harness, database: Database) -> None:
    welcome = Welcome(credits=MicroCredits(5), transfer_id=new_id())
    ledger = turns.process.services.ledger
    async with database.transaction() as tx:
        await create_user(tx, ledger, newcomer("ada@example.com"), welcome)
    again = Welcome(credits=MicroCredits(5), transfer_id=new_id())
    with pytest.raises(Conflict):
        async with database.transaction() as tx:
            await create_user(tx, ledger, newcomer("ada@example.com"), again)
    assert await count(database, AccountRow) == 1
    assert await count(database, TransferRow) == 1


async def test_a_hosts_user_is_made_once_however_often_it_is_tried(
    turns: Harness, database: Database
) -> None:
    user = NewHostUser(
        id=new_id(),
        workspace_id=new_id(),
        issuer="https://host.example",
        external_id="42",
        name="Ada",
        email=None,
        role="user",
    )
    creator = host_user_creator(turns.process.services.ledger, MicroCredits(5), "secret")
    create, late = creator(user), creator(structs.replace(user, id=new_id(), workspace_id=new_id()))

    async def lost(tx: Tx) -> None:
        await create(tx)
        raise ConnectionError

    with pytest.raises(ServiceUnavailable):
        await database.run(lost)
    assert await database.run(create)
    assert not await database.run(create)  # its commit was not heard of
    assert not await database.run(late)
    assert await count(database, TransferRow) == 1
    async with database.snapshot() as tx:
        owned = await workspaces.find(tx, user.workspace_id, user.id)
        balance = await tx.scalar(select(AccountRow.balance))
    assert owned is not None
    assert (owned.name, owned.personal, balance) == ("Ada", True, 5)


async def test_whoever_is_made_again_had_their_first_credits(
    turns: Harness, database: Database
) -> None:
    ledger = turns.process.services.ledger
    creator = host_user_creator(ledger, MicroCredits(5), "secret")
    for external_id in ("42", "42", "43"):
        user = NewHostUser(
            id=new_id(),
            workspace_id=new_id(),
            issuer="host",
            external_id=external_id,
            name="Ada",
            email=None,
            role="user",
        )
        assert await database.run(creator(user))
        async with database.transaction() as tx:
            gone = {"issuer": None, "external_id": None}
            await tx.execute(update(UserRow).where(UserRow.id == user.id).values(**gone))
    async with database.snapshot() as tx:
        balances = (await tx.scalars(select(AccountRow.balance).order_by(AccountRow.id))).all()
        keys = (await tx.scalars(select(TransferRow.key))).all()
    assert list(balances) == [5, 0, 5]
    assert not [key for key in keys if "host" in str(key)]  # nor does it say who had them
