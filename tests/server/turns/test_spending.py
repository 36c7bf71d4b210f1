"""Whatever an answer costs and however it comes: what is taken is there; the receipt adds up."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from redis.asyncio import Redis
from sqlalchemy import select

from billing.tables import AccountRow, QuotaRow
from server.accounts.access import Principal
from server.domain.errors import InsufficientCredits, QuotaExceeded
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from server.protocol.commands import TurnParams
from tests.server.turns.long_answers import (
    OVERRUN_TOKENS,
    PRICES,
    check_end,
    exchange_of,
    longest_delta,
    stubbed,
)
from tests.server.turns.scene import books_balance, count, one
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.turns import Harness

QUOTAS = {"starter": 25_000_000, "pro": 45_000_000, "business": None}
"""Nano-dollars a month."""

answers = st.fixed_dictionaries(
    {
        "tokens": st.one_of(st.integers(1, 100), st.integers(1_500, 6_000)),
        "burst": st.sampled_from([1, 7, 60, 500]),
        "more": st.sampled_from([0, 0, 3, 4_000]),
        "usage": st.sampled_from([1, 1, 0]),
    }
)


@pytest_asyncio.fixture
async def scene(
    migrated: EngineUrls, database: Database, redis: Redis
) -> AsyncIterator[tuple[OpenAIStub, Harness]]:
    limits = {"quota_starter_usd": "0.025", "quota_pro_usd": "0.045"}
    async with OpenAIStub() as stub, stubbed(migrated, stub, **limits) as harness:
        yield stub, harness


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["stub", "stub", *PRICES]),
    st.sampled_from([*QUOTAS, "pro", "business"]),
    # Of credits: a step of the stub model takes 20, and most answers a few of them.
    st.one_of(st.integers(21_000, 70_000), st.integers(21_000, 70_000), st.integers(1, 3_000)),
    st.sampled_from([None, None, 20, 2_500]),
    answers,
)
async def test_nothing_is_taken_that_is_not_there(
    scene: tuple[OpenAIStub, Harness],
    database: Database,
    model: str,
    plan: str,
    thousandths: int,
    cap: int | None,
    answer: dict[str, Any],
) -> None:
    stub, harness = scene
    caller = await harness.person(thousandths / 1_000, plan)
    given = (await account_of(database, caller)).balance
    directive = " ".join(f"{name}={value}" for name, value in answer.items())
    prompt = f"[stub: {directive}] {new_id()}"
    params = TurnParams(max_output_tokens=cap) if cap else UNSET
    try:
        turn = await harness.say(caller, prompt, model=f"openai/{model}", params=params)
    except (InsufficientCredits, QuotaExceeded):
        assert await count(database, TurnRow, TurnRow.user_id == caller.user_id) == 0
        return
    outcome = await harness.end(turn.cursor)
    assert outcome["type"] == "turn.completed"
    assert outcome["finishReason"] in {"stop", "length", "credits", "quota"}
    exchange = exchange_of(stub, prompt)
    ledger = await check_end(database, exchange, turn, outcome)

    account = await account_of(database, caller)
    async with database.snapshot() as tx:
        quota = (await tx.execute(select(QuotaRow).where(QuotaRow.user_id == caller.user_id))).one()
    assert account.balance == given - ledger["capture"] >= 0
    limit = QUOTAS[plan]
    assert limit is None or quota.spent <= limit
    assert ledger["overage"] == 0 or account.balance == 0 or quota.spent == limit
    # A dollar for a million tokens is a thousandth of a credit for each.
    per_token = int(float(PRICES[model].partition("/")[2]) * 1_000)
    said = OVERRUN_TOKENS + longest_delta(turn) + answer["more"] * answer["usage"]
    if outcome["finishReason"] == "length":
        said += (cap or 0) + 100
    owed = ledger["capture"] + ledger["overage"]
    assert owed <= ledger["held"] + said * per_token
    await books_balance(database)
    stub.exchanges.clear()


async def account_of(database: Database, caller: Principal) -> Any:
    return await one(database, select(AccountRow).where(AccountRow.id == caller.account_id))
