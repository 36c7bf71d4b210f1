"""A wrong price is put right for calls that were billed by it: shown first, then done."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

from billing.pricerows import figures_of
from billing.quotas import moment_text
from billing.repricing import BEGINNING, Place, Repricing, Sums, preview, reprice
from server.domain.errors import Forbidden, Invalid
from server.domain.money import credits_text, usd_text
from server.routes import audit, cursors
from server.routes.bookings import Reason
from server.routes.calls import Call
from server.routes.cursors import Cursor
from server.routes.operations import Access, Operation
from server.routes.prices import TAG, PriceFigures
from server.turns.crediting import balance_told

PATIENCE_S = 20.0
"""How long one request goes on: proxies give up after thirty seconds or so."""

Moment = Annotated[datetime, Meta(tz=True)]


class RepriceCalls(PriceFigures, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price that calls of ``model`` should have had that ended from ``from`` up to and without
    ``to``. ``reason`` stands beside what goes back, where users see it. ``preview``: say what it
    comes to and do nothing."""

    start: Moment = field(name="from")
    end: Moment = field(name="to")
    reason: Reason
    preview: bool = False


class RepriceQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``cursor``: go on where an answer that was not ``finished`` ended; without it, what is done
    already is looked at again and left."""

    cursor: Cursor | None = None


class RepricingView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``changed`` of the ``calls`` that were looked at stood at another price.
    ``costDifferenceUsd`` is what they cost more (below zero: less); ``credits`` go back to whoever
    paid, ``creditsUsd`` dollars. ``finished`` false: ask again, with ``nextCursor`` or without."""

    preview: bool
    calls: int
    changed: int
    cost_difference_usd: str
    credits: str
    credits_usd: str
    finished: bool
    next_cursor: str | None


async def reprice_calls(call: Call) -> RepricingView:
    body, services = call.body(RepriceCalls), call.services
    place = cursors.read(call.query(RepriceQuery).cursor, tuple[datetime, UUID])
    if body.end > services.clock():
        raise Invalid("What is to come has the price that is set for it.", path="$.to")
    if body.start >= body.end:
        raise Invalid("The range ends before it begins.", path="$.to")
    wanted = Repricing(
        model=body.model,
        start=body.start,
        end=body.end,
        price=body.read(),
        reason=body.reason,
        actor=call.caller.user_id,
        credits_per_usd=services.settings.credits_per_usd,
    )
    if body.preview:
        async with services.database.snapshot() as tx:
            return _view(await preview(tx, wanted), None, is_preview=True)
    return await _do(call, wanted, BEGINNING if place is None else Place(*place))


async def _do(call: Call, wanted: Repricing, place: Place) -> RepricingView:
    services, now = call.services, asyncio.get_running_loop().time
    # Before anything is done: a part of it is done as well.
    async with services.database.transaction() as tx:
        told = {
            **figures_of(wanted.price),
            "from": moment_text(wanted.start),
            "to": moment_text(wanted.end),
            "reason": wanted.reason,
            "batch": str(wanted.batch),
        }
        await audit.record(
            tx,
            call,
            action="price.reprice",
            target_kind="price",
            target_id=wanted.model,
            after=told,
        )
    sums, until, left = Sums(), now() + PATIENCE_S, None
    async for step in reprice(services.database, wanted, place):
        sums += step.sums
        for paid in step.balances:
            news = balance_told(paid.kind, paid.owner_id, paid.balance, paid.held)
            if news is not None:
                services.engine.feed.tell_user(*news)
        left = step.next
        if now() > until:
            break
    return _view(sums, left, is_preview=False)


def _view(sums: Sums, left: Place | None, *, is_preview: bool) -> RepricingView:
    return RepricingView(
        preview=is_preview,
        calls=sums.calls,
        changed=sums.changed,
        cost_difference_usd=usd_text(sums.cost_usd),
        credits=credits_text(sums.back),
        credits_usd=usd_text(sums.back_usd),
        finished=left is None,
        next_cursor=None if left is None else cursors.write((left.at, left.call_id)),
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/admin/prices/reprice",
        handler=reprice_calls,
        summary="Put a price right for calls that were billed by it: credits go back where too much"
        " was charged, nobody is charged afterwards. Doing it again changes nothing.",
        tag=TAG,
        access=Access.ADMIN,
        query=RepriceQuery,
        request=RepriceCalls,
        response=RepricingView,
        errors=(Forbidden,),
    ),
)
