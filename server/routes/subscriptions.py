"""Subscriptions of users, for admins and for whoever takes the money: begun, changed, ended."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from billing.plans import PlanName
from server.accounts.access import Scope
from server.accounts.subscriptions import Wanted, shown, subscribe, unsubscribe
from server.domain.errors import Conflict, Forbidden, NotFound
from server.domain.ids import new_id
from server.persistence import subscriptions, users
from server.persistence.database import Snapshot, Tx
from server.persistence.subscriptions import PlanSource, Subscription
from server.routes import audit
from server.routes.calls import Call
from server.routes.named import NAMED, NamedQuery, person_named, person_of, user_named
from server.routes.operations import Access, Operation
from server.routes.usersignin import PATH, TAG
from server.turns.feed import QuotaEvent
from server.turns.planchanges import follow

SUBSCRIPTION = f"{PATH}/subscription"

Change: TypeAlias = Callable[[Tx, UUID], Awaitable[Subscription | None]]
"""Answers the open subscription as it was before."""


class Subscribe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``reference``: what the payment provider calls it. ``endsAt``: until when it is paid; absent
    or null: until it is ended."""

    tier: PlanName
    reference: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    ends_at: Annotated[datetime, Meta(tz=True)] | None = None


class SubscriptionView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``endedAt`` null: nobody has ended it; ``active``: it decides the plan, where no admin has
    chosen another."""

    id: UUID
    tier: str
    reference: str | None
    starts_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None
    active: bool


class SubscriptionRead(Struct, frozen=True, kw_only=True, rename="camel"):
    """``plan``: what holds; ``planSource``: an admin has chosen it, it is that of the subscription,
    or the default. ``history``: all there were, newest first, a hundred at most."""

    plan: str
    plan_source: PlanSource
    subscription: SubscriptionView | None
    history: list[SubscriptionView]


async def read_subscription(call: Call) -> SubscriptionRead:
    async with call.services.database.snapshot() as tx:
        person = await person_named(tx, call)
        return await _read(tx, call, person.id)


async def set_subscription(call: Call) -> SubscriptionRead:
    body, id = call.body(Subscribe), new_id()
    wanted = Wanted(tier=body.tier.value, reference=body.reference, ends_at=body.ends_at)
    return await _change(call, lambda tx, user: subscribe(tx, user, wanted, id=id))


async def end_subscription(call: Call) -> SubscriptionRead:
    return await _change(call, unsubscribe)


async def _change(call: Call, change: Change) -> SubscriptionRead:
    services, now = call.services, call.services.clock()

    async def work(tx: Tx) -> tuple[UUID, SubscriptionRead, list[QuotaEvent]]:
        user = await user_named(tx, call)
        await users.lock(tx, user)  # what others change meanwhile is no part of this change
        person = await person_of(tx, user)
        before = await change(tx, user)
        after = await subscriptions.find_open(tx, user)
        if shown(before) != shown(after):
            await audit.record(
                tx,
                call,
                action="user.subscription",
                target_kind="user",
                target_id=user,
                before=shown(before),
                after=shown(after),
            )
        told = await follow(tx, services.plans, user, person, now=now)
        return user, await _read(tx, call, user), told

    user, read, told = await services.database.run(work)
    services.accounts.endings.tell_user_changed(user)
    services.thresholds.tell(user, told)
    return read


async def _read(tx: Tx | Snapshot, call: Call, user: UUID) -> SubscriptionRead:
    person = await person_of(tx, user)
    history = [_view(each) for each in await subscriptions.list_of(tx, user)]
    return SubscriptionRead(
        plan=call.services.plans.of(person.plan).name.value,
        plan_source=person.plan_source,
        subscription=next((each for each in history if each.active), None),
        history=history,
    )


def _view(found: Subscription) -> SubscriptionView:
    return SubscriptionView(
        id=found.id,
        tier=found.tier,
        reference=found.reference,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        ended_at=found.ended_at,
        active=found.is_active,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=SUBSCRIPTION,
        handler=read_subscription,
        scope=Scope.ADMIN_READ,
        summary=f"A user's subscription, and those before it. {NAMED}",
        tag=TAG,
        access=Access.ADMIN,
        query=NamedQuery,
        response=SubscriptionRead,
        errors=(Forbidden, NotFound),
    ),
    Operation(
        method="PUT",
        path=SUBSCRIPTION,
        handler=set_subscription,
        scope=Scope.PLANS,
        summary=f"Begin, change or prolong a user's subscription; it holds at once. {NAMED}",
        tag=TAG,
        access=Access.ADMIN,
        query=NamedQuery,
        request=Subscribe,
        response=SubscriptionRead,
        errors=(Forbidden, NotFound, Conflict),
    ),
    Operation(
        method="DELETE",
        path=SUBSCRIPTION,
        handler=end_subscription,
        scope=Scope.PLANS,
        summary=f"End a user's subscription, at once; again changes nothing. {NAMED}",
        tag=TAG,
        access=Access.ADMIN,
        query=NamedQuery,
        response=SubscriptionRead,
        errors=(Forbidden, NotFound),
    ),
)
