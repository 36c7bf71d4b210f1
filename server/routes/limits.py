"""Limits that users set themselves, below those of their plan."""

from typing import Annotated

from msgspec import Meta, Struct

from billing.plans import Plan
from server.accounts.access import Scope
from server.domain.errors import Invalid
from server.domain.limits import OwnLimits
from server.domain.money import NanoUsd, parse_usd, usd_text
from server.persistence import entitlements, users
from server.persistence.database import Tx
from server.persistence.entitlements import Entitled
from server.routes.calls import Call
from server.routes.operations import Operation
from server.turns.feed import QuotaEvent
from server.turns.planchanges import follow

TAG = "limits"
PATH = "/api/limits"

Usd = Annotated[str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?$(?!\n)")]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class SetLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Each is named; null: the plan's alone counts."""

    monthly_usd: Usd | None
    requests_per_hour: Count | None
    running_turns: Count | None


class UsdLimit(Struct, frozen=True, kw_only=True):
    """Dollars. ``holds``: the lower of ``plan`` and ``own``; null: there is no limit."""

    plan: str | None
    own: str | None
    holds: str | None


class CountLimit(Struct, frozen=True, kw_only=True):
    """``holds``: the lower of ``plan`` and ``own``, which is null where none was set."""

    plan: int
    own: int | None
    holds: int


class LimitsView(Struct, frozen=True, kw_only=True, rename="camel"):
    """An ``own`` limit that a change of plan has left above the plan's stays, and is no limit until
    the plan allows more again."""

    plan: str
    monthly_usd: UsdLimit
    requests_per_hour: CountLimit
    running_turns: CountLimit


async def read_limits(call: Call) -> LimitsView:
    async with call.services.database.snapshot() as tx:
        return _view(call, await entitlements.find(tx, call.caller.user_id))


async def set_limits(call: Call) -> LimitsView:
    body, user, services = call.body(SetLimits), call.caller.user_id, call.services
    now, own = services.clock(), own_limits(body)

    async def work(tx: Tx) -> tuple[LimitsView, list[QuotaEvent]]:
        await users.lock(tx, user)
        before = await entitlements.find(tx, user)
        check(own, services.plans.of(before.plan))
        await entitlements.set_own_limits(tx, user, own)
        told = await follow(tx, services.plans, user, before, now=now)
        return _view(call, await entitlements.find(tx, user)), told

    view, told = await services.database.run(work)
    services.accounts.endings.tell_user_changed(user)
    services.thresholds.tell(user, told)
    return view


def own_limits(body: SetLimits) -> OwnLimits:
    """Raises Invalid: nobody can spend nothing."""
    quota = None if body.monthly_usd is None else parse_usd(body.monthly_usd)
    if quota == 0:
        raise Invalid("A limit is above zero.", path="$.monthlyUsd")
    return OwnLimits(
        quota_usd=quota,
        requests_per_hour=body.requests_per_hour,
        running_turns=body.running_turns,
    )


def check(own: OwnLimits, plan: Plan) -> None:
    """Raises Invalid: the plan allows less; ``metadata.limit`` says how much."""
    usd = plan.quota_usd
    if own.quota_usd is not None and usd is not None and own.quota_usd > usd:
        raise _above("monthlyUsd", usd_text(usd))
    if (own.requests_per_hour or 0) > plan.requests_per_hour:
        raise _above("requestsPerHour", plan.requests_per_hour)
    if (own.running_turns or 0) > plan.running_turns:
        raise _above("runningTurns", plan.running_turns)


def _above(field: str, bound: str | int) -> Invalid:
    return Invalid(f"Your plan allows {bound}.", path=f"$.{field}", metadata={"limit": bound})


def _view(call: Call, found: Entitled) -> LimitsView:
    plans, own = call.services.plans, found.own_limits
    plan, holds = plans.of(found.plan), plans.of(found.plan, own)
    return LimitsView(
        plan=plan.name.value,
        monthly_usd=UsdLimit(
            plan=_text(plan.quota_usd), own=_text(own.quota_usd), holds=_text(holds.quota_usd)
        ),
        requests_per_hour=CountLimit(
            plan=plan.requests_per_hour,
            own=own.requests_per_hour,
            holds=holds.requests_per_hour,
        ),
        running_turns=CountLimit(
            plan=plan.running_turns, own=own.running_turns, holds=holds.running_turns
        ),
    )


def _text(usd: NanoUsd | None) -> str | None:
    return None if usd is None else usd_text(usd)


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        handler=read_limits,
        scope=Scope.READ,
        summary="What the plan allows, what one has set oneself, and which of them holds.",
        tag=TAG,
        response=LimitsView,
    ),
    Operation(
        method="PUT",
        path=PATH,
        handler=set_limits,
        summary="Set limits of one's own below the plan's; they hold from the next turn on.",
        tag=TAG,
        request=SetLimits,
        response=LimitsView,
    ),
)
