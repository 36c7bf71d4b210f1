"""Further holds are taken once a step, while the turn is ours, and never beyond what is there."""

import asyncio
from uuid import UUID, uuid5

import pytest
from msgspec import structs
from redis.asyncio import Redis
from sqlalchemy import select, text, update

from billing.tables import HoldRow
from server.accounts.access import Principal
from server.domain.errors import (
    Conflict,
    InsufficientCredits,
    QuotaExceeded,
    ServiceUnavailable,
)
from server.domain.money import MicroCredits, NanoUsd
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.users import UserRow
from server.turns.extension import Extender
from server.turns.run import Run
from tests.billing.support import give as give_credits
from tests.server.turns.proxy import proxied
from tests.server.turns.scene import books_balance, count
from tests.support.turns import Harness, turn_harness

STEP = MicroCredits(4_000_000)
"""2000 tokens of the demo model."""

TOKEN = MicroCredits(2_000)


async def running(turns: Harness, credits: float) -> tuple[Extender, Run, Principal]:
    """A turn that runs slowly, and what holds more for it."""
    caller = await turns.person(credits=credits)
    started = await turns.say(caller, "[demo: slow] [demo: long 9000] x")
    run = turns.engine.live.run(started.event.turn_id)
    assert run is not None
    services = turns.process.services
    extender = Extender(
        services.database,
        services.ledger,
        services.plans,
        hold_s=900,
        credits_per_usd=services.settings.credits_per_usd,
        clock=services.clock,
    )
    return extender, run, caller


async def held(database: Database, turn: UUID) -> list[int]:
    async with database.snapshot() as tx:
        rows = await tx.scalars(select(HoldRow.step).where(HoldRow.turn_id == turn))
        return sorted(rows)


async def give(database: Database, caller: Principal, credits: int) -> None:
    async with database.transaction() as tx:
        await give_credits(tx, caller.account_id, credits * 1_000_000)


async def test_a_step_asked_for_again_is_held_once(turns: Harness, database: Database) -> None:
    extender, run, _ = await running(turns, credits=100)
    answers = [await extender.extend(run.turn, run.fence, 2, STEP, TOKEN) for _ in range(3)]
    assert answers == [STEP] * 3
    assert await held(database, run.turn.id) == [1, 2]


async def test_what_can_still_be_paid_is_held_where_a_step_cannot(
    turns: Harness, database: Database
) -> None:
    extender, run, _ = await running(turns, credits=6)
    tokens = await extender.extend(run.turn, run.fence, 2, STEP, TOKEN)
    assert 0 < tokens < STEP
    with pytest.raises(InsufficientCredits):
        await extender.extend(run.turn, run.fence, 3, STEP, TOKEN)
    assert await held(database, run.turn.id) == [1, 2]


async def test_a_part_of_a_step_whose_commit_was_not_answered_stays_that_part(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with proxied(migrated) as (proxy, urls), turn_harness(urls) as harness:
        extender, run, caller = await running(harness, credits=6)
        proxy.lose_commit(of=uuid5(run.turn.id, "hold:2").bytes)
        with pytest.raises(ServiceUnavailable):
            await extender.extend(run.turn, run.fence, 2, STEP, TOKEN)
        assert proxy.lost == 1
        answer = await extender.extend(run.turn, run.fence, 2, STEP, TOKEN)
        async with database.snapshot() as tx:
            credits = await tx.scalar(select(HoldRow.credits).where(HoldRow.step == 2))
        assert answer == credits
        assert 0 < answer < STEP
        await give(database, caller, 50)
        assert await extender.extend(run.turn, run.fence, 2, STEP, TOKEN) == answer
        assert await extender.extend(run.turn, run.fence, 3, TOKEN, TOKEN) == TOKEN
        assert await held(database, run.turn.id) == [1, 2, 3]


async def test_a_quota_that_was_lowered_meanwhile_holds_for_the_next_step(
    turns: Harness, database: Database
) -> None:
    extender, run, caller = await running(turns, credits=100)
    assert await extender.extend(run.turn, run.fence, 2, STEP, TOKEN) == STEP
    plans = structs.replace(
        turns.process.services.plans,
        starter=structs.replace(turns.process.services.plans.starter, quota_usd=NanoUsd(9_000_000)),
    )
    extender._plans = plans
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(ai_plan="starter"))
    # 8.1 cents in thousandths are held, 9 are allowed: 0.9 is left, 2 a thousand tokens.
    tokens = await extender.extend(run.turn, run.fence, 3, STEP, TOKEN)
    assert 0 < tokens < STEP
    with pytest.raises(QuotaExceeded):
        await extender.extend(run.turn, run.fence, 4, STEP, TOKEN)
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(ai_plan="business"))
    assert await extender.extend(run.turn, run.fence, 4, STEP, TOKEN) == STEP
    await turns.engine.cancel(caller, run.turn.id)
    await run.ended.wait()
    await books_balance(database)


async def test_a_turn_that_is_not_ours_any_more_holds_nothing_more(
    turns: Harness, database: Database
) -> None:
    extender, run, caller = await running(turns, credits=100)
    with pytest.raises(Conflict):
        await extender.extend(run.turn, run.fence + 1, 2, STEP, TOKEN)
    await turns.engine.cancel(caller, run.turn.id)
    await run.ended.wait()
    with pytest.raises(Conflict):
        await extender.extend(run.turn, run.fence, 2, STEP, TOKEN)
    assert await held(database, run.turn.id) == [1]
    await books_balance(database)


async def test_steps_racing_for_the_last_credits_hold_no_more_than_there_is(
    turns: Harness, database: Database
) -> None:
    extender, first, caller = await running(turns, credits=13)
    second_turn = await turns.say(caller, "[demo: slow] [demo: long 9000] y")
    second = turns.engine.live.run(second_turn.event.turn_id)
    assert second is not None
    # 13 credits, 2 holds of 4 and a little: 5 are left for four steps of 4.
    answers = await asyncio.gather(
        *(
            extender.extend(run.turn, run.fence, number, STEP, TOKEN)
            for run in (first, second)
            for number in (2, 3)
        ),
        return_exceptions=True,
    )
    granted = [answer for answer in answers if isinstance(answer, int)]
    assert sum(granted) <= 5_000_000
    assert all(isinstance(answer, int | InsufficientCredits) for answer in answers)
    async with database.snapshot() as tx:
        row = (await tx.execute(text("SELECT balance, held FROM accounts"))).one()
        sum_held = await tx.scalar(text("SELECT sum(credits) FROM holds WHERE state = 'open'"))
    assert row.held == sum_held <= row.balance
    for run in (first, second):
        await turns.engine.cancel(caller, run.turn.id)
        await run.ended.wait()
    assert await count(database, HoldRow, HoldRow.state == "open") == 0
    await books_balance(database)
