"""Each change of a turn's state is guarded by the one before, and by the fence."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select

from server.domain.ids import (
    AccountId,
    BootId,
    ConversationId,
    MessageId,
    TurnId,
    UserId,
    WorkspaceId,
    new_id,
)
from server.domain.turn import TRANSITIONS, TurnState
from server.persistence import messages, results, turns
from server.persistence.database import Database
from server.persistence.turns import NewTurn, Turn
from server.persistence.users import UserRow
from tests.billing.support import make_user

NOW = datetime(2026, 3, 15, tzinfo=UTC)


def place(turn: NewTurn) -> ConversationId:
    assert turn.conversation_id is not None
    return turn.conversation_id


async def new_turn(database: Database, **fields: Any) -> NewTurn:
    """A turn of a new user in a new conversation, not stored yet."""
    user, account = await make_user(database)
    async with database.snapshot() as tx:
        workspace = await tx.scalar(select(UserRow.workspace_id).where(UserRow.id == user))
    assert workspace is not None
    turn = NewTurn(
        id=TurnId(new_id()),
        user_id=UserId(user),
        workspace_id=WorkspaceId(workspace),
        account_id=AccountId(account),
        conversation_id=ConversationId(new_id()),
        client_message_id=new_id(),
        request_hash=b"hash",
        tip_id=None,
        user_message_id=MessageId(new_id()),
        message_id=MessageId(new_id()),
        boot_id=BootId(new_id()),
        agent="assistant",
        provider="demo",
        model="demo/x",
        feature="chat",
        plan="starter",
        month=date(2026, 3, 1),
        correlation_id="test",
        input_tokens=3,
        price={},
        started={},
    )
    turn = structs.replace(turn, **fields)
    async with database.transaction() as tx:
        await messages.add_conversation(
            tx,
            id=place(turn),
            user=turn.user_id,
            workspace=turn.workspace_id,
            title="x",
        )
    return turn


def another(turn: NewTurn, **fields: Any) -> NewTurn:
    fields = {"id": TurnId(new_id()), "client_message_id": new_id(), **fields}
    return structs.replace(turn, **fields)


async def insert(database: Database, turn: NewTurn) -> bool:
    async with database.transaction() as tx:
        return await turns.insert(tx, turn)


async def find(database: Database, turn: NewTurn) -> Turn:
    async with database.snapshot() as tx:
        found = await turns.find(tx, turn.id, turn.user_id)
    assert found is not None
    return found


async def test_one_message_is_one_turn_and_one_turn_runs_on_a_tip(database: Database) -> None:
    turn = await new_turn(database)
    repeated = [another(turn, client_message_id=turn.client_message_id) for _ in range(10)]
    rivals = [another(turn) for _ in range(10)]
    answers = await asyncio.gather(*(insert(database, one) for one in [turn, *repeated, *rivals]))
    assert answers.count(True) == 1
    async with database.snapshot() as tx:
        (live,) = await turns.live_of(tx, turn.user_id)
        known = await turns.find_by_client_message(
            tx, turn.user_id, live.client_message_id or new_id()
        )
        assert known == live
        assert await turns.find(tx, live.id, new_id()) is None
    async with database.transaction() as tx:
        assert await turns.end(tx, live.id, 1, TurnState.FAILED, NOW)
    assert await insert(database, another(turn))
    assert await insert(database, another(turn, tip_id=MessageId(new_id())))


async def test_a_state_follows_only_the_one_before_it(database: Database) -> None:
    turn = await new_turn(database)
    await insert(database, turn)
    async with database.transaction() as tx:
        assert not await turns.start_running(tx, turn.id, 2)
        assert await turns.start_running(tx, turn.id, 1)
        assert not await turns.start_running(tx, turn.id, 1)
        assert await turns.lock_running(tx, turn.id, 1)
        assert not await turns.end(tx, turn.id, 2, TurnState.FAILED, NOW)
        assert await turns.end(tx, turn.id, 1, TurnState.COMPLETED, NOW)
        assert not await turns.lock_running(tx, turn.id, 1)
    ended = await find(database, turn)
    assert (ended.state, ended.ended_at) == (TurnState.COMPLETED, NOW)
    async with database.transaction() as tx:
        for state in TurnState:
            if state not in TRANSITIONS[TurnState.COMPLETED]:
                assert not await turns.end(tx, turn.id, 1, state, NOW)


@pytest.mark.parametrize("attempts", [12])
async def test_of_many_ends_one_is_written(database: Database, attempts: int) -> None:
    turn = await new_turn(database)
    await insert(database, turn)

    async def end(state: TurnState) -> bool:
        async with database.transaction() as tx:
            return await turns.end(tx, turn.id, 1, state, NOW)

    states = [TurnState.COMPLETED, TurnState.FAILED, TurnState.CANCELLED] * (attempts // 3)
    answers = await asyncio.gather(*(end(state) for state in states))
    assert answers.count(True) == 1
    assert (await find(database, turn)).state is states[answers.index(True)]


async def test_a_wish_to_stop_is_noted_once(database: Database) -> None:
    turn = await new_turn(database)
    await insert(database, turn)
    async with database.transaction() as tx:
        assert await turns.request_cancel(tx, turn.id, new_id()) is None
        first = await turns.request_cancel(tx, turn.id, turn.user_id)
    async with database.transaction() as tx:
        assert await turns.request_cancel(tx, turn.id, turn.user_id) == first
        assert await turns.find(tx, turn.id, turn.user_id) == first


async def test_those_are_over_that_have_their_outcome(database: Database) -> None:
    first = await new_turn(database)
    second = another(first, tip_id=MessageId(new_id()))
    for turn in (first, second):
        assert await insert(database, turn)
    async with database.transaction() as tx:
        await results.store(tx, second.id, seq=4, outcome={"type": "turn.failed"}, at=NOW)
        assert await turns.ended_among(tx, [first.id, second.id, TurnId(new_id())]) == [second.id]


async def test_turns_without_a_conversation_stand_in_nobody_s_way(database: Database) -> None:
    first = await new_turn(database)
    second = another(first, tip_id=MessageId(new_id()))
    for turn in (first, second):
        alone = structs.replace(turn, conversation_id=None, tip_id=MessageId(turn.id))
        assert await insert(database, alone)
    async with database.snapshot() as tx:
        assert await turns.live_of(tx, first.user_id) == []
