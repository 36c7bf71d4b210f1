"""What sockets and routes ask of turns, beside starting them."""

import asyncio

import pytest
from redis.asyncio import Redis

from server.domain.errors import Draining, NotFound
from server.domain.ids import new_id
from server.domain.turn import TurnState
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from server.protocol.events import BalanceChanged, ConversationUpdated, ServerEvent
from tests.server.turns.scene import books_balance, count, stored
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


async def test_a_foreign_turn_or_conversation_is_not_found(turns: Harness) -> None:
    owner, stranger = await turns.person(), await turns.person()
    started = await turns.say(owner, LONG)
    for turn in (started.event.turn_id, new_id()):
        with pytest.raises(NotFound):
            await turns.engine.cancel(stranger, turn)
        with pytest.raises(NotFound):
            await turns.engine.read(stranger, turn)
    with pytest.raises(NotFound):
        await turns.engine.running(stranger, started.event.conversation_id)
    await turns.engine.cancel_conversation(stranger.user_id, started.event.conversation_id)
    assert started.cursor.outcome is None


async def test_running_turns_are_listed_with_their_newest_event(turns: Harness) -> None:
    caller = await turns.person()
    first, second = await turns.say(caller, LONG), await turns.say(caller, LONG)
    await eventually(lambda: first.cursor.text)
    listed = await turns.engine.running(caller)
    assert [turn.turn_id for turn in listed] == [first.event.turn_id, second.event.turn_id]
    assert listed[0].seq > 1
    (only,) = await turns.engine.running(caller, second.event.conversation_id)
    assert only.turn_id == second.event.turn_id


async def test_a_turn_is_read_at_any_time(turns: Harness) -> None:
    caller = await turns.person()
    started = await turns.say(caller, LONG)
    turn = started.event.turn_id
    await eventually(lambda: started.cursor.text)
    state, seq, text = await turns.engine.read(caller, turn)
    assert (state, seq > 1, bool(text)) == (TurnState.RUNNING, True, True)
    await turns.engine.cancel(caller, turn)
    outcome = await turns.end(started.cursor)
    assert await turns.engine.read(caller, turn) == (
        TurnState.CANCELLED,
        outcome["seq"],
        started.cursor.text,
    )


async def test_figures_follow_what_is_held_and_spent(turns: Harness) -> None:
    caller = await turns.person(credits=50)
    started = await turns.say(caller, LONG)
    balance, quota = await turns.engine.figures(caller)
    assert balance.credits == "50"
    assert float(balance.held) == float(started.event.held.credits) > 0
    assert (quota.limit_usd, float(quota.held_usd)) == (None, float(started.event.held.usd))
    await turns.engine.cancel(caller, started.event.turn_id)
    outcome = await turns.end(started.cursor)
    balance, quota = await turns.engine.figures(caller)
    assert (balance.credits, balance.held) == (outcome["balance"]["credits"], "0")
    assert quota.spent_usd == outcome["receipt"]["chargedUsd"]


async def test_shutting_down_ends_what_runs_refunded_and_kept(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as harness:
        caller = await harness.person(credits=9)
        started = await harness.say(caller, LONG)
        await eventually(lambda: started.cursor.text)
    outcome = started.cursor.outcome
    assert outcome is not None
    assert (outcome["type"], outcome["error"]["code"]) == ("turn.failed", "draining")
    assert outcome["balance"] == {"credits": "9", "held": "0", "spendable": "9"}
    assert outcome["partial"] is True
    await books_balance(database)


async def test_a_turn_on_its_way_in_when_the_process_ends_ends_with_it(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    for steps in (1, 5, 20):
        async with turn_harness(migrated) as harness:
            caller = await harness.person(credits=9)
            asking = asyncio.create_task(harness.say(caller, LONG))
            for _ in range(steps):
                await asyncio.sleep(0)
        await asyncio.wait({asking})
        error = asking.exception()
        assert error is None or isinstance(error, Draining)
        assert await count(database, TurnRow, TurnRow.outcome.is_(None)) == 0
    await books_balance(database)


async def test_nothing_is_admitted_any_more_once_it_drains(turns: Harness) -> None:
    caller = await turns.person()
    started = await turns.say(caller, LONG)
    turns.engine.is_draining = True
    with pytest.raises(Draining):
        await turns.say(caller, "x")
    await turns.engine.wait_idle(0.01)
    assert started.cursor.outcome is None
    await turns.engine.finish()
    assert (await turns.end(started.cursor))["error"]["code"] == "draining"
    await turns.engine.wait_idle(5)


async def test_a_turn_on_its_way_in_when_a_drain_begins_has_its_grace(turns: Harness) -> None:
    caller = await turns.person()
    asking = asyncio.create_task(turns.say(caller, "x"))
    await asyncio.sleep(0)
    assert turns.engine._beginning
    turns.engine.is_draining = True
    await turns.engine.wait_idle(20)
    outcome = (await asking).cursor.outcome
    assert outcome is not None
    assert outcome["type"] == "turn.completed"


async def test_a_deleted_conversation_s_turn_has_ended_when_it_is_gone(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    started = await turns.say(caller, LONG)
    await turns.engine.cancel_conversation(caller.user_id, started.event.conversation_id)
    turn = await stored(database, caller, started.event.turn_id)
    assert turn.state is TurnState.CANCELLED
    assert started.cursor.outcome is not None


async def test_other_pages_hear_of_a_question_at_once_and_of_its_end(turns: Harness) -> None:
    caller, heard = await turns.person(), list[ServerEvent]()
    leave = turns.engine.feed.follow_user(caller.user_id, heard.append)
    started = await turns.say(caller, "[demo: slow] x")
    said = ConversationUpdated(conversation_id=started.event.conversation_id, change="message")
    assert heard == [said]
    await turns.engine.cancel(caller, started.event.turn_id)
    await turns.end(started.cursor)
    await eventually(lambda: len(heard) == 3)
    assert isinstance(heard[1], BalanceChanged)
    assert heard[2] == said
    leave()
