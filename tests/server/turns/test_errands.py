"""An answer without a conversation counts as a turn does; a refused one leaves nothing."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest
from msgspec import structs
from redis.asyncio import Redis
from sqlalchemy import text

from agents.providers.demo import Pacing
from agents.providers.load import ProviderSettings
from agents.team.contexts import Figure, Performance
from billing.windows import Remaining, Window
from server.accounts.access import Principal
from server.domain.content import Params
from server.domain.errors import (
    AppError,
    Draining,
    Forbidden,
    InsufficientCredits,
    NotFound,
    RateLimited,
)
from server.domain.ids import WorkspaceId, new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.redis import rate_key, slots_key
from server.turns.errands import TEST, Errand
from server.turns.generation import Generated
from server.turns.jobs import Job
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

ERRAND = Errand(
    prompt="hello",
    feature=TEST,
    params=Params(temperature=0.7, max_output_tokens=20),
    input={"prompt": "hello"},
)


JOB = Job(
    kind="analysis",
    feature="analysis",
    input={"timeframe": "a week"},
    about="likes of a week",
    context=lambda known: Performance(
        platforms=("instagram",),
        content_types=("photo",),
        timeframe="a week",
        metrics=(Figure(name="likes", value="120"),),
        known=known,
    ),
)


async def run(
    harness: Harness, caller: Principal, errand: Errand = ERRAND, heard: list[str] | None = None
) -> Generated:
    def told(stood: Sequence[Remaining]) -> None:
        if heard is not None:
            heard.append(" ".join(f"{one.scope}:{one.remaining}" for one in stood))

    errands = harness.process.turns.errands
    begun = await errands.begin(
        caller,
        errand,
        address="127.0.0.1",
        correlation_id="c",
        told=told,
    )
    return await errands.end(begun, within_s=20)


def narrow(caller: Principal, limit: int) -> Errand:
    window = Window(scope="test", name=str(caller.user_id), limit=limit, seconds=3_600)
    return structs.replace(ERRAND, beside=(window,))


async def test_it_is_counted_with_the_endpoint_s_limit_and_its_slot_is_freed(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller, heard = await turns.person(), list[str]()
    made = await run(turns, caller, narrow(caller, 1), heard)
    assert made.text
    assert heard == ["test:0 user:499 workspace:4999 address:2999 turns:199"]
    await eventually(lambda: _is_empty(redis, slots_key(caller.user_id)))
    with pytest.raises(RateLimited) as refused:
        await run(turns, caller, narrow(caller, 1), heard)
    assert refused.value.metadata["scope"] == "test"
    assert heard[1] == "test:0 user:499 workspace:4999 address:2999 turns:200"
    await books_balance(database)


async def _is_empty(redis: Redis, key: str) -> bool:
    return await redis.zcard(key) == 0


async def test_a_refusal_gives_back_what_it_took(
    turns: Harness, database: Database, redis: Redis
) -> None:
    poor, heard = await turns.person(credits=0), list[str]()
    with pytest.raises(InsufficientCredits):
        await run(turns, poor, heard=heard)
    assert heard[-1] == "user:500 workspace:5000 address:3000 turns:200"
    assert await redis.keys("*") == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scopes": frozenset({"read"})}, Forbidden),
        ({"is_bound": True, "workspace_id": WorkspaceId(new_id())}, NotFound),
    ],
)
async def test_who_may_not_ask_is_not_counted(
    turns: Harness,
    database: Database,
    redis: Redis,
    changes: dict[str, object],
    error: type[AppError],
) -> None:
    caller = await turns.person()
    with pytest.raises(error):
        await run(turns, structs.replace(caller, **changes))
    assert await redis.keys("*") == []


async def test_a_process_that_drains_takes_no_more(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()
    turns.engine.is_draining = True
    with pytest.raises(Draining):
        await run(turns, caller)
    assert await redis.keys("*") == []


async def test_the_slot_of_one_whose_caller_went_is_freed_with_its_end(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    slow = ProviderSettings(demo_pacing=Pacing(tokens_per_s=5, first_token_s=0))
    async with turn_harness(migrated, providers=slow) as harness:
        caller = await harness.person()
        asking = asyncio.create_task(run(harness, caller))
        await eventually(lambda: len(harness.engine.live) == 1)
        assert await redis.zcard(slots_key(caller.user_id)) == 1
        asking.cancel()
        await asyncio.wait({asking})
        await eventually(lambda: _is_empty(redis, slots_key(caller.user_id)))
        # It was asked, and counts.
        assert await redis.zcard(rate_key("user", str(caller.user_id))) == 1
    await books_balance(database)


async def test_a_job_that_nobody_asked_for_is_paid_and_kept_but_not_counted(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller, errands = await turns.person(credits=100), turns.process.turns.errands
    begun = await errands.begin_unasked(caller.user_id, JOB, correlation_id="report")
    made = await errands.end(begun, within_s=20)
    assert isinstance(made.value, dict)
    assert made.value["insights"]
    assert await redis.keys("rate:*") + await redis.keys("slots:*") == []
    async with database.snapshot() as tx:
        kept = (await tx.execute(text("SELECT id, kind FROM generations"))).one()
    assert tuple(kept) == (made.generation_id, "analysis")
    balance, _ = await turns.engine.figures(caller)
    assert 100 - Decimal(balance.credits) == Decimal(made.receipt.charged) > 0
    turns.engine.is_draining = True
    with pytest.raises(Draining):
        await errands.begin_unasked(caller.user_id, JOB, correlation_id="report")
    await books_balance(database)
