"""Conversations: paged without a gap, branches read upwards, siblings named."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import insert, update

from server.domain.ids import UserId, new_id
from server.persistence import conversations
from server.persistence.conversations import ConversationRow, MessageRow, Position
from server.persistence.database import Database, Tx
from tests.server.accounts.people import START, person, somebody


async def owner(database: Database, email: str = "ada@example.com") -> tuple[UserId, UUID]:
    workspace = person().workspace_id
    return await somebody(database, email, workspace_id=workspace), workspace


async def conversation(tx: Tx, user: UserId, workspace: UUID, title: str = "x") -> UUID:
    made = await conversations.insert_conversation(
        tx, new_id(), user, workspace, title=title, agent=None, model=None, preset=None
    )
    return made.id


async def message(tx: Tx, where: UUID, parent: UUID | None, text: str = "") -> UUID:
    made = new_id()
    await tx.execute(
        insert(MessageRow).values(
            id=made,
            conversation_id=where,
            parent_id=parent,
            role="user",
            text=text,
            parts=None,
            agent=None,
            model=None,
            turn_id=new_id(),
            state="complete",
        )
    )
    return made


async def test_pages_follow_each_other_also_among_equal_moments(database: Database) -> None:
    user, workspace = await owner(database)
    async with database.transaction() as tx:
        made = [await conversation(tx, user, workspace) for _ in range(5)]
        await tx.execute(update(ConversationRow).values(updated_at=START))
        newest = START + timedelta(seconds=1)
        await tx.execute(
            update(ConversationRow).where(ConversationRow.id == made[0]).values(updated_at=newest)
        )
        seen: list[UUID] = []
        after: Position | None = None
        while page := await conversations.list_conversations(
            tx, user, search=None, after=after, limit=2
        ):
            seen += [item.id for item in page]
            after = Position(page[-1].updated_at, page[-1].id)
        assert seen == [made[0], *made[:0:-1]]


async def test_only_the_owner_finds_renames_and_removes(database: Database) -> None:
    user, workspace = await owner(database)
    other, _ = await owner(database, "bob@example.com")
    async with database.transaction() as tx:
        made = await conversation(tx, user, workspace)
        assert await conversations.find(tx, made, other) is None
        assert await conversations.rename(tx, made, other, "y") is None
        assert not await conversations.remove(tx, made, other, START)
        renamed = await conversations.rename(tx, made, user, "y")
        assert renamed is not None
        assert renamed.title == "y"
        assert await conversations.remove(tx, made, user, START)
        assert await conversations.find(tx, made, user) is None
        assert await conversations.rename(tx, made, user, "z") is None
        assert not await conversations.remove(tx, made, user, START)


async def test_search_takes_wildcards_and_case_literally_and_not(database: Database) -> None:
    user, workspace = await owner(database)
    async with database.transaction() as tx:
        await conversation(tx, user, workspace, "About QUOKKAS")
        said = await conversation(tx, user, workspace, "Other")
        await message(tx, said, None, "100% quokka\\_fan")

        async def found(text: str) -> int:
            return len(
                await conversations.list_conversations(tx, user, search=text, after=None, limit=10)
            )

        assert [await found(text) for text in ("quokka", "100%", "\\_", "1%k", "q_okka")] == [
            2,
            1,
            1,
            0,
            0,
        ]
