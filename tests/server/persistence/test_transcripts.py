"""A branch is read from its beginning, and only within its conversation."""

from server.persistence.database import Database
from server.persistence.transcripts import branch_ids
from tests.server.persistence.test_conversations import conversation, message, owner


async def test_a_branch_is_told_from_its_beginning(database: Database) -> None:
    user, workspace = await owner(database)
    async with database.transaction() as tx:
        where = await conversation(tx, user, workspace)
        elsewhere = await conversation(tx, user, workspace)
        first = await message(tx, where, None, "one")
        second = await message(tx, where, first, "two")
        await message(tx, where, first, "two, otherwise")
    async with database.snapshot() as tx:
        assert await branch_ids(tx, where, second) == [first, second]
        assert await branch_ids(tx, elsewhere, second) == []
