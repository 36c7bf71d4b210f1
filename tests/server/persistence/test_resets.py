"""Mailed secrets are good for one user, for a time, and all at once no more."""

from datetime import timedelta

from server.domain.ids import new_id
from server.persistence import resets
from server.persistence.database import Database
from tests.server.accounts.people import START, somebody

HOUR = timedelta(hours=1)


async def test_a_secret_leads_to_its_user_until_it_expires(database: Database) -> None:
    user = await somebody(database)
    async with database.transaction() as tx:
        await resets.insert_reset(tx, new_id(), user, b"secret", START + HOUR)
        assert await resets.find_user(tx, b"secret", START) == user
        assert await resets.find_user(tx, b"secret", START + HOUR) is None
        assert await resets.find_user(tx, b"another", START) is None


async def test_all_of_a_user_are_withdrawn_and_those_that_were_good_are_named(
    database: Database,
) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        await resets.insert_reset(tx, new_id(), ada, b"first", START + HOUR)
        await resets.insert_reset(tx, new_id(), ada, b"second", START + HOUR)
        await resets.insert_reset(tx, new_id(), ada, b"expired", START)
        await resets.insert_reset(tx, new_id(), bob, b"other", START + HOUR)
        assert await resets.withdraw_all(tx, ada, START) == {b"first", b"second"}
        assert await resets.withdraw_all(tx, ada, START) == frozenset()
        assert await resets.find_user(tx, b"other", START) == bob
