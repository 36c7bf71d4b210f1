"""What the host application knows of its creators: sent in bulk by its service, read by each."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from knowledge import hostdata, platforms
from knowledge.hostcontext import (
    DAYS,
    ActivityContext,
    CampaignContext,
    SubscriptionsContext,
    read_context,
)
from server.accounts.access import Scope
from server.domain.errors import Forbidden, NotFound
from server.domain.money import usd_text
from server.persistence.database import Tx
from server.routes import hostitems
from server.routes.amounts import share_if_known
from server.routes.calls import Call
from server.routes.hostitems import PutAccounts, PutCampaigns, PutStats, PutSubscriptions
from server.routes.named import ForUser, person_concerned
from server.routes.operations import Access, Operation

TAG = "integrations"
PATH = "/api/integrations"

Put: TypeAlias = Callable[[Tx, UUID, datetime], Awaitable[hostdata.Written]]


class WrittenView(Struct, frozen=True, kw_only=True):
    """``ignored``: what was known as of that moment or a later one already."""

    written: int
    ignored: int


class ConnectedView(Struct, frozen=True, kw_only=True):
    """``connected``: its token is valid, or can be renewed."""

    platform: str
    name: str
    connected: bool


class CampaignFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """``externalId``: what ``/api/campaigns/{campaign}/insights`` calls it. Rates are shares of
    what was sent; null: nothing was."""

    external_id: str
    name: str
    platform: str
    status: str
    spent_usd: str
    revenue_usd: str
    sent: int
    open_rate: float | None
    click_rate: float | None
    conversion_rate: float | None


class ActivityFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of the last ``days`` whole days. Rates are shares; changes are the share by which it is more
    (or less) than in as many days before; null: there is nothing to divide by."""

    days: int
    received: int
    response_rate: float | None
    revenue_usd: str
    received_change: float | None
    response_rate_change: float | None
    revenue_change: float | None


class SubscriptionFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of now. ``revenueUsd``: a month's; ``platforms``: active ones by platform."""

    active: int
    revenue_usd: str
    average_usd: str | None
    platforms: dict[str, int]


class IntegrationsView(Struct, frozen=True, kw_only=True):
    """What agents are told. Null or empty: the host application has told nothing of it."""

    accounts: list[ConnectedView]
    campaigns: list[CampaignFigures]
    activity: ActivityFigures | None
    subscriptions: SubscriptionFigures | None


async def put_accounts(call: Call) -> WrittenView:
    given = hostitems.accounts(call.body(PutAccounts).items)
    sealer = call.services.accounts.sealer
    return await _put(
        call, lambda tx, user, now: platforms.put_accounts(tx, user, given, now, sealer)
    )


async def put_campaigns(call: Call) -> WrittenView:
    given = hostitems.campaigns(call.body(PutCampaigns).items)
    return await _put(call, lambda tx, user, now: hostdata.put_campaigns(tx, user, given, now))


async def put_stats(call: Call) -> WrittenView:
    given = hostitems.stats(call.body(PutStats).items)
    return await _put(call, lambda tx, user, now: hostdata.put_stats(tx, user, given, now))


async def put_subscriptions(call: Call) -> WrittenView:
    given = hostitems.subscriptions(call.body(PutSubscriptions).items)
    return await _put(call, lambda tx, user, now: hostdata.put_subscriptions(tx, user, given, now))


async def read_integrations(call: Call) -> IntegrationsView:
    caller, services = call.caller, call.services
    async with services.database.snapshot() as tx:
        known = await read_context(tx, caller.user_id, services.clock())
    return IntegrationsView(
        accounts=[
            ConnectedView(platform=one.platform, name=one.name, connected=one.is_connected)
            for one in known.platforms
        ],
        campaigns=[_campaign(one) for one in known.campaigns],
        activity=_activity(known.activity),
        subscriptions=_subscriptions(known.subscriptions),
    )


async def _put(call: Call, put: Put) -> WrittenView:
    now = call.services.clock()

    async def work(tx: Tx) -> hostdata.Written:
        return await put(tx, (await person_concerned(tx, call)).id, now)

    done = await call.services.database.run(work)
    return WrittenView(written=done.written, ignored=done.ignored)


def _campaign(known: CampaignContext) -> CampaignFigures:
    return CampaignFigures(
        external_id=known.external_id,
        name=known.name,
        platform=known.platform,
        status=known.status,
        spent_usd=usd_text(known.spent),
        revenue_usd=usd_text(known.revenue),
        sent=known.sent,
        open_rate=share_if_known(known.open_rate),
        click_rate=share_if_known(known.click_rate),
        conversion_rate=share_if_known(known.conversion_rate),
    )


def _activity(known: ActivityContext | None) -> ActivityFigures | None:
    if known is None:
        return None
    return ActivityFigures(
        days=DAYS,
        received=known.received,
        response_rate=share_if_known(known.response_rate),
        revenue_usd=usd_text(known.revenue),
        received_change=share_if_known(known.received_change),
        response_rate_change=share_if_known(known.response_rate_change),
        revenue_change=share_if_known(known.revenue_change),
    )


def _subscriptions(known: SubscriptionsContext | None) -> SubscriptionFigures | None:
    if known is None:
        return None
    return SubscriptionFigures(
        active=known.active,
        revenue_usd=usd_text(known.revenue),
        average_usd=None if known.average is None else usd_text(known.average),
        platforms=known.platforms,
    )


def _putting(
    name: str, handler: Callable[[Call], Awaitable[WrittenView]], request: type[Struct], what: str
) -> Operation:
    return Operation(
        method="PUT",
        path=f"{PATH}/{name}",
        handler=handler,
        scope=Scope.INTEGRATIONS,
        summary=f"Tell of a user's {what}; of two versions the later stays, the same again changes "
        "nothing.",
        tag=TAG,
        access=Access.ADMIN,
        query=ForUser,
        request=request,
        response=WrittenView,
        errors=(Forbidden, NotFound),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        handler=read_integrations,
        scope=Scope.READ,
        summary="What the host application has told of oneself, in the figures that agents read.",
        tag=TAG,
        response=IntegrationsView,
    ),
    _putting("accounts", put_accounts, PutAccounts, "accounts on platforms"),
    _putting("campaigns", put_campaigns, PutCampaigns, "campaigns"),
    _putting("stats", put_stats, PutStats, "messages and revenue by day"),
    _putting("subscriptions", put_subscriptions, PutSubscriptions, "fans' subscriptions"),
)
