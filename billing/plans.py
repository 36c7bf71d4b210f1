"""What each plan allows. The numbers are settings; their defaults are the specification's."""

import enum
from typing import TypeVar

from msgspec import Struct, structs

from server.domain.limits import NO_OWN_LIMITS, OwnLimits
from server.domain.money import NanoUsd

Limit = TypeVar("Limit", bound=int)


class PlanName(enum.StrEnum):
    STARTER = "starter"
    PRO = "pro"
    BUSINESS = "business"


class Plan(Struct, frozen=True, kw_only=True, gc=False):
    """Requests an hour, turns at once, dollars a month (None: no limit) of one user; dollars that
    one of several agents may be charged in one turn."""

    name: PlanName
    requests_per_hour: int
    running_turns: int
    quota_usd: NanoUsd | None
    agent_cap_usd: NanoUsd


class Plans(Struct, frozen=True, kw_only=True):
    """All plans of this installation; an upgrade takes effect at the next admission."""

    starter: Plan
    pro: Plan
    business: Plan

    def of(self, name: str | None, own: OwnLimits = NO_OWN_LIMITS) -> Plan:
        """The plan of a user by its stored name; none, or one that no longer exists: starter.
        Each figure is lowered to the user's ``own`` where that is less, and never raised."""
        plan = self._named(name)
        return plan if own == NO_OWN_LIMITS else lowered(plan, own)

    def _named(self, name: str | None) -> Plan:
        match name:
            case PlanName.PRO:
                return self.pro
            case PlanName.BUSINESS:
                return self.business
            case _:
                return self.starter


def lowered(plan: Plan, own: OwnLimits) -> Plan:
    """What of ``own`` is less than the plan's, and the plan's for the rest."""
    return structs.replace(
        plan,
        requests_per_hour=_least(plan.requests_per_hour, own.requests_per_hour),
        running_turns=_least(plan.running_turns, own.running_turns),
        quota_usd=own.quota_usd
        if plan.quota_usd is None
        else _least(plan.quota_usd, own.quota_usd),
    )


def _least(plan: Limit, own: Limit | None) -> Limit:
    return plan if own is None else min(plan, own)


def make_plans(
    *,
    rate_starter_per_hour: int,
    rate_pro_per_hour: int,
    rate_business_per_hour: int,
    running_turns_starter: int,
    running_turns_pro: int,
    running_turns_business: int,
    quota_starter_usd: NanoUsd | None,
    quota_pro_usd: NanoUsd | None,
    quota_business_usd: NanoUsd | None,
    agent_cap_usd: NanoUsd,
) -> Plans:
    """Plans from the settings of the same names."""
    return Plans(
        starter=Plan(
            name=PlanName.STARTER,
            requests_per_hour=rate_starter_per_hour,
            running_turns=running_turns_starter,
            quota_usd=quota_starter_usd,
            agent_cap_usd=agent_cap_usd,
        ),
        pro=Plan(
            name=PlanName.PRO,
            requests_per_hour=rate_pro_per_hour,
            running_turns=running_turns_pro,
            quota_usd=quota_pro_usd,
            agent_cap_usd=agent_cap_usd,
        ),
        business=Plan(
            name=PlanName.BUSINESS,
            requests_per_hour=rate_business_per_hour,
            running_turns=running_turns_business,
            quota_usd=quota_business_usd,
            agent_cap_usd=agent_cap_usd,
        ),
    )
