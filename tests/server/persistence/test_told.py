"""What a user was told is known by its key."""

from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.domain.notices import Notice
from server.persistence.database import Database
from server.persistence.notices import announce
from server.persistence.told import told_of
from tests.server.accounts.people import somebody


async def test_keys_are_one_s_own(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        for user, key in ((ada, "a"), (ada, "b"), (bob, "c")):
            await announce(
                tx, user, Notice.QUOTA_THRESHOLD, {}, id=new_id(), key=key, now=utc_now()
            )
        assert await told_of(tx, ada, ["a", "c", "d"]) == {"a"}
        assert await told_of(tx, ada, []) == set()
