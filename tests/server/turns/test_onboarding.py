"""A new user comes with an account and first credits, all of it or nothing."""

import pytest
from sqlalchemy import func, select

from billing.ledger import Ledger
from billing.tables import AccountRow, TransferRow
from server.accounts.provisioning import NewPerson
from server.domain.errors import Conflict
from server.domain.ids import new_id
from server.domain.money import MicroCredits
from server.persistence.database import Database
from server.turns.onboarding import Welcome, create_user
from tests.server.accounts.people import person


async def test_a_user_starts_with_the_first_credits_once(database: Database) -> None:
    ada = person()
    welcome = Welcome(credits=MicroCredits(5_000_000), transfer_id=new_id())

    async def make(who: NewPerson, gift: Welcome) -> None:
        async with database.transaction() as tx:
            await create_user(tx, Ledger(), who, gift)

    await make(ada, welcome)
    with pytest.raises(Conflict):
        await make(person(), Welcome(credits=MicroCredits(5_000_000), transfer_id=new_id()))
    async with database.snapshot() as tx:
        (account,) = (await tx.execute(select(AccountRow.__table__))).all()
        (transfer,) = (await tx.execute(select(TransferRow.__table__))).all()
    assert (account.id, account.owner_id, account.balance) == (ada.user_id, ada.user_id, 5_000_000)
    assert (transfer.key, transfer.amount) == (f"signup:{ada.user_id}", 5_000_000)


async def test_without_first_credits_there_is_an_empty_account(database: Database) -> None:
    welcome = Welcome(credits=MicroCredits(0), transfer_id=new_id())
    async with database.transaction() as tx:
        await create_user(tx, Ledger(), person(), welcome)
        assert await tx.scalar(select(AccountRow.balance)) == 0
        assert await tx.scalar(select(func.count()).select_from(TransferRow)) == 0
