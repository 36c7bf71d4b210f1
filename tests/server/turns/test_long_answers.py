"""Long answers on small balances: nobody spends what is not there, and what was said is kept.

The stub streams as if it knew no limit: what stops it is the hold.
"""

import asyncio
from uuid import uuid5

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select, update

from agents.providers.demo import Pacing
from agents.providers.load import ProviderSettings
from billing.tables import AccountRow, HoldRow
from server.domain.money import MICROS_PER_CREDIT
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.outbox import OutboxRow
from server.persistence.users import UserRow
from server.protocol.commands import TurnParams
from server.turns.growth import OVERSHOOT, OVERSHOOT_TOKENS
from server.turns.steps import STEP_TOKENS
from tests.billing.support import give
from tests.server.turns.long_answers import (
    OVERRUN_TOKENS,
    PER_TOKEN,
    amounts,
    check_end,
    exchange_of,
    longest_delta,
    stubbed,
    watch_the_balance,
)
from tests.server.turns.proxy import proxied
from tests.server.turns.scene import books_balance, count, micros, nanos, one
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.turns import turn_harness

LONG = "[stub: tokens=6000 gap=0.004 burst=20]"
"""More than 60 credits, in steps of 20, within two seconds."""


async def test_turns_that_grow_at_once_in_two_processes_spend_what_there_is(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with (
        OpenAIStub() as stub,
        stubbed(migrated, stub) as first,
        stubbed(migrated, stub) as second,
    ):
        caller = await first.person(credits=250)
        watching = asyncio.create_task(watch_the_balance(database, 250))
        harnesses = [first, second] * 3
        prompts = [f"{LONG} {number}" for number in range(6)]
        turns = [
            await harness.say(caller, prompt)
            for harness, prompt in zip(harnesses, prompts, strict=True)
        ]
        ends = [
            await harness.end(turn.cursor) for harness, turn in zip(harnesses, turns, strict=True)
        ]
        assert not watching.done(), watching.exception()
        watching.cancel()
        assert {end["type"] for end in ends} == {"turn.completed"}
        reasons = {end["finishReason"] for end in ends}
        assert {"credits"} <= reasons <= {"stop", "credits"}
        for prompt, turn, end in zip(prompts, turns, ends, strict=True):
            ledger = await check_end(database, exchange_of(stub, prompt), turn, end)
            said = (
                micros(end["receipt"]["held"]) + (OVERRUN_TOKENS + longest_delta(turn)) * PER_TOKEN
            )
            assert ledger["capture"] + ledger["overage"] <= said
        account = await one(database, select(AccountRow.balance, AccountRow.held))
        assert 0 <= account.balance < STEP_TOKENS * PER_TOKEN
        await books_balance(database)


async def test_a_quota_that_is_lowered_while_an_answer_streams_ends_it(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with (
        OpenAIStub() as stub,
        stubbed(migrated, stub, quota_starter_usd="0.025") as harness,
    ):
        caller = await harness.person(credits=500)
        turn = await harness.say(caller, LONG)
        await eventually(lambda: turn.cursor.text)
        async with database.transaction() as tx:
            await tx.execute(update(UserRow).values(ai_plan="starter"))
        end = await harness.end(turn.cursor)
        assert (end["type"], end["finishReason"]) == ("turn.completed", "quota")
        ledger = await check_end(database, exchange_of(stub, LONG), turn, end)
        # A step and a quarter were allowed, and what is said while that is counted.
        assert 24_000_000 < ledger["held"] <= 25_000_000
        assert ledger["capture"] <= 25_000_000
        owed = ledger["capture"] + ledger["overage"]
        assert owed <= ledger["held"] + (OVERRUN_TOKENS + longest_delta(turn)) * PER_TOKEN
        await books_balance(database)


async def test_credits_that_are_granted_while_an_answer_streams_let_it_go_on(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with OpenAIStub() as stub, stubbed(migrated, stub) as harness:
        caller = await harness.person(credits=25)
        turn = await harness.say(caller, LONG)
        await eventually(lambda: turn.cursor.text)
        async with database.transaction() as tx:
            await give(tx, caller.account_id, 100 * MICROS_PER_CREDIT)
        end = await harness.end(turn.cursor)
        assert (end["type"], end["finishReason"]) == ("turn.completed", "stop")
        ledger = await check_end(database, exchange_of(stub, LONG), turn, end)
        assert ledger["overage"] == 0
        assert ledger["capture"] > 60_000_000
        await books_balance(database)


async def test_a_hold_whose_commit_was_not_answered_is_held_once(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with (
        proxied(migrated) as (proxy, urls),
        OpenAIStub() as stub,
        stubbed(urls, stub) as harness,
    ):
        caller = await harness.person(credits=500)
        turn = await harness.say(caller, LONG)
        proxy.lose_commit(of=uuid5(turn.event.turn_id, "hold:2").bytes)
        end = await harness.end(turn.cursor)
        assert (proxy.lost, end["finishReason"]) == (1, "stop")
        await check_end(database, exchange_of(stub, LONG), turn, end)
        async with database.snapshot() as tx:
            steps = list(await tx.scalars(select(HoldRow.step).order_by(HoldRow.step)))
        assert steps == list(range(1, len(steps) + 1))
        await books_balance(database)


async def test_while_the_database_is_away_a_provider_that_keeps_its_limit_overruns_nothing(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    demo = ProviderSettings(demo_pacing=Pacing(tokens_per_s=3_000, first_token_s=0.1, burst_max=60))
    async with proxied(migrated) as (proxy, urls), turn_harness(urls, providers=demo) as harness:
        # 2 credits are 1000 tokens of the demo model: the hold covers 2000 of some 2900.
        caller = await harness.person(credits=6)
        turn = await harness.say(caller, "[demo: long 9000] x")
        await eventually(lambda: turn.cursor.text)
        proxy.cut()
        run = harness.engine.live.run(turn.event.turn_id)
        assert run is not None
        told = run.plan.params.max_output_tokens
        assert told is not None
        await eventually(lambda: run.meter.calls)  # the provider has come to its end
        # 4 credits for them, and a little for the question.
        assert 4_000_000 < run.held < 4_500_000
        assert told > STEP_TOKENS
        proxy.is_down = False
        end = await harness.end(turn.cursor)
        assert (end["type"], end["finishReason"]) == ("turn.completed", "credits")
        (call,) = end["receipt"]["calls"]
        assert call["outputTokens"] == told
        ledger = await amounts(database, turn.event.turn_id)
        assert ledger["held"] < ledger["capture"] <= 6_000_000
        assert ledger["overage"] == 0
        await books_balance(database)


async def test_what_nobody_holds_while_the_database_is_away_is_overage(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with (
        proxied(migrated) as (proxy, urls),
        OpenAIStub() as stub,
        stubbed(urls, stub) as harness,
    ):
        caller = await harness.person(credits=25)
        turn = await harness.say(caller, LONG)
        await eventually(lambda: turn.cursor.text)
        proxy.cut()
        run = harness.engine.live.run(turn.event.turn_id)
        assert run is not None
        await eventually(lambda: run.meter.main.output_tokens > 2 * STEP_TOKENS)
        proxy.is_down = False
        end = await harness.end(turn.cursor)
        assert end["finishReason"] in {"credits", "stop"}
        ledger = await check_end(database, exchange_of(stub, LONG), turn, end)
        assert ledger["capture"] == 25_000_000
        assert ledger["overage"] > 0
        assert end["balance"] == {"credits": "0", "held": "0", "spendable": "0"}
        await books_balance(database)


async def test_every_step_of_a_turn_whose_process_died_is_released(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with (
        OpenAIStub() as stub,
        stubbed(migrated, stub) as first,
        stubbed(migrated, stub) as second,
    ):
        caller = await first.person(credits=500)
        turn = await first.say(caller, "[stub: tokens=4000 burst=20 gap=0.02 silent=3000]")

        async def has_grown() -> bool:
            return await count(database, HoldRow) >= 2

        await eventually(has_grown)
        assert await second.process.turns.leases.reap(all_others=True) == 1
        outcome = (await second.engine.attach(caller, turn.event.turn_id, 0)).cursor.outcome
        assert outcome is not None
        assert outcome["balance"] == {"credits": "500", "held": "0", "spendable": "500"}
        states = await one(database, select(func.array_agg(HoldRow.state.distinct())))
        assert states[0] == ["released"]
        await books_balance(database)


@pytest.mark.parametrize("balance", [25, 60], ids=["beyond it", "within it"])
async def test_a_provider_that_reports_more_than_was_held_is_paid_by_the_balance_and_then_by_us(
    migrated: EngineUrls, database: Database, redis: Redis, balance: int
) -> None:
    async with OpenAIStub() as stub, stubbed(migrated, stub) as harness:
        caller = await harness.person(credits=balance)
        prompt = "[stub: tokens=100 more=4900]"
        turn = await harness.say(caller, prompt)
        end = await harness.end(turn.cursor)
        assert end["finishReason"] == "stop"
        ledger = await check_end(database, exchange_of(stub, prompt), turn, end)
        (call,) = end["receipt"]["calls"]
        assert (call["outputTokens"], call["usageSource"]) == (5_000, "provider")
        assert ledger["held"] < 25_000_000
        assert ledger["capture"] + ledger["overage"] > 50_000_000
        event = (await one(database, select(OutboxRow.payload))).payload
        assert event["costUsd"] == nanos(call["costUsd"]) > 50_000_000
        if balance == 25:
            assert (ledger["capture"], end["balance"]["credits"]) == (25_000_000, "0")
            assert event["chargedUsd"] == 25_000_000
        else:
            assert ledger["overage"] == 0
            assert event["chargedUsd"] == event["costUsd"]
        await books_balance(database)


async def test_a_provider_without_figures_is_counted_and_says_so(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with OpenAIStub() as stub, stubbed(migrated, stub) as harness:
        caller = await harness.person()
        prompt = "[stub: tokens=300 usage=0]"
        turn = await harness.say(caller, prompt)
        end = await harness.end(turn.cursor)
        await check_end(database, exchange_of(stub, prompt), turn, end)
        (call,) = end["receipt"]["calls"]
        assert (call["usageSource"], call["outcome"]) == ("estimated", "ok")
        assert call["outputTokens"] >= 300
        await books_balance(database)


async def test_a_cap_smaller_than_a_step_is_all_that_is_held(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    cap = 50
    async with OpenAIStub() as stub, stubbed(migrated, stub) as harness:
        caller = await harness.person(credits=5)
        prompt = "[stub: tokens=2000 burst=10 gap=0.002]"
        turn = await harness.say(caller, prompt, params=TurnParams(max_output_tokens=cap))
        first = cap * PER_TOKEN
        assert first < micros(turn.event.held.credits) < first + PER_TOKEN * 100
        end = await harness.end(turn.cursor)
        # It was told its limit and does not keep to it.
        assert (end["type"], end["finishReason"]) == ("turn.completed", "length")
        exchange = exchange_of(stub, prompt)
        assert exchange.body["max_tokens"] == cap
        await exchange.client_left()
        (call,) = end["receipt"]["calls"]
        most = cap * OVERSHOOT + OVERSHOOT_TOKENS + OVERRUN_TOKENS + longest_delta(turn)
        assert cap * OVERSHOOT < call["outputTokens"] <= most
        assert await count(database, HoldRow) == 1
        await books_balance(database)


async def test_what_is_free_is_held_for_nothing_and_charged_nothing(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with OpenAIStub() as stub, stubbed(migrated, stub) as harness:
        caller = await harness.person(credits=0.000001)
        prompt = "[stub: tokens=5000]"
        turn = await harness.say(caller, prompt, model="openai/free")
        end = await harness.end(turn.cursor)
        ledger = await check_end(database, exchange_of(stub, prompt), turn, end)
        assert (end["finishReason"], ledger) == ("stop", {"held": 0, "capture": 0, "overage": 0})
        await books_balance(database)
