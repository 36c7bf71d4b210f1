"""Whatever is asked at once, and however plan and limits change between: nobody spends more than
their limit, what is refused asks no provider, and each mark is told once."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from sqlalchemy import func, select

from agents.providers.demo import FULL_SPEED
from agents.providers.load import ProviderSettings
from billing.tables import QuotaRow
from server.accounts.access import Principal
from server.domain.clock import month_of
from server.domain.errors import QuotaExceeded
from server.domain.limits import OwnLimits
from server.domain.money import NanoUsd
from server.local.engines import EngineUrls
from server.persistence import entitlements, people
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from server.process import open_process
from server.protocol.events import QuotaThreshold
from server.turns.feed import QuotaEvent
from server.turns.planchanges import follow
from server.turns.thresholds import told_marks
from tests.server.accounts.people import TurnedClock
from tests.server.turns.scene import books_balance, count, one
from tests.support.turns import Harness, turn_harness

LIMITS: dict[str, Any] = {"quota_starter_usd": "0.02", "quota_pro_usd": "0.05"}
QUOTAS = {"starter": 20_000_000, "pro": 50_000_000, "business": None}
"""Nano-dollars a month. An answer of 500 tokens of the demo model takes 1 000 000 of them."""

plans = st.sampled_from([*QUOTAS])
own_limits = st.sampled_from([None, None, 5_000_000, 30_000_000])
batches = st.lists(st.sampled_from([100, 500, 1_500, 4_000, 12_000]), min_size=1, max_size=8)
months = st.lists(st.tuples(plans, own_limits, batches), min_size=1, max_size=4)


async def entitle(turns: Harness, caller: Principal, plan: str, own: int | None) -> int | None:
    """Another plan and limit; answers what may be spent a month."""
    services = turns.process.services

    async def work(tx: Any) -> list[QuotaEvent]:
        before = await entitlements.find(tx, caller.user_id)
        await people.change(tx, caller.user_id, {"ai_plan": plan})
        limits = OwnLimits(quota_usd=None if own is None else NanoUsd(own))
        await entitlements.set_own_limits(tx, caller.user_id, limits)
        return await follow(tx, services.plans, caller.user_id, before, now=services.clock())

    services.thresholds.tell(caller.user_id, await services.database.run(work))
    return min((each for each in (QUOTAS[plan], own) if each is not None), default=None)


async def spent(database: Database, caller: Principal) -> int:
    query = select(func.coalesce(func.sum(QuotaRow.spent), 0))
    return int((await one(database, query.where(QuotaRow.user_id == caller.user_id)))[0])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(months)
async def test_no_limit_is_overshot_and_no_mark_told_twice(
    migrated: EngineUrls,
    database: Database,
    redis: Redis,
    month: list[tuple[str, int | None, list[int]]],
) -> None:
    async with turn_harness(migrated, **LIMITS) as turns:
        caller, heard = await turns.person(plan="starter"), Counter[tuple[str | None, int]]()

        def listen(event: object) -> None:
            if isinstance(event, QuotaThreshold):
                heard[event.quota.limit_usd, event.percent] += 1

        turns.engine.feed.follow_user(caller.user_id, listen)
        stopped = set[int]()
        for plan, own, tokens in month:
            limit, before = await entitle(turns, caller, plan, own), await spent(database, caller)
            known = await count(database, TurnRow, TurnRow.user_id == caller.user_id)
            answers = await asyncio.gather(
                *(turns.answer(caller, f"[demo: long {each}] x") for each in tokens),
                return_exceptions=True,
            )
            refused = [each for each in answers if isinstance(each, QuotaExceeded)]
            ended = [each for each in answers if isinstance(each, dict)]
            assert len(refused) + len(ended) == len(answers), answers
            # A refusal leaves nothing behind: what was not admitted was never asked of a provider.
            admitted = await count(database, TurnRow, TurnRow.user_id == caller.user_id)
            assert admitted - known == len(ended)
            after = await spent(database, caller)
            if limit is None:
                assert not refused
                continue
            assert after <= max(limit, before)
            assert not (before >= limit and ended)
            if refused or any(each.get("finishReason") == "quota" for each in ended):
                stopped.add(limit)
            async with database.snapshot() as tx:
                told = await told_marks(
                    tx, caller.user_id, month_of(turns.process.services.clock()), NanoUsd(limit)
                )
            assert (100 in told) == (limit in stopped)
            highest = max((mark for mark in (80, 95) if after * 100 >= mark * limit), default=None)
            assert highest is None or highest in told
        assert set(heard.values()) <= {1}
        await turns.engine.wait_idle(10)
        await books_balance(database)


async def test_a_month_ends_at_midnight_in_utc_and_the_next_begins_with_nothing(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    clock = TurnedClock(datetime(2026, 3, 31, 23, 59, tzinfo=UTC))
    async with turn_harness(migrated, **LIMITS) as made:
        configured = made.process.services.settings
        offered = ProviderSettings(demo_pacing=FULL_SPEED)
    async with open_process(configured, providers=offered, clock=clock) as process:
        turns = Harness(process)
        caller = await turns.person(plan="starter")
        stopped = await turns.answer(caller, "[demo: long 20000] x")
        assert stopped["finishReason"] == "quota"
        (refused,) = await asyncio.gather(turns.say(caller, "x"), return_exceptions=True)
        assert isinstance(refused, QuotaExceeded)
        assert refused.metadata["resetsAt"] == "2026-04-01T00:00:00Z"
        assert refused.retry_after == 60
        clock.turn(seconds=61)
        _, quota = await turns.engine.figures(caller)
        assert (quota.month, quota.spent_usd) == ("2026-04", "0")
        again = await turns.answer(caller, "[demo: long 20000] x")
        assert (again["finishReason"], again["quota"]["month"]) == ("quota", "2026-04")
        async with database.snapshot() as tx:
            for month in (month_of(clock.now), datetime(2026, 3, 1, tzinfo=UTC).date()):
                told = await told_marks(tx, caller.user_id, month, NanoUsd(QUOTAS["starter"] or 0))
                assert told == [80, 95, 100]
            rows = (await tx.execute(select(QuotaRow.month, QuotaRow.spent))).all()
        assert all(0 < row.spent <= 20_000_000 for row in rows)
        assert len(rows) == 2


async def test_a_turn_is_of_the_month_in_which_it_was_admitted(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    clock = TurnedClock(datetime(2026, 3, 31, 23, 59, tzinfo=UTC))
    async with turn_harness(migrated, **LIMITS) as made:
        configured = made.process.services.settings
    async with open_process(configured, clock=clock) as process:
        turns = Harness(process)
        caller = await turns.person(plan="starter")
        started = await turns.say(caller, "[demo: slow] [demo: long 5000] x")
        clock.turn(seconds=61)
        await turns.engine.cancel(caller, started.event.turn_id)
        outcome = await turns.end(started.cursor)
        assert outcome["quota"]["month"] == "2026-03"
        rows = await one(database, select(QuotaRow.month, QuotaRow.held))
        assert (rows.month, rows.held) == (datetime(2026, 3, 1, tzinfo=UTC).date(), 0)


async def test_a_downgrade_in_mid_month_refuses_the_next_turn_and_nothing_else(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated, **LIMITS) as turns:
        caller = await turns.person(plan="pro")
        await turns.answer(caller, "[demo: long 13000] x")
        taken = await spent(database, caller)
        await entitle(turns, caller, "starter", None)
        (refused,) = await asyncio.gather(turns.say(caller, "x"), return_exceptions=True)
        assert isinstance(refused, QuotaExceeded)
        assert (refused.metadata["limit"], refused.metadata["remaining"]) == ("0.02", "0")
        assert await spent(database, caller) == taken
        await entitle(turns, caller, "pro", None)
        await turns.answer(caller, "x")
        await turns.engine.wait_idle(10)
        await books_balance(database)
