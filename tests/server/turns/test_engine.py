"""Turns from admission to their only outcome, on real engines with the demo provider."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import func, select

from billing.tables import AccountRow, HoldRow, TransferRow
from server.domain.errors import (
    Conflict,
    IdempotencyMismatch,
    InsufficientCredits,
    Invalid,
    ModelUnavailable,
    NotFound,
    QuotaExceeded,
    RateLimited,
    TooManyTurns,
)
from server.domain.ids import new_id
from server.domain.turn import TurnState
from server.local.engines import EngineUrls
from server.persistence.conversations import MessageRow
from server.persistence.database import Database
from server.persistence.outbox import OutboxRow
from server.persistence.turns import TurnRow
from server.protocol.commands import StartTurnBody, TurnParams, TurnRequest
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness


@pytest_asyncio.fixture
async def turns(migrated: EngineUrls, database: Database, redis: Redis) -> AsyncIterator[Harness]:
    async with turn_harness(migrated) as harness:
        yield harness


async def one(database: Database, query: Any) -> Any:
    async with database.snapshot() as tx:
        return (await tx.execute(query)).one()


async def test_a_turn_is_answered_stored_and_charged_to_its_receipt(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person(credits=100)
    started = await turns.say(caller, "Write a table about espresso")
    outcome = await turns.end(started.cursor)
    assert outcome["type"] == "turn.completed"
    receipt, (call,) = outcome["receipt"], outcome["receipt"]["calls"]
    assert call["outputTokens"] > 0
    assert call["charged"] == receipt["charged"]
    text = await one(
        database, select(MessageRow.text).where(MessageRow.id == started.event.message_id)
    )
    assert text.text == started.cursor.text
    account = await one(database, select(AccountRow.balance, AccountRow.held))
    assert account.held == 0
    charged = round(float(receipt["charged"]) * 1_000_000)
    assert account.balance == 100_000_000 - charged
    assert charged > 0
    rows = await one(database, select(func.count()).select_from(OutboxRow))
    assert rows[0] == 1


async def test_events_are_numbered_from_one_without_a_gap(turns: Harness) -> None:
    caller = await turns.person()
    started = await turns.say(caller, "Hello")
    await turns.end(started.cursor)
    attached = await turns.engine.attach(caller, started.event.turn_id, 0)
    frames = attached.cursor.take()
    assert frames[0].seq == 1
    assert frames[-1].seq == attached.seq
    assert frames[-1].type == "turn.completed"


async def test_a_conversation_goes_on_where_it_was(turns: Harness) -> None:
    caller = await turns.person()
    first = await turns.say(caller, "One")
    await turns.end(first.cursor)
    second = await turns.say(caller, "Two", conversation_id=first.event.conversation_id)
    await turns.end(second.cursor)
    async with turns.process.services.database.snapshot() as tx:
        rows = await tx.execute(select(MessageRow.id, MessageRow.parent_id))
        parents = {row.id: row.parent_id for row in rows}
    assert parents[second.event.user_message_id] == first.event.message_id
    assert parents[second.event.message_id] == second.event.user_message_id


async def test_twenty_turns_on_a_balance_for_seven_admit_exactly_seven(turns: Harness) -> None:
    probe = await turns.person()
    held = (await turns.say(probe, "[demo: slow] Hello")).event.held.credits
    caller = await turns.person(credits=float(held) * 7.5)
    answers = await asyncio.gather(
        *(turns.say(caller, "[demo: slow] Hello") for _ in range(20)), return_exceptions=True
    )
    admitted = [answer for answer in answers if not isinstance(answer, BaseException)]
    refused = [answer for answer in answers if isinstance(answer, InsufficientCredits)]
    assert (len(admitted), len(refused)) == (7, 13)
    assert all("needed" in error.metadata for error in refused)


async def test_one_message_repeated_fifty_times_is_one_turn(
    turns: Harness, database: Database
) -> None:
    caller, message = await turns.person(), new_id()
    answers = await asyncio.gather(
        *(turns.say(caller, "Once", client_message_id=message) for _ in range(50))
    )
    assert len({answer.event.turn_id for answer in answers}) == 1
    assert [answer.existing for answer in answers].count(False) == 1
    outcomes = await asyncio.gather(*(turns.end(answer.cursor) for answer in answers))
    assert len({outcome["turnId"] for outcome in outcomes}) == 1
    count = await one(database, select(func.count()).select_from(TurnRow))
    assert count[0] == 1


async def test_the_same_message_with_other_content_is_refused(turns: Harness) -> None:
    caller, message = await turns.person(), new_id()
    await turns.answer(caller, "One", client_message_id=message)
    with pytest.raises(IdempotencyMismatch):
        await turns.say(caller, "Two", client_message_id=message)


async def test_cancelling_charges_what_was_delivered_and_no_more(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    started = await turns.say(caller, "[demo: long 5000] [demo: slow] Tell me everything")
    await eventually(lambda: started.cursor.text)
    assert await turns.engine.cancel(caller, started.event.turn_id) is TurnState.RUNNING
    outcome = await turns.end(started.cursor)
    assert outcome["type"] == "turn.cancelled"
    (call,) = outcome["receipt"]["calls"]
    assert (call["usageSource"], call["outcome"]) == ("estimated", "cancelled")
    assert 0 < float(outcome["receipt"]["charged"]) < float(outcome["receipt"]["held"])
    stored = await one(
        database,
        select(MessageRow.text, MessageRow.state).where(MessageRow.id == started.event.message_id),
    )
    assert tuple(stored) == (started.cursor.text, "partial")
    again = await turns.engine.cancel(caller, started.event.turn_id)
    assert again is TurnState.CANCELLED


@pytest.mark.parametrize("prompt", ["[demo: fail] x", "[demo: fail after 20] x", "[demo: busy] x"])
async def test_a_failed_turn_costs_nothing_and_keeps_what_was_said(
    turns: Harness, database: Database, prompt: str
) -> None:
    caller = await turns.person(credits=50)
    started = await turns.say(caller, prompt)
    outcome = await turns.end(started.cursor)
    assert outcome["type"] == "turn.failed"
    assert outcome["receipt"]["charged"] == "0"
    assert outcome["receipt"]["released"] == outcome["receipt"]["held"]
    assert outcome["balance"]["credits"] == "50"
    assert outcome["partial"] == ("after" in prompt)
    transfers = await one(
        database,
        select(func.count()).select_from(TransferRow).where(TransferRow.turn_id.isnot(None)),
    )
    assert transfers[0] == 0
    states = await one(database, select(func.array_agg(HoldRow.state)))
    assert states[0] == ["released"]


async def test_a_long_answer_takes_further_holds(turns: Harness, database: Database) -> None:
    caller = await turns.person()
    outcome = await turns.answer(caller, "[demo: long 4000] Everything")
    (call,) = outcome["receipt"]["calls"]
    assert (outcome["finishReason"], call["outputTokens"]) == ("stop", 4000)
    steps = await one(database, select(func.count()).select_from(HoldRow))
    assert steps[0] == 3


async def test_an_answer_that_the_balance_cannot_pay_stops_with_credits(turns: Harness) -> None:
    # 2000 tokens of the demo model take 4 credits; the hold fits, the whole answer does not.
    caller = await turns.person(credits=6)
    outcome = await turns.answer(caller, "[demo: long 9000] Everything")
    assert (outcome["type"], outcome["finishReason"]) == ("turn.completed", "credits")
    assert 0 <= float(outcome["balance"]["credits"]) < 0.5
    assert outcome["balance"]["held"] == "0"


async def test_the_month_s_quota_refuses_with_its_figures(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated, quota_starter_usd="0.005") as harness:
        caller = await harness.person(plan="starter")
        await harness.answer(caller, "Hello")
        await harness.answer(caller, "[demo: long 500] Hello")
        with pytest.raises(QuotaExceeded) as refused:
            await harness.say(caller, "Hello")
        assert refused.value.metadata["limit"] == "0.005"


async def test_one_more_than_the_plan_s_hour_is_refused_and_a_refusal_counts_nothing(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated, rate_starter_per_hour=3) as harness:
        caller = await harness.person(plan="starter")
        with pytest.raises(ModelUnavailable):
            await harness.say(caller, "x", model="nobody/nothing")
        for _ in range(3):
            await harness.answer(caller, "x")
        with pytest.raises(RateLimited) as refused:
            await harness.say(caller, "x")
        assert refused.value.metadata["limit"] == 3
        assert refused.value.retry_after is not None


async def test_running_turns_are_limited_and_their_slots_come_back(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated, running_turns_starter=2) as harness:
        caller = await harness.person(plan="starter")
        running = [await harness.say(caller, "[demo: slow] x") for _ in range(2)]
        with pytest.raises(TooManyTurns):
            await harness.say(caller, "x")
        for started in running:
            await harness.engine.cancel(caller, started.event.turn_id)
            await harness.end(started.cursor)
        await asyncio.gather(*(run.ended.wait() for run in harness.engine.live))
        assert (await harness.answer(caller, "x"))["type"] == "turn.completed"


async def test_one_turn_runs_on_a_tip_and_a_second_is_a_conflict(turns: Harness) -> None:
    caller = await turns.person()
    before = await turns.say(caller, "x")
    await turns.end(before.cursor)
    conversation = before.event.conversation_id
    first = await turns.say(caller, "[demo: slow] x", conversation_id=conversation)
    conversation = first.event.conversation_id
    for parent in (
        {},
        {"parent_id": first.event.user_message_id},
        {"parent_id": first.event.message_id},
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
    again = await turns.engine.start(
        caller,
        StartTurnBody(
            client_message_id=new_id(),
            regenerate_of=first.event.message_id,
            conversation_id=conversation,
        ),
        address="::1",
        correlation_id="test",
    )
    await turns.end(again.cursor)
    async with database.snapshot() as tx:
        rows = (await tx.execute(select(MessageRow.parent_id, MessageRow.role))).all()
    assert [row.role for row in rows].count("user") == 2
    answers = [row.parent_id for row in rows if row.role == "assistant"]
    assert answers.count(first.event.user_message_id) == 2
    assert [row.parent_id for row in rows].count(None) == 2


async def test_a_foreign_turn_or_conversation_is_not_found(turns: Harness) -> None:
    owner, stranger = await turns.person(), await turns.person()
    started = await turns.say(owner, "Mine")
    await turns.end(started.cursor)
    with pytest.raises(NotFound):
        await turns.engine.attach(stranger, started.event.turn_id, 0)
    with pytest.raises(NotFound):
        await turns.engine.cancel(stranger, started.event.turn_id)
    with pytest.raises(NotFound) as refused:
        await turns.say(stranger, "x", conversation_id=started.event.conversation_id)
    assert refused.value.path == "$.conversationId"
    with pytest.raises(NotFound):
        await turns.engine.running(stranger, started.event.conversation_id)


async def test_an_estimate_names_figures_and_leaves_nothing(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person(credits=1)
    estimate = await turns.engine.estimate(caller, TurnRequest(text="Hello"))
    assert 0 < float(estimate.likely.credits) < float(estimate.at_most.credits)
    assert not estimate.affordable
    capped = TurnRequest(text="Hello", params=TurnParams(max_output_tokens=10))
    assert (await turns.engine.estimate(caller, capped)).affordable
    count = await one(database, select(func.count()).select_from(TurnRow))
    assert count[0] == 0


async def test_wrong_fields_are_refused_with_their_path(turns: Harness) -> None:
    caller = await turns.person()
    for fields, path in (
        ({"agent": "nobody"}, "$.agent"),
        ({"feature": "nothing"}, "$.feature"),
        ({"user_id": new_id()}, "$.userId"),
    ):
        with pytest.raises(Invalid) as refused:
            await turns.say(caller, "x", **fields)
        assert refused.value.path == path


async def test_shutting_down_ends_what_runs_refunded_and_kept(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as harness:
        caller = await harness.person(credits=9)
        started = await harness.say(caller, "[demo: slow] [demo: long 5000] x")
        await eventually(lambda: started.cursor.text)
    outcome = started.cursor.outcome
    assert outcome is not None
    assert (outcome["type"], outcome["error"]["code"]) == ("turn.failed", "draining")
    assert outcome["balance"] == {"credits": "9", "held": "0", "spendable": "9"}


async def test_a_turn_left_by_a_killed_process_is_ended_and_released(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first:
        caller = await first.person(credits=9)
        started = await first.say(caller, "[demo: slow] [demo: long 5000] x")
        await eventually(lambda: started.cursor.text)
        await first.process.turns.journal.flush()
        async with turn_harness(migrated) as second:
            assert await second.process.turns.leases.reap(all_others=True) == 1
            attached = await second.engine.attach(caller, started.event.turn_id, 0)
            outcome = await second.end(attached.cursor)
            assert outcome["error"]["code"] == "worker_lost"
            assert outcome["balance"]["held"] == "0"
            assert attached.cursor.text
            stored = await one(database, select(TurnRow.state, TurnRow.fence))
            assert tuple(stored) == ("failed", 2)


async def test_a_turn_is_followed_from_another_process(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        started = await first.say(caller, "[demo: long 300] x")
        attached = await second.engine.attach(caller, started.event.turn_id, 0)
        here, there = await asyncio.gather(first.end(started.cursor), second.end(attached.cursor))
        assert here == there
        assert attached.cursor.text == started.cursor.text
