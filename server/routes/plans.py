"""What each plan allows, so that somebody can compare theirs with the others."""

from msgspec import Struct

from billing.plans import Plan, PlanName
from server.accounts.access import Scope
from server.domain.money import usd_text
from server.routes.calls import Call
from server.routes.operations import Operation


class PlanView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``monthlyUsd`` null: no limit. ``current``: the caller's, before limits of their own."""

    name: str
    monthly_usd: str | None
    requests_per_hour: int
    running_turns: int
    current: bool


class PlanList(Struct, frozen=True, kw_only=True, rename="camel"):
    """The smallest first; all there are: ``nextCursor`` is always null."""

    items: list[PlanView]
    next_cursor: None = None


async def list_plans(call: Call) -> PlanList:
    plans = call.services.plans
    current = plans.of(call.caller.plan).name
    return PlanList(items=[_view(plans.of(name), current) for name in PlanName])


def _view(plan: Plan, current: PlanName) -> PlanView:
    return PlanView(
        name=plan.name.value,
        monthly_usd=None if plan.quota_usd is None else usd_text(plan.quota_usd),
        requests_per_hour=plan.requests_per_hour,
        running_turns=plan.running_turns,
        current=plan.name is current,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/plans",
        handler=list_plans,
        scope=Scope.READ,
        summary="What each plan allows, and which of them is the caller's.",
        tag="limits",
        response=PlanList,
    ),
)
