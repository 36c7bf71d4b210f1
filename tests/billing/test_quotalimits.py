"""A limit that has changed stands with the month at once, and says what was used by then."""

from sqlalchemy import select

from billing.ledger import Ledger
from billing.quotalimits import Used, change_limit
from billing.tables import QuotaRow
from server.domain.money import NanoUsd
from server.persistence.database import Database
from tests.billing.support import CREDIT, MONTH, claim_for, make_user


async def test_it_changes_the_month_that_is_there_and_makes_none(database: Database) -> None:
    user, account = await make_user(database, credits=10 * CREDIT)
    async with database.transaction() as tx:
        assert await change_limit(tx, user, MONTH, NanoUsd(5)) == Used(NanoUsd(0), NanoUsd(0))
        await Ledger().hold(tx, claim_for(user, account, CREDIT, usd=7, limit=50))
        assert await change_limit(tx, user, MONTH, NanoUsd(5)) == Used(NanoUsd(0), NanoUsd(7))
    async with database.snapshot() as tx:
        assert list(await tx.scalars(select(QuotaRow.limit_usd))) == [5]
    async with database.transaction() as tx:
        await change_limit(tx, user, MONTH, None)
        assert await tx.scalar(select(QuotaRow.limit_usd)) is None
