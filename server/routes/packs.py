"""Credit packs: what users are offered, and what admins make of it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from billing import packs
from billing.packs import Pack
from server.accounts.access import Scope
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.ids import new_id
from server.domain.money import (
    MicroCredits,
    NanoUsd,
    credits_text,
    parse_credits,
    parse_usd,
    usd_text,
)
from server.persistence.database import Tx
from server.routes import audit, cursors
from server.routes.calls import Call
from server.routes.cursors import LIMIT_MAX, ListQuery
from server.routes.envelope import Page
from server.routes.operations import Access, Operation

TAG = "credits"
PATH = "/api/admin/packs"

OFFERED_MAX = LIMIT_MAX
"""Packs that users choose from: all are told at once."""

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Amount = Annotated[str, Meta(min_length=1, max_length=40)]


class OfferView(Struct, frozen=True, kw_only=True, rename="camel"):
    """So many ``credits`` for ``priceUsd`` dollars; the host application takes the money."""

    id: UUID
    name: str
    credits: str
    price_usd: str


class PackView(OfferView, frozen=True, kw_only=True):
    """``active``: users are offered it."""

    active: bool
    created_at: datetime


class Offers(Struct, frozen=True, kw_only=True, rename="camel"):
    """The smallest first; all there are: ``nextCursor`` is always null."""

    items: list[OfferView]
    next_cursor: None = None


class PackPage(Page, frozen=True, kw_only=True):
    items: list[PackView]


class CreatePack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    name: Name
    credits: Amount
    price_usd: Amount
    active: bool = True


class ChangePack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What is absent stays. What it holds and costs does not change: make another one."""

    name: Name | UnsetType = UNSET
    active: bool | UnsetType = UNSET


async def list_offers(call: Call) -> Offers:
    async with call.services.database.snapshot() as tx:
        found = await packs.offered(tx, OFFERED_MAX)
    return Offers(items=[OfferView(**_figures(pack)) for pack in found])


async def list_packs(call: Call) -> PackPage:
    query = call.query(ListQuery)
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await packs.list_packs(tx, before=before, limit=query.limit + 1)
    shown, last = cursors.page(found, query.limit)
    return PackPage(
        items=[_view(pack) for pack in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


async def create_pack(call: Call) -> PackView:
    body, pack = call.body(CreatePack), new_id()
    credits, price = credits_of(body.credits), _price(body.price_usd)

    async def make(tx: Tx) -> Pack:
        made = await packs.create(
            tx, id=pack, name=body.name, credits=credits, price_usd=price, active=body.active
        )
        if made.active:
            await _check_offered(tx)
        await audit.record(
            tx, call, action="pack.create", target_kind="pack", target_id=pack, after=_told(made)
        )
        return made

    return _view(await call.services.database.run(make))


async def update_pack(call: Call) -> PackView:
    body, pack = call.body(ChangePack), call.id("pack_id")
    wanted = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}

    async def change(tx: Tx) -> Pack:
        before = await packs.take(tx, pack)
        if before is None:
            raise _unknown()
        if not wanted:
            return before
        after = await packs.change(tx, pack, wanted)
        if after.active and not before.active:
            await _check_offered(tx)
        await audit.record(
            tx,
            call,
            action="pack.update",
            target_kind="pack",
            target_id=pack,
            before={name: getattr(before, name) for name in wanted},
            after=wanted,
        )
        return after

    return _view(await call.services.database.run(change))


async def delete_pack(call: Call) -> None:
    pack = call.id("pack_id")

    async def remove(tx: Tx) -> None:
        removed = await packs.remove(tx, pack)
        if removed is None:
            raise _unknown()
        await audit.record(
            tx,
            call,
            action="pack.delete",
            target_kind="pack",
            target_id=pack,
            before=_told(removed),
        )

    await call.services.database.run(remove)


async def _check_offered(tx: Tx) -> None:
    """Raises Conflict: with the change that was just made too many would be offered."""
    if len(await packs.offered(tx, OFFERED_MAX + 1)) > OFFERED_MAX:
        raise Conflict(
            f"{OFFERED_MAX} packs are offered already; withdraw one before.",
            metadata={"limit": OFFERED_MAX, "scope": "packs"},
        )


def credits_of(typed: str) -> MicroCredits:
    """Raises Invalid: no decimal number above zero that is exact to a millionth."""
    try:
        amount = parse_credits(typed)
    except ValueError as error:
        raise Invalid(f"Expected credits: {error}.", path="$.credits") from error
    if amount <= 0:
        raise Invalid("Expected more than 0 credits.", path="$.credits")
    return amount


def _price(typed: str) -> NanoUsd:
    try:
        price = parse_usd(typed)
    except ValueError as error:
        raise Invalid(f"Expected dollars: {error}.", path="$.priceUsd") from error
    if price < 0:
        raise Invalid("Expected dollars, 0 or more.", path="$.priceUsd")
    return price


def _unknown() -> NotFound:
    return NotFound("There is no such pack.")


def _figures(pack: Pack) -> dict[str, Any]:
    return {
        "id": pack.id,
        "name": pack.name,
        "credits": credits_text(pack.credits),
        "price_usd": usd_text(pack.price_usd),
    }


def _view(pack: Pack) -> PackView:
    return PackView(**_figures(pack), active=pack.active, created_at=pack.created_at)


def _told(pack: Pack) -> dict[str, Any]:
    return {
        "name": pack.name,
        "credits": credits_text(pack.credits),
        "priceUsd": usd_text(pack.price_usd),
        "active": pack.active,
    }


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/credits/packs",
        handler=list_offers,
        scope=Scope.READ,
        summary="Credit packs that are offered, the smallest first.",
        tag=TAG,
        response=Offers,
    ),
    Operation(
        method="GET",
        path=PATH,
        handler=list_packs,
        scope=Scope.ADMIN_READ,
        summary="All credit packs, newest first.",
        tag=TAG,
        access=Access.ADMIN,
        query=ListQuery,
        response=PackPage,
        errors=(Forbidden,),
    ),
    Operation(
        method="POST",
        path=PATH,
        handler=create_pack,
        summary="Offer a pack.",
        tag=TAG,
        access=Access.ADMIN,
        request=CreatePack,
        response=PackView,
        status=201,
        errors=(Forbidden, Conflict),
    ),
    Operation(
        method="PATCH",
        path=f"{PATH}/{{pack_id:uuid}}",
        handler=update_pack,
        summary="Rename a pack, or stop offering it.",
        tag=TAG,
        access=Access.ADMIN,
        request=ChangePack,
        response=PackView,
        errors=(Forbidden, NotFound, Conflict),
    ),
    Operation(
        method="DELETE",
        path=f"{PATH}/{{pack_id:uuid}}",
        handler=delete_pack,
        summary="Forget a pack; what was booked of it stays. Nothing more can be.",
        tag=TAG,
        access=Access.ADMIN,
        errors=(Forbidden, NotFound),
    ),
)
