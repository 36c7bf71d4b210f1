"""Which plan a user has by its stored name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.plans import PlanName, make_plans
from server.domain.limits import OwnLimits
from server.domain.money import NanoUsd

PLANS = make_plans(
    rate_starter_per_hour=50,
    rate_pro_per_hour=100,
    rate_business_per_hour=500,
    running_turns_starter=20,
    running_turns_pro=50,
    running_turns_business=200,
    quota_starter_usd=NanoUsd(10),
    quota_pro_usd=NanoUsd(50),
    quota_business_usd=None,
    agent_cap_usd=NanoUsd(1),
)


@pytest.mark.parametrize(
    ("stored", "plan"),
    [
        ("starter", PlanName.STARTER),
        ("pro", PlanName.PRO),
        ("business", PlanName.BUSINESS),
        (None, PlanName.STARTER),
        ("gold", PlanName.STARTER),
    ],
)
def test_a_stored_name_is_a_plan(stored: str | None, plan: PlanName) -> None:
    assert PLANS.of(stored).name is plan


def test_each_plan_has_its_own_limits() -> None:
    assert [
        (plan.requests_per_hour, plan.running_turns, plan.quota_usd)
        for plan in (PLANS.starter, PLANS.pro, PLANS.business)
    ] == [(50, 20, 10), (100, 50, 50), (500, 200, None)]


limits = st.one_of(st.none(), st.integers(1, 1_000))


@given(st.sampled_from([None, *PlanName]), limits, limits, limits)
def test_a_limit_of_one_s_own_lowers_a_plan_and_never_raises_it(
    name: str | None, usd: int | None, requests: int | None, turns: int | None
) -> None:
    own = OwnLimits(
        quota_usd=None if usd is None else NanoUsd(usd),
        requests_per_hour=requests,
        running_turns=turns,
    )
    plan, holds = PLANS.of(name), PLANS.of(name, own)
    assert holds.name is plan.name
    for allowed, wanted, found in (
        (plan.quota_usd, usd, holds.quota_usd),
        (plan.requests_per_hour, requests, holds.requests_per_hour),
        (plan.running_turns, turns, holds.running_turns),
    ):
        bounds = [each for each in (allowed, wanted) if each is not None]
        assert found == min(bounds, default=None)
