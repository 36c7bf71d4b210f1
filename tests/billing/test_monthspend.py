"""What users have spent of a month, many at once."""

from datetime import date

from sqlalchemy import insert

from billing.monthspend import spent_by
from billing.tables import QuotaRow
from server.persistence.database import Database
from tests.billing.support import MONTH, make_user


async def test_only_that_month_of_those_users_counts(database: Database) -> None:
    users = [(await make_user(database))[0] for _ in range(3)]
    rows = [(users[0], MONTH, 5), (users[0], date(2020, 1, 1), 7), (users[2], MONTH, 9)]
    async with database.transaction() as tx:
        await tx.execute(
            insert(QuotaRow),
            [{"user_id": user, "month": month, "spent": spent} for user, month, spent in rows],
        )
    async with database.snapshot() as tx:
        assert await spent_by(tx, users[:2], MONTH) == {users[0]: 5}
        assert await spent_by(tx, [], MONTH) == {}
