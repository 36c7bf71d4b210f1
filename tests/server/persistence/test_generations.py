"""What was generated is one's own: listed newest first, found by what was asked, and forgotten."""

from typing import Any
from uuid import UUID

from msgspec import structs

from server.domain.ids import MessageId, TurnId, new_id
from server.domain.turn import TurnState
from server.persistence import generations, results, turns
from server.persistence.database import Database
from server.persistence.generations import Generation, NewGeneration
from server.persistence.results import Answer
from server.persistence.turns import NewTurn
from tests.server.persistence.test_turns import NOW, insert, new_turn

OUTCOME = {"type": "turn.completed", "seq": 7, "result": {"secret": "words"}}


async def generated(
    database: Database,
    turn: NewTurn | None = None,
    *,
    kind: str = "caption",
    outcome: dict[str, Any] | None = OUTCOME,
    **asked: Any,
) -> NewTurn:
    """One of the user of ``turn``, or of somebody new; ended, where it has an outcome."""
    before = turn or await new_turn(database)
    made = structs.replace(
        before,
        id=TurnId(new_id()),
        conversation_id=None,
        client_message_id=None,
        tip_id=MessageId(new_id()),
        message_id=MessageId(new_id()),
    )
    await insert(database, made)
    new = NewGeneration(kind=kind, input=asked, params={"temperature": 0.5}, insights=(made.id,))
    async with database.transaction() as tx:
        await generations.insert(tx, made.id, made.user_id, new)
        if outcome is not None:
            await turns.end(tx, made.id, 1, TurnState.COMPLETED, NOW)
            answer = Answer(
                id=made.message_id,
                parent_id=made.user_message_id,
                text="words",
                agent="content",
                model="demo/x",
                state="complete",
            )
            await results.store(tx, made.id, seq=7, outcome=outcome, answer=answer, at=NOW)
    return made


async def listed(
    database: Database, user: UUID, *, kind: str | None = None, before: UUID | None = None
) -> list[UUID]:
    async with database.snapshot() as tx:
        found = await generations.list_generations(tx, user, kind=kind, before=before, limit=2)
    return [one.id for one in found]


async def found(database: Database, generation: UUID, user: UUID) -> Generation | None:
    async with database.snapshot() as tx:
        return await generations.find(tx, generation, user)


async def test_one_holds_the_question_and_its_turn_s_answer(database: Database) -> None:
    turn = await generated(database, platform="tiktok")
    one = await found(database, turn.id, turn.user_id)
    assert one is not None
    assert (one.kind, one.input, one.params) == (
        "caption",
        {"platform": "tiktok"},
        {"temperature": 0.5},
    )
    assert (one.insights, one.text, one.outcome) == ((turn.id,), "words", OUTCOME)
    assert (one.state, one.agent, one.model) == ("completed", turn.agent, turn.model)
    assert await found(database, turn.id, new_id()) is None


async def test_they_are_listed_newest_first_and_by_kind(database: Database) -> None:
    first = await generated(database)
    second = await generated(database, first, kind="analysis")
    third = await generated(database, first)
    await generated(database)
    user = first.user_id
    assert await listed(database, user) == [third.id, second.id]
    assert await listed(database, user, before=second.id) == [first.id]
    assert await listed(database, user, kind="caption") == [third.id, first.id]


async def test_the_newest_is_one_that_was_completed_and_asked_for_that(database: Database) -> None:
    first = await generated(database, kind="analysis", account="a", period="week")
    await generated(database, first, kind="analysis", account="b", period="week")
    await generated(database, first, kind="analysis", outcome=None, account="a", period="week")

    async def newest(**holding: str) -> UUID | None:
        async with database.snapshot() as tx:
            one = await generations.newest(tx, first.user_id, "analysis", holding)
        return None if one is None else one.id

    assert await newest(account="a") == first.id
    assert await newest() not in (None, first.id)
    assert await newest(account="a", period="month") is None


async def test_forgetting_one_takes_its_words_and_leaves_its_figures(database: Database) -> None:
    turn = await generated(database)
    other = await generated(database, turn)
    running = await generated(database, turn, outcome=None)

    async def forget(generation: UUID, user: UUID) -> bool:
        async with database.transaction() as tx:
            return await generations.forget(tx, generation, user)

    assert not await forget(turn.id, new_id())
    assert not await forget(running.id, turn.user_id)
    assert await forget(turn.id, turn.user_id)
    assert not await forget(turn.id, turn.user_id)
    assert await listed(database, turn.user_id) == [running.id, other.id]
    async with database.snapshot() as tx:
        left = await turns.find(tx, turn.id, turn.user_id)
    assert left is not None
    assert left.outcome == {"type": "turn.completed", "seq": 7}
