"""Models and their prices; what the month has used of its quota."""

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from billing.quotas import Mark, outlook, remaining
from server.accounts.access import Scope
from server.domain.clock import month_of, next_month
from server.domain.money import NanoUsd, usd_text
from server.persistence import people
from server.persistence.subscriptions import PlanSource
from server.protocol.figures import UnitPrices
from server.routes.calls import Call
from server.routes.operations import Operation
from server.routes.ratelimits import RateView, rate_view
from server.turns.receipts import unit_prices
from server.turns.thresholds import told_marks

TAG = "ai"


Capability: TypeAlias = Literal["text", "vision", "tools", "json", "reasoning"]


class ModelsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``capability``: only models that have it."""

    capability: Capability | None = None


class ModelTier(Struct, frozen=True, kw_only=True, rename="camel"):
    """What every token of a request costs whose input has more than ``aboveInputTokens``."""

    above_input_tokens: int
    prices: UnitPrices


class ModelView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``prices`` in dollars per million tokens; null and ``unpriced``: it cannot be used yet.
    They are those of small requests where there are ``tiers``, which price a large one as a whole.
    ``fallbacks`` are ids of models that may answer in its place, best first. ``paused``: an admin
    lets nobody ask it at present. ``demo``: answers are made up here, by nobody's model.
    ``samples``: it takes ``temperature`` and ``topP``; otherwise they change nothing."""

    id: str
    provider: str
    name: str
    title: str
    capabilities: list[str]
    context_tokens: int
    output_tokens: int
    prices: UnitPrices | None
    tiers: list[ModelTier]
    fallbacks: list[str]
    available: bool
    unpriced: bool
    paused: bool
    demo: bool
    samples: bool
    default: bool


class ModelList(Struct, frozen=True, kw_only=True, rename="camel"):
    """All that there are or were asked for: ``nextCursor`` is always null."""

    items: list[ModelView]
    next_cursor: None = None


class QuotaView(Struct, frozen=True, kw_only=True, rename="camel"):
    """This UTC month. ``limitUsd`` is the lower of ``planLimitUsd`` and ``ownLimitUsd``.
    ``percent`` of it is spent, ``remainingUsd`` neither spent nor held; ``pace`` 1.0: it will be
    used up on the last day exactly. All of these are null where there is no limit. ``crossed``: its
    marks, in per cent, that the user was told of; 100: a turn was refused, or stopped. ``rate``:
    how the hour stands; null while that is not known."""

    plan: str
    plan_source: PlanSource
    month: str
    limit_usd: str | None
    plan_limit_usd: str | None
    own_limit_usd: str | None
    spent_usd: str
    held_usd: str
    remaining_usd: str | None
    percent: float | None
    crossed: list[Mark]
    resets_at: datetime
    pace: float | None
    forecast_usd: str
    rate: RateView | None


async def list_models(call: Call) -> ModelList:
    services, now = call.services, call.services.clock()
    items = []
    for model in services.registry.models(call.query(ModelsQuery).capability):
        price = services.prices.find(model.id, now)
        items.append(
            ModelView(
                id=model.id,
                provider=model.provider,
                name=model.name,
                title=model.title,
                capabilities=list(model.capabilities),
                context_tokens=model.context_tokens,
                output_tokens=model.output_tokens,
                prices=None if price is None else unit_prices(price),
                tiers=[
                    ModelTier(above_input_tokens=tier.above, prices=unit_prices(tier.price))
                    for tier in services.prices.tiers(model.id, now)
                ],
                fallbacks=list(model.fallbacks),
                available=price is not None,
                unpriced=price is None,
                paused=services.pauses.has_model(model.id, model.provider),
                demo=model.demo,
                samples=model.samples,
                default=model.id == services.registry.default.id,
            )
        )
    return ModelList(items=items)


async def read_quota(call: Call) -> QuotaView:
    caller, services = call.caller, call.services
    now = services.clock()
    month, own = month_of(now), caller.own_limits
    plan, limit = services.plans.of(caller.plan), services.plans.of(caller.plan, own).quota_usd
    async with services.database.snapshot() as tx:
        figures = await services.ledger.figures(tx, caller.account_id, caller.user_id, month, limit)
        crossed = await told_marks(tx, caller.user_id, month, limit)
        person = await people.find(tx, caller.user_id)
    ahead = outlook(month, figures.quota_spent, limit, now)
    return QuotaView(
        plan=plan.name.value,
        plan_source="default" if person is None else person.plan_source,
        month=month.strftime("%Y-%m"),
        limit_usd=_usd(limit),
        plan_limit_usd=_usd(plan.quota_usd),
        own_limit_usd=_usd(own.quota_usd),
        spent_usd=usd_text(figures.quota_spent),
        held_usd=usd_text(figures.quota_held),
        remaining_usd=_usd(remaining(limit, figures.quota_spent, figures.quota_held)),
        percent=ahead.percent,
        crossed=crossed,
        resets_at=next_month(month),
        pace=ahead.pace,
        forecast_usd=usd_text(ahead.forecast_usd),
        rate=rate_view(await services.counting.hour_of(caller)),
    )


def _usd(amount: NanoUsd | None) -> str | None:
    return None if amount is None else usd_text(amount)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/ai/models",
        handler=list_models,
        scope=Scope.READ,
        summary="The models that can be asked for, with abilities and prices.",
        tag=TAG,
        query=ModelsQuery,
        response=ModelList,
    ),
    Operation(
        method="GET",
        path="/api/ai/quota",
        handler=read_quota,
        scope=Scope.READ,
        summary="What this month has used of its quota, and where it will end.",
        tag=TAG,
        response=QuotaView,
    ),
)
