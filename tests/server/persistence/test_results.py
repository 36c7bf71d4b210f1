"""What a turn leaves is its outcome, and in a conversation an answer and sums."""

from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from server.domain.ids import MessageId, TurnId, new_id
from server.persistence import generations, messages, results
from server.persistence.conversations import ConversationRow, MessageRow
from server.persistence.database import Database
from server.persistence.generations import NewGeneration
from server.persistence.messages import Words
from server.persistence.results import Answer, Spent
from server.persistence.turns import NewTurn
from tests.billing.support import statements_of
from tests.server.persistence.test_turns import NOW, find, insert, new_turn, place

OUTCOME = {"type": "turn.completed", "seq": 7}


async def asked(database: Database) -> NewTurn:
    """A stored turn with its question."""
    turn = await new_turn(database)
    await insert(database, turn)
    words = Words(parent_id=None, text="?", parts=None, turn_id=TurnId(turn.id), at=NOW)
    async with database.transaction() as tx:
        assert await messages.go_on(
            tx,
            place(turn),
            turn.user_message_id,
            words=words,
            expected=None,
            checked=True,
            title="?",
        )
    return turn


def answer_to(turn: NewTurn) -> Answer:
    return Answer(
        id=turn.message_id,
        parent_id=turn.user_message_id,
        text="!",
        agent="assistant",
        model="demo/y",
        state="partial",
    )


async def conversation_of(database: Database, turn: NewTurn) -> Any:
    async with database.snapshot() as tx:
        query = select(ConversationRow.__table__).filter_by(id=turn.conversation_id)
        return (await tx.execute(query)).one()


async def store(database: Database, turn: NewTurn, **rest: Any) -> None:
    with statements_of(database) as seen:
        async with database.transaction() as tx:
            await results.store(tx, turn.id, seq=7, outcome=OUTCOME, at=NOW, **rest)
    assert len(seen) == 1


async def test_an_answer_becomes_the_tip_beside_the_outcome(database: Database) -> None:
    turn = await asked(database)
    spent = Spent(conversation_id=place(turn), cost_usd=5, charged=7)
    await store(database, turn, spent=spent, answer=answer_to(turn))
    found = await conversation_of(database, turn)
    assert (found.leaf_message_id, found.message_count) == (turn.message_id, 2)
    assert (found.cost_usd, found.charged) == (5, 7)
    async with database.snapshot() as tx:
        row = (await tx.execute(select(MessageRow.__table__).filter_by(id=turn.message_id))).one()
    assert (row.role, row.text, row.parent_id) == ("assistant", "!", turn.user_message_id)
    assert (row.agent, row.model, row.state) == ("assistant", "demo/y", "partial")
    assert (row.turn_id, row.created_at) == (turn.id, NOW)
    stored = await find(database, turn)
    assert (stored.outcome, stored.seq) == (OUTCOME, 7)


async def test_what_turns_cost_adds_up_also_where_nothing_was_said(database: Database) -> None:
    turn = await asked(database)
    for cost_usd, charged in ((5, 7), (1, 0)):
        spent = Spent(conversation_id=place(turn), cost_usd=cost_usd, charged=charged)
        await store(database, turn, spent=spent)
    found = await conversation_of(database, turn)
    assert (found.cost_usd, found.charged, found.message_count) == (6, 7, 1)
    assert found.leaf_message_id == turn.user_message_id


async def test_a_turn_without_a_conversation_leaves_its_outcome(database: Database) -> None:
    turn = await asked(database)
    await store(database, turn)
    assert (await find(database, turn)).outcome == OUTCOME
    assert (await conversation_of(database, turn)).message_count == 1


async def test_what_was_generated_is_kept_beside_the_outcome(database: Database) -> None:
    turn = await asked(database)
    async with database.transaction() as tx:
        new = NewGeneration(kind="caption", input={})
        await generations.insert(tx, turn.id, turn.user_id, new)
    await store(database, turn, answer=answer_to(turn))
    async with database.snapshot() as tx:
        kept = await generations.find(tx, turn.id, turn.user_id)
    assert kept is not None
    assert (kept.text, kept.outcome) == ("!", OUTCOME)


async def test_an_outcome_that_no_json_has_is_refused(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(ValueError, match="surrogates"):
            await results.store(tx, new_id(), seq=1, outcome={"text": "\ud800"}, at=NOW)


async def test_an_answer_has_its_question_or_is_not_written(database: Database) -> None:
    turn = await asked(database)
    spent = Spent(conversation_id=place(turn), cost_usd=5, charged=7)
    answer = structs.replace(answer_to(turn), parent_id=MessageId(new_id()))
    with pytest.raises(IntegrityError):
        await store(database, turn, spent=spent, answer=answer)
    assert (await find(database, turn)).outcome is None
