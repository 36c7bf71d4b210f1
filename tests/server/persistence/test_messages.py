"""Branches are read from the leaf up, as far as they are needed; tips move under a guard."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from msgspec import to_builtins
from sqlalchemy import insert, select, update
from sqlalchemy.exc import PendingRollbackError

from server.domain.content import Role
from server.domain.errors import Conflict
from server.domain.ids import MessageId, TurnId, new_id
from server.domain.parts import SaidFile, SaidImage, SaidPart, SaidText
from server.persistence import messages
from server.persistence.conversations import NEW_TITLE, ConversationRow, MessageRow
from server.persistence.database import Database
from server.persistence.messages import Words
from server.persistence.users import UserRow
from tests.billing.support import make_user


async def conversation(database: Database) -> tuple[UUID, UUID]:
    """A new one, and its user."""
    user, _ = await make_user(database)
    id_ = new_id()
    async with database.transaction() as tx:
        workspace = await tx.scalar(select(UserRow.workspace_id).where(UserRow.id == user))
        assert workspace is not None
        for title in ("first", "again"):  # the second changes nothing
            await messages.add_conversation(tx, id=id_, user=user, workspace=workspace, title=title)
    return id_, user


async def say(
    database: Database,
    place: UUID,
    text: str,
    parent: UUID | None,
    role: str = "user",
    parts: list[Any] | None = None,
) -> UUID:
    id_ = new_id()
    async with database.transaction() as tx:
        await tx.execute(
            insert(MessageRow).values(
                id=id_,
                conversation_id=place,
                parent_id=parent,
                role=role,
                text=text,
                parts=parts,
                turn_id=new_id(),
                state="complete",
            )
        )
    return id_


async def row(database: Database, place: UUID) -> Any:
    async with database.snapshot() as tx:
        return (
            await tx.execute(select(ConversationRow.__table__).where(ConversationRow.id == place))
        ).one()


async def test_a_branch_is_its_own_line_oldest_first(database: Database) -> None:
    place, _ = await conversation(database)
    root = await say(database, place, "one", None)
    left = await say(database, place, "left", root, "assistant")
    right = await say(database, place, "right", root, "assistant")
    leaf = await say(database, place, "three", left)
    async with database.snapshot() as tx:
        said = (await messages.branch(tx, leaf, characters=1_000, messages=10)).said
        assert [one.text for one in said] == ["one", "left", "three"]
        assert said[1].role is Role.ASSISTANT
        other = (await messages.branch(tx, right, characters=1_000, messages=10)).said
        assert [one.text for one in other] == ["one", "right"]
        nothing = await messages.branch(tx, new_id(), characters=1_000, messages=10)
        assert (nothing.said, nothing.above) == ([], None)


async def test_what_was_sent_along_comes_with_the_message(database: Database) -> None:
    place, _ = await conversation(database)
    sent: list[SaidPart] = [
        SaidText(text="one"),
        SaidImage(
            media_id=new_id(), name="c.png", media_type="image/png", bytes=9, width=4, height=3
        ),
        SaidFile(media_id=new_id(), name="n.md", media_type="text/plain", bytes=7),
    ]
    root = await say(database, place, "one", None, parts=to_builtins(sent))
    leaf = await say(database, place, "two", root, "assistant")
    async with database.snapshot() as tx:
        first, second = (await messages.branch(tx, leaf, characters=1_000, messages=10)).said
    assert (first.text, first.parts, first.media) == ("one", sent, sent[1:])
    assert (second.parts, second.media) == (None, [])


async def test_climbing_stops_once_enough_is_read(database: Database) -> None:
    place, _ = await conversation(database)
    leaf: UUID | None = None
    for index in range(10):
        leaf = await say(database, place, f"{index}" * 10, leaf)
    assert leaf is not None
    async with database.snapshot() as tx:
        by_count = (await messages.branch(tx, leaf, characters=1_000, messages=3)).said
        by_size = (await messages.branch(tx, leaf, characters=35, messages=100)).said
    assert [one.text[0] for one in by_count] == ["7", "8", "9"]
    # The message that reaches the limit is read: what is cut is cut by whoever counts tokens.
    assert [one.text[0] for one in by_size] == ["6", "7", "8", "9"]


async def test_a_place_is_its_owner_s_and_gone_when_deleted(database: Database) -> None:
    place, user = await conversation(database)
    message = await say(database, place, "x", None)
    async with database.transaction() as tx:
        found = await messages.find_place(tx, place, user)
        assert found is not None
        assert found.leaf_message_id is None
        assert await messages.find_place(tx, place, new_id()) is None
        link = await messages.find_link(tx, place, message)
        assert link is not None
        assert (link.parent_id, link.role) == (None, Role.USER)
        assert await messages.find_link(tx, new_id(), message) is None
        await tx.execute(update(ConversationRow).values(deleted_at=ConversationRow.created_at))
        assert await messages.find_place(tx, place, user) is None
        assert not await go_on(tx, place, message)


go_on = partial(messages.go_on, words=None, expected=None, checked=False, title="x")


async def test_a_tip_moves_only_from_where_it_was_expected(database: Database) -> None:
    place, _ = await conversation(database)
    first, second = await say(database, place, "a", None), await say(database, place, "b", None)
    async with database.transaction() as tx:
        assert await go_on(tx, place, first, checked=True)
        assert not await go_on(tx, place, second, checked=True)
        assert await go_on(tx, place, second, expected=first, checked=True)
        assert await go_on(tx, place, first)
    found = await row(database, place)
    assert (found.leaf_message_id, found.message_count, found.title) == (first, 0, "first")


async def test_what_a_user_says_becomes_the_tip(database: Database) -> None:
    place, _ = await conversation(database)
    first, second, at = MessageId(new_id()), MessageId(new_id()), datetime(2026, 3, 1, tzinfo=UTC)
    parts: list[SaidPart] = [SaidText(text="two")]
    one = Words(parent_id=None, text="one", parts=None, turn_id=TurnId(new_id()), at=at)
    two = Words(parent_id=first, text="two", parts=parts, turn_id=TurnId(new_id()), at=at)
    async with database.transaction() as tx:
        assert await go_on(tx, place, first, words=one, checked=True)
        assert await go_on(tx, place, second, words=two, expected=first, checked=True)
        said = (await messages.branch(tx, second, characters=1_000, messages=10)).said
        stored = (await tx.execute(select(MessageRow.__table__).filter_by(id=second))).one()
    assert [(one.text, one.parts) for one in said] == [("one", None), ("two", parts)]
    assert (stored.created_at, stored.turn_id, stored.state) == (at, two.turn_id, "complete")
    found = await row(database, place)
    assert (found.leaf_message_id, found.message_count) == (second, 2)


async def test_what_follows_a_message_deleted_meanwhile_is_a_conflict(database: Database) -> None:
    place, _ = await conversation(database)
    gone, at = MessageId(new_id()), datetime.now(UTC)
    words = Words(parent_id=gone, text="x", parts=None, turn_id=TurnId(new_id()), at=at)
    for said in (words, None):
        with pytest.raises(Conflict):
            async with database.transaction() as tx:
                await go_on(tx, place, new_id(), words=said)
    with pytest.raises(PendingRollbackError):
        async with database.transaction() as tx:
            # Whoever continues the tip looks for the new one, in another transaction.
            assert not await go_on(tx, place, new_id(), words=words, checked=True)


async def test_who_named_nothing_gets_the_first_message_as_a_title(database: Database) -> None:
    place, _ = await conversation(database)
    async with database.transaction() as tx:
        await tx.execute(update(ConversationRow).values(title=NEW_TITLE))
        for title in ("What was asked first", "What was asked next"):
            words = Words(
                parent_id=None,
                text=title,
                parts=None,
                turn_id=TurnId(new_id()),
                at=datetime.now(UTC),
            )
            assert await go_on(tx, place, new_id(), words=words, title=title)
    assert (await row(database, place)).title == "What was asked first"
