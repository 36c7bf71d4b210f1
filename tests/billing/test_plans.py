"""Which plan a user has by its stored name."""

import pytest

from billing.plans import PlanName, make_plans
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
