"""All of an end is there, or none: text, money and usage, once, and the receipt says the same."""

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select

from agents.providers.load import ProviderSettings
from billing.tables import AccountRow, HoldRow, TransferRow
from server.domain.errors import Draining, Internal, ProviderError, WorkerLost
from server.domain.ids import new_id
from server.domain.turn import FinishReason, TurnState
from server.local.engines import EngineUrls
from server.persistence.conversations import ConversationRow, MessageRow
from server.persistence.database import Database
from server.persistence.outbox import OutboxRow
from server.turns.settlement import Ending, Settler, message_state, outcome_of
from tests.server.turns.scene import books_balance, count, micros, one, stored
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


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
    message = await one(
        database,
        select(MessageRow.text, MessageRow.state).where(MessageRow.id == started.event.message_id),
    )
    assert tuple(message) == (started.cursor.text, "complete")
    account = await one(database, select(AccountRow.balance, AccountRow.held))
    assert 0 < micros(receipt["charged"]) == 100_000_000 - account.balance
    conversation = await one(database, select(ConversationRow))
    assert conversation.leaf_message_id == started.event.message_id
    assert (conversation.message_count, conversation.charged) == (2, micros(receipt["charged"]))
    await books_balance(database)


async def test_an_answer_bears_the_name_of_the_model_that_gave_it(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with OpenAIStub() as stub:
        offered = ProviderSettings(
            openai_base_url=stub.url,
            openai_models=("one", "two"),
            fallbacks={"openai/one": ("openai/two",)},
        )
        settings = {"openai_models": "one=1/4,two=1/4", "openai_base_url": stub.url}
        async with turn_harness(migrated, providers=offered, **settings) as harness:
            stub.plays_for("one", Play(status=500))
            outcome = await harness.answer(await harness.person(), "Hi", model="openai/one")
    assert [call["model"] for call in outcome["receipt"]["calls"]] == ["openai/one", "openai/two"]
    answered = select(MessageRow.model).where(MessageRow.role == "assistant")
    assert tuple(await one(database, answered)) == ("openai/two",)


async def test_cancelling_charges_what_was_delivered_and_no_more(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    started = await turns.say(caller, LONG)
    await eventually(lambda: started.cursor.text)
    assert await turns.engine.cancel(caller, started.event.turn_id) is TurnState.RUNNING
    outcome = await turns.end(started.cursor)
    assert outcome["type"] == "turn.cancelled"
    (call,) = outcome["receipt"]["calls"]
    assert (call["usageSource"], call["outcome"]) == ("estimated", "cancelled")
    assert 0 < float(outcome["receipt"]["charged"]) < float(outcome["receipt"]["held"])
    message = await one(
        database,
        select(MessageRow.text, MessageRow.state).where(MessageRow.id == started.event.message_id),
    )
    assert tuple(message) == (started.cursor.text, "partial")
    await books_balance(database)


@pytest.mark.parametrize("prompt", ["[demo: fail] x", "[demo: fail after 20] x", "[demo: busy] x"])
async def test_a_failed_turn_costs_nothing_and_keeps_what_was_said(
    turns: Harness, database: Database, prompt: str
) -> None:
    caller = await turns.person(credits=50)
    outcome = await turns.answer(caller, prompt)
    assert outcome["type"] == "turn.failed"
    assert outcome["receipt"]["charged"] == "0"
    assert outcome["receipt"]["released"] == outcome["receipt"]["held"]
    assert outcome["balance"]["credits"] == "50"
    assert outcome["partial"] == ("after" in prompt)
    assert await count(database, TransferRow, TransferRow.turn_id.is_not(None)) == 0
    states = await one(database, select(func.array_agg(HoldRow.state)))
    assert states[0] == ["released"]
    await books_balance(database)


async def test_a_policy_may_charge_what_a_provider_delivered_before_it_failed(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated, partial_failure_policy="charge_delivered") as harness:
        caller = await harness.person(credits=50)
        failed = await harness.answer(caller, "[demo: fail after 20] x")
        assert float(failed["receipt"]["charged"]) > 0
        nothing = await harness.answer(caller, "[demo: fail] x")
        assert nothing["receipt"]["charged"] == "0"
        started = await harness.say(caller, LONG)
        await eventually(lambda: started.cursor.text)
    outcome = started.cursor.outcome
    assert outcome is not None
    # Our own failures are never charged: this one is of the shutdown.
    assert (outcome["error"]["code"], outcome["receipt"]["charged"]) == ("draining", "0")
    await books_balance(database)


async def test_an_answer_that_the_balance_cannot_pay_stops_with_credits(
    turns: Harness, database: Database
) -> None:
    # 2000 tokens of the demo model take 4 credits; the hold fits, the whole answer does not.
    caller = await turns.person(credits=6)
    outcome = await turns.answer(caller, "[demo: long 9000] Everything")
    assert (outcome["type"], outcome["finishReason"]) == ("turn.completed", "credits")
    assert 0 <= float(outcome["balance"]["credits"]) < 0.5
    assert await count(database, MessageRow, MessageRow.state == "partial") == 1
    await books_balance(database)


async def test_a_long_answer_takes_further_holds(turns: Harness, database: Database) -> None:
    caller = await turns.person()
    outcome = await turns.answer(caller, "[demo: long 4000] Everything")
    (call,) = outcome["receipt"]["calls"]
    assert (outcome["finishReason"], call["outputTokens"]) == ("stop", 4000)
    assert await count(database, HoldRow) == 3
    await books_balance(database)


async def test_an_end_written_again_writes_nothing_and_answers_the_first(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    first = await turns.answer(caller, "Hello")
    turn = await stored(database, caller, first["turnId"])
    settler = Settler(
        database,
        turns.process.services.ledger,
        credits_per_usd=1_000,
        charge_failed=False,
        tell=turns.process.services.thresholds.tell,
    )
    ending = Ending(
        turn=turn,
        fence=turn.fence,
        state=TurnState.FAILED,
        seq=99,
        text="something else",
        calls=[],
        at=turns.process.services.clock(),
        transfer_id=new_id(),
        error=Internal("x"),
    )
    assert turn.outcome is not None
    assert await settler.settle(ending) == outcome_of(turn.outcome)
    foreign = Ending(
        **{name: getattr(ending, name) for name in ending.__struct_fields__ if name != "fence"},
        fence=turn.fence + 1,
    )
    assert await settler.settle(foreign) is None
    assert await count(database, OutboxRow) == 1
    assert await stored(database, caller, first["turnId"]) == turn


@pytest.mark.parametrize(
    ("state", "reason", "marked"),
    [
        (TurnState.COMPLETED, FinishReason.STOP, "complete"),
        (TurnState.COMPLETED, FinishReason.LENGTH, "complete"),
        (TurnState.COMPLETED, FinishReason.CREDITS, "partial"),
        (TurnState.COMPLETED, FinishReason.QUOTA, "partial"),
        (TurnState.CANCELLED, FinishReason.STOP, "partial"),
        (TurnState.FAILED, FinishReason.STOP, "failed"),
    ],
)
async def test_a_stored_answer_says_whether_it_is_whole(
    turns: Harness, database: Database, state: TurnState, reason: FinishReason, marked: str
) -> None:
    caller = await turns.person()
    turn = await stored(database, caller, (await turns.answer(caller, "x"))["turnId"])
    for error in (ProviderError("x"), Draining("x"), WorkerLost("x")):
        ending = Ending(
            turn=turn,
            fence=1,
            state=state,
            seq=1,
            text="x",
            calls=[],
            at=turn.admitted_at,
            transfer_id=new_id(),
            finish_reason=reason,
            error=error if state is TurnState.FAILED else None,
        )
        assert message_state(ending) == marked
