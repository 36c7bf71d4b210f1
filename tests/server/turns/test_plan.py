"""What is held first is a step of every call that is planned."""

import pytest
from msgspec import structs

from server.domain.money import NanoUsd
from server.protocol.commands import TurnRequest
from server.turns.plan import Plan
from server.turns.steps import LIKELY_TOKENS, STEP_TOKENS, step
from tests.support.turns import Harness

RATE = 1_000


async def plan_of(turns: Harness, **fields: object) -> Plan:
    planner = turns.engine._planner
    plan = await planner.plan(await turns.person(), TurnRequest(text="Hello"))
    assert isinstance(plan, Plan)
    return structs.replace(plan, **fields)


def held(plan: Plan, input_tokens: int) -> int:
    tokens = min(STEP_TOKENS, plan.output_cap)
    return step(
        plan.price, input_tokens=input_tokens, output_tokens=tokens, credits_per_usd=RATE
    ).credits


@pytest.mark.parametrize("output_cap", [300, 5_000])
async def test_each_call_that_is_planned_has_its_share(turns: Harness, output_cap: int) -> None:
    plan = await plan_of(turns, beside=(40, 900), output_cap=output_cap)
    shares = plan.shares(RATE)
    expected = [held(plan, tokens) for tokens in (plan.fitted.input_tokens, 40, 900)]
    assert list(shares) == expected
    assert plan.first_step(RATE).credits == sum(expected)


async def test_none_of_several_has_more_than_one_agent_may_take(turns: Harness) -> None:
    plan = await plan_of(turns, beside=(10**7, 10))
    capped = structs.replace(plan.allowed, agent_cap_usd=NanoUsd(2_000_000))
    plan = structs.replace(plan, allowed=capped)
    assert plan.agent_cap(RATE) == 2_000_000
    assert plan.shares(RATE) == (2_000_000,) * 3
    alone = structs.replace(plan, beside=())
    assert alone.first_step(RATE).credits == held(alone, alone.fitted.input_tokens) > 2_000_000


@pytest.mark.parametrize("beside", [(), (40, 900)], ids=["one", "three"])
async def test_of_a_small_balance_an_ordinary_answer_of_each_is_held(
    turns: Harness, beside: tuple[int, ...]
) -> None:
    plan = await plan_of(turns, beside=beside, may_hold_less=True)
    whole, least = (sum(plan.shares(RATE, tokens)) for tokens in (STEP_TOKENS, LIKELY_TOKENS))

    def first(plan: Plan, spendable: int) -> int:
        figures = structs.replace(plan.figures, balance=spendable, held=0)
        return structs.replace(plan, figures=figures).first_step(RATE).credits

    assert [first(plan, left) for left in (whole, whole - 1, 0)] == [whole, least, least]
    assert first(structs.replace(plan, may_hold_less=False), whole - 1) == whole > least
