"""Where a turn continues: at the tip, at a message, at the root; and where one may not."""

from typing import Any

import pytest
from sqlalchemy import select

from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.ids import new_id
from server.persistence.conversations import MessageRow
from server.persistence.database import Database
from server.protocol.commands import StartTurnBody
from tests.support.turns import Harness


async def regenerate(turns: Harness, caller: Any, conversation: Any, message: Any) -> Any:
    started = await turns.engine.start(
        caller,
        StartTurnBody(
            client_message_id=new_id(), regenerate_of=message, conversation_id=conversation
        ),
        address="::1",
        correlation_id="test",
    )
    await turns.end(started.cursor)
    return started.event


async def test_a_conversation_goes_on_where_it_was(turns: Harness, database: Database) -> None:
    caller = await turns.person()
    first = await turns.say(caller, "One")
    await turns.end(first.cursor)
    second = await turns.say(caller, "Two", conversation_id=first.event.conversation_id)
    await turns.end(second.cursor)
    async with database.snapshot() as tx:
        rows = await tx.execute(select(MessageRow.id, MessageRow.parent_id))
        parents = {row.id: row.parent_id for row in rows}
    assert parents[second.event.user_message_id] == first.event.message_id
    assert parents[second.event.message_id] == second.event.user_message_id


async def test_one_turn_runs_on_a_tip_and_a_second_is_a_conflict(turns: Harness) -> None:
    caller = await turns.person()
    before = await turns.say(caller, "x")
    await turns.end(before.cursor)
    conversation = before.event.conversation_id
    first = await turns.say(caller, "[demo: slow] x", conversation_id=conversation)
    for parent in (
        {},
        {"parent_id": first.event.user_message_id},
        {"parent_id": first.event.message_id},
        {"parent_id": before.event.message_id},
    ):
        with pytest.raises(Conflict):
            await turns.say(caller, "y", conversation_id=conversation, **parent)
    elsewhere = await turns.say(caller, "y", conversation_id=conversation, parent_id=None)
    assert not elsewhere.existing


async def test_editing_and_regenerating_make_branches(turns: Harness, database: Database) -> None:
    caller = await turns.person()
    first = await turns.say(caller, "One")
    await turns.end(first.cursor)
    conversation = first.event.conversation_id
    edited = await turns.say(caller, "Uno", conversation_id=conversation, parent_id=None)
    await turns.end(edited.cursor)
    again = await regenerate(turns, caller, conversation, first.event.message_id)
    assert again.user_message_id == first.event.user_message_id
    async with database.snapshot() as tx:
        rows = (await tx.execute(select(MessageRow.parent_id, MessageRow.role))).all()
    assert [row.role for row in rows].count("user") == 2
    answers = [row.parent_id for row in rows if row.role == "assistant"]
    assert answers.count(first.event.user_message_id) == 2
    assert [row.parent_id for row in rows].count(None) == 2


async def test_a_question_that_got_no_answer_is_answered_again(turns: Harness) -> None:
    caller = await turns.person()
    failed = await turns.say(caller, "[demo: fail] x")
    await turns.end(failed.cursor)
    event = await regenerate(
        turns, caller, failed.event.conversation_id, failed.event.user_message_id
    )
    assert event.user_message_id == failed.event.user_message_id


async def test_places_that_do_not_exist_are_refused_by_their_path(turns: Harness) -> None:
    caller = await turns.person()
    mine, other = await turns.say(caller, "x"), await turns.say(caller, "y")
    for started in (mine, other):
        await turns.end(started.cursor)
    conversation, elsewhere = mine.event.conversation_id, other.event.message_id
    for fields, error, path in (
        ({"conversation_id": new_id()}, NotFound, "$.conversationId"),
        ({"parent_id": new_id()}, Invalid, "$.parentId"),
        ({"conversation_id": conversation, "parent_id": elsewhere}, NotFound, "$.parentId"),
    ):
        with pytest.raises(error) as refused:
            await turns.say(caller, "x", **fields)
        assert refused.value.path == path
    with pytest.raises(NotFound) as missing:
        await regenerate(turns, caller, conversation, elsewhere)
    assert missing.value.path == "$.regenerateOf"
    with pytest.raises(NotFound):
        await turns.say(await turns.person(), "x", conversation_id=conversation)
