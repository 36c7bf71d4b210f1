"""A turn is admitted with its money held, once; a refusal leaves nothing behind."""

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, update

from billing.tables import AccountRow, HoldRow
from server.domain.errors import (
    IdempotencyMismatch,
    InsufficientCredits,
    ModelUnavailable,
    QuotaExceeded,
    RateLimited,
    ServiceUnavailable,
    TooManyTurns,
)
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.conversations import ConversationRow, MessageRow
from server.persistence.database import Database
from server.persistence.redis import slots_key
from server.persistence.turns import TurnRow
from server.persistence.users import UserRow
from tests.server.turns.proxy import proxied
from tests.server.turns.scene import books_balance, count, one
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

AGE = timedelta(minutes=1)


async def test_twenty_turns_on_a_balance_for_seven_admit_exactly_seven(
    turns: Harness, database: Database
) -> None:
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
    assert await count(database, TurnRow, TurnRow.user_id == caller.user_id) == 7
    assert await count(database, HoldRow, HoldRow.user_id == caller.user_id) == 7


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
    assert await count(database, TurnRow) == 1
    assert await count(database, MessageRow, MessageRow.role == "user") == 1


async def test_the_same_message_with_other_content_is_refused(turns: Harness) -> None:
    caller, message = await turns.person(), new_id()
    await turns.answer(caller, "One", client_message_id=message)
    with pytest.raises(IdempotencyMismatch):
        await turns.say(caller, "Two", client_message_id=message)


async def test_a_message_repeated_after_its_end_takes_no_slot(turns: Harness, redis: Redis) -> None:
    caller, message = await turns.person(), new_id()
    first = await turns.answer(caller, "One", client_message_id=message)
    await eventually(lambda: len(turns.engine.live) == 0)
    again = await turns.say(caller, "One", client_message_id=message)
    assert again.existing
    assert again.event.existing is True
    assert await turns.end(again.cursor) == first
    assert await redis.zcard(slots_key(caller.user_id)) == 0


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

        async def is_free() -> bool:
            return await redis.zcard(slots_key(caller.user_id)) == 0

        await eventually(is_free)
        assert (await harness.answer(caller, "x"))["type"] == "turn.completed"


async def test_a_refused_turn_leaves_no_row_no_hold_and_no_slot(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person(credits=1)
    with pytest.raises(InsufficientCredits):
        await turns.say(caller, "x")
    for table in (TurnRow, HoldRow, MessageRow, ConversationRow):
        assert await count(database, table) == 0
    assert (await one(database, select(AccountRow.held))).held == 0
    assert await redis.keys("*") == []


async def test_a_client_that_leaves_during_admission_leaves_a_turn_that_ends(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    asking = asyncio.create_task(turns.say(caller, "Hello"))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait({asking})
    await eventually(lambda: count(database, TurnRow, TurnRow.outcome.is_not(None)))
    await books_balance(database)


async def test_a_lost_reply_to_the_commit_of_an_admission_is_asked_for_again(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with proxied(migrated) as (proxy, urls), turn_harness(urls) as harness:
        caller = await harness.person()
        proxy.lose_commit(of=b"INSERT INTO turns")
        started = await harness.say(caller, "Hello")
        assert proxy.lost == 1
        assert not started.existing
        assert (await harness.end(started.cursor))["type"] == "turn.completed"
        assert await count(database, TurnRow) == 1
        assert await count(database, MessageRow) == 2
        await books_balance(database)


async def test_an_admission_that_nobody_learned_of_is_ended_and_released(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with proxied(migrated) as (proxy, urls), turn_harness(urls) as harness:
        caller, message = await harness.person(credits=9), new_id()
        proxy.lose_commit(of=b"INSERT INTO turns", then_down=True)
        with pytest.raises(ServiceUnavailable):
            await harness.say(caller, "Hello", client_message_id=message)
        proxy.is_down = False
        again = await harness.say(caller, "Hello", client_message_id=message)
        assert again.existing
        async with database.transaction() as tx:
            await tx.execute(update(TurnRow).values(admitted_at=TurnRow.admitted_at - AGE))
        await harness.process.turns.leases.beat()
        outcome = await harness.end(again.cursor)
        assert outcome["type"] == "turn.failed"
        assert outcome["balance"] == {"credits": "9", "held": "0", "spendable": "9"}
        await books_balance(database)


async def test_a_turn_is_of_the_plan_that_holds_and_not_of_the_one_that_its_session_knows(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person(plan="starter")
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(ai_plan="pro"))
    await turns.answer(caller, "x")
    assert (await one(database, select(TurnRow.plan))).plan == "pro"
