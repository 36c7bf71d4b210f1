"""A summary belongs to the message it reaches down to, and goes with it."""

from uuid import UUID

from sqlalchemy import delete, insert

from server.domain.content import Role
from server.domain.ids import MessageId, new_id
from server.persistence import summaries
from server.persistence.conversations import MessageRow
from server.persistence.database import Database
from server.persistence.messages import Said
from server.persistence.summaries import FEWEST
from tests.server.persistence.test_turns import new_turn, place


async def branch(database: Database, length: int) -> list[UUID]:
    """Messages below each other, oldest first."""
    turn = await new_turn(database)
    ids = [new_id() for _ in range(length)]
    async with database.transaction() as tx:
        for at, message in enumerate(ids):
            await tx.execute(
                insert(MessageRow).values(
                    id=message,
                    conversation_id=place(turn),
                    parent_id=ids[at - 1] if at else None,
                    role="user",
                    text="x",
                    turn_id=turn.id,
                    state="complete",
                )
            )
    return ids


async def test_the_summary_that_reaches_furthest_is_found(database: Database) -> None:
    ids = await branch(database, 5)
    async with database.transaction() as tx:
        assert await summaries.among(tx, ids) == {}
        assert await summaries.add(tx, ids[1], "two")
        assert await summaries.add(tx, ids[3], "four")
    async with database.snapshot() as tx:
        found = await summaries.among(tx, ids)
        assert await summaries.among(tx, ids[: FEWEST - 1]) == {}
    assert found == {ids[1]: "two", ids[3]: "four"}
    said = [Said(id=MessageId(id), role=Role.USER, text="x") for id in ids]
    assert summaries.newest(said, found) == "four"
    assert summaries.newest(said[:3], found) == "two"
    assert summaries.newest(said[:1], found) is None


async def test_one_is_written_once_and_goes_with_its_message(database: Database) -> None:
    ids = await branch(database, 1)
    async with database.transaction() as tx:
        assert await summaries.add(tx, ids[0], "first")
        assert not await summaries.add(tx, ids[0], "second")
        await tx.execute(delete(MessageRow).where(MessageRow.id == ids[0]))
        assert await summaries.among(tx, ids) == {}
