"""Credits booked for a user or a workspace: given by an admin, or bought elsewhere."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from billing import packs
from billing.packs import Pack
from server.accounts.access import Scope, own_account
from server.domain.errors import Conflict, Forbidden, IdempotencyMismatch, Invalid, NotFound
from server.domain.ids import new_id
from server.domain.money import credits_text, usd_text
from server.persistence import members, people
from server.persistence.database import Tx
from server.protocol.figures import Balance
from server.routes import audit
from server.routes.calls import Call
from server.routes.named import NAMED, NamedQuery, person_named
from server.routes.operations import Access, Operation
from server.routes.packs import Amount, credits_of
from server.turns.crediting import (
    Booked,
    Booking,
    book_for_user,
    book_for_workspace,
    bought_before,
)

TAG = "credits"

Key = Annotated[str, Meta(min_length=1, max_length=200)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]


class BookCredits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Either ``credits``, which are a gift, or ``packId``, which was paid for; also one that is
    not offered any more. ``reason`` stands beside the entry. ``key`` names this booking in the
    whole deployment, such as an order's number: repeated with it, nothing is booked."""

    credits: Amount | UnsetType = UNSET
    pack_id: UUID | UnsetType = UNSET
    reason: Reason
    key: Key


class BookingView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``booked`` false: that key has done it before. ``balance``: the account's, now."""

    booked: bool
    kind: str
    credits: str
    balance: Balance


async def book_credits(call: Call) -> BookingView:
    body, services = call.body(BookCredits), call.services
    id_, now = new_id(), services.clock()

    async def book(tx: Tx) -> tuple[Booking, Booked]:
        person = await person_named(tx, call)
        if person.deletion_requested_at is not None:
            raise Conflict("That user is being deleted.")
        booking, pack = await _booking(tx, call, body, id_)
        booked = await book_for_user(tx, services.ledger, person.id, booking, now=now)
        if booked.is_new:
            await _record(tx, call, "user", own_account(person.id), booking, pack)
        return booking, booked

    booking, booked = await services.database.run(book)
    if booked.told is not None:
        services.engine.feed.tell_user(*booked.told)
    return _view(booking, booked)


async def book_workspace_credits(call: Call) -> BookingView:
    body, services, workspace = call.body(BookCredits), call.services, call.id("workspace_id")
    id_, now = new_id(), services.clock()

    async def book(tx: Tx) -> tuple[Booking, Booked]:
        await _refuse_others(tx, call, workspace)
        booking, pack = await _booking(tx, call, body, id_)
        booked = await book_for_workspace(tx, services.ledger, workspace, booking, now=now)
        if booked.is_new:
            await _record(tx, call, "workspace", workspace, booking, pack)
        return booking, booked

    return _view(*await services.database.run(book))


async def _refuse_others(tx: Tx, call: Call, workspace: UUID) -> None:
    """A service key answers for the users of its issuer, and for what one of them owns."""
    issuer = call.caller.issuer
    if issuer is None:
        return
    owners = [await people.find(tx, owner) for owner in await members.owners(tx, workspace)]
    if not any(owner is not None and owner.issuer == issuer for owner in owners):
        raise NotFound(f"There is no shared workspace {workspace}.")


async def _booking(tx: Tx, call: Call, body: BookCredits, id_: UUID) -> tuple[Booking, Pack | None]:
    if isinstance(body.credits, UnsetType) == isinstance(body.pack_id, UnsetType):
        raise Invalid("Expected either credits or packId.", path="$.credits")
    if not isinstance(body.credits, UnsetType):
        given = credits_of(body.credits)
        return Booking(id=id_, kind="grant", credits=given, key=body.key, reason=body.reason), None
    pack = None if isinstance(body.pack_id, UnsetType) else await packs.find(tx, body.pack_id)
    # Who asks again is told that it is booked, also when the pack is deleted by now.
    worth = pack.credits if pack else await bought_before(tx, call.services.ledger, body.key)
    if worth is None:
        raise NotFound("There is no such pack.", path="$.packId")
    sale = Booking(id=id_, kind="purchase", credits=worth, key=body.key, reason=body.reason)
    return sale, pack


async def _record(
    tx: Tx, call: Call, kind: str, account: UUID, booking: Booking, pack: Pack | None
) -> None:
    told: dict[str, Any] = {
        "credits": credits_text(booking.credits),
        "key": booking.key,
        "reason": booking.reason,
    }
    if pack is not None:
        told |= {"packId": str(pack.id), "priceUsd": usd_text(pack.price_usd)}
    await audit.record(
        tx,
        call,
        action=f"credits.{booking.kind}",
        target_kind=kind,
        target_id=account,
        after=told,
    )


def _view(booking: Booking, booked: Booked) -> BookingView:
    return BookingView(
        booked=booked.is_new,
        kind=booking.kind,
        credits=credits_text(booking.credits),
        balance=booked.balance,
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/admin/users/{user:path}/credits",
        handler=book_credits,
        scope=Scope.CREDITS,
        summary=f"Book credits for a user, once a key: a gift, or a pack that was bought. {NAMED}",
        tag=TAG,
        access=Access.ADMIN,
        query=NamedQuery,
        request=BookCredits,
        response=BookingView,
        errors=(Forbidden, NotFound, Conflict, IdempotencyMismatch),
    ),
    Operation(
        method="POST",
        path="/api/admin/workspaces/{workspace_id:uuid}/credits",
        handler=book_workspace_credits,
        scope=Scope.CREDITS,
        summary="Book credits for a shared workspace's own account, once a key.",
        tag=TAG,
        access=Access.ADMIN,
        request=BookCredits,
        response=BookingView,
        errors=(Forbidden, NotFound, IdempotencyMismatch),
    ),
)
"""Mounted before users: a name takes in everything behind it."""
