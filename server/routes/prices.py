"""What models cost, for admins: every source of a price, dated rows, and what a change would do."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from billing.mediaprices import IMAGES
from billing.pricepreview import PriceEffect, preview
from billing.pricerows import (
    MODEL_MAX,
    PriceText,
    as_told,
    check_model,
    read_price,
    remove_price,
    set_price,
)
from server.accounts.access import Scope
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.usage import Price
from server.routes import audit
from server.routes.calls import Call
from server.routes.operations import Access, Operation
from server.routes.priceviews import PriceChange, PriceList, effect_view, model_prices, price_view

TAG = "admin"

Figure = Annotated[str, Meta(min_length=1, max_length=40)]
ModelId = Annotated[str, Meta(min_length=3, max_length=MODEL_MAX)]
Moment = Annotated[datetime, Meta(tz=True)]


class PriceFigures(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Dollars per million tokens, as decimal strings. What is absent of ``cachedInput`` and
    ``cacheWrite`` costs what ``input`` costs; ``multiplier`` absent: 1.

    What is sold by them costs dollars for one ``image``, per million times ``character``, for a
    ``second`` of audio; such a model sells tokens only where ``input`` or ``output`` is above 0."""

    model: ModelId
    input: Figure
    output: Figure
    cached_input: Figure | UnsetType = UNSET
    cache_write: Figure | UnsetType = UNSET
    multiplier: Figure = "1"
    image: Figure | UnsetType = UNSET
    character: Figure | UnsetType = UNSET
    second: Figure | UnsetType = UNSET

    def read(self) -> Price:
        """Raises Invalid: no model's id, or a figure is none."""
        check_model(self.model)
        typed = PriceText(
            input=self.input,
            output=self.output,
            cached_input=_given(self.cached_input),
            cache_write=_given(self.cache_write),
            multiplier=self.multiplier,
            image=_given(self.image),
            character=_given(self.character),
            second=_given(self.second),
        )
        return read_price(typed)


class SetPrice(PriceFigures, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``effectiveFrom`` absent: now. The price of one size and quality of images: ``model`` is
    ``openai/gpt-image-1@1024x1024/high``."""

    effective_from: Moment | UnsetType = UNSET


class PriceKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    model: ModelId
    effective_from: Moment


async def list_prices(call: Call) -> PriceList:
    services, now = call.services, call.services.clock()
    offered = [model.id for model in services.registry.models()]
    providers = {model.provider for model in services.registry.models()}
    pictured = {price.model for price in IMAGES if price.model.partition("/")[0] in providers}
    others = sorted((services.prices.named() | pictured) - set(offered))
    items = [
        model_prices(
            services.prices.standing(model, now), model, now, configured=_is_of(offered, model)
        )
        for model in (*offered, *others)
    ]
    return PriceList(items=items)


async def preview_price(call: Call) -> PriceChange:
    body, now = call.body(SetPrice), call.services.clock()
    begins = now if isinstance(body.effective_from, UnsetType) else body.effective_from
    price = body.read()
    if begins < now:
        raise Invalid("That moment has passed.", path="$.effectiveFrom")
    effect = await _effect(call, body.model, price)
    return PriceChange(
        model=body.model,
        effective_from=begins,
        prices=price_view(price),
        warnings=_warnings(call, body.model, begins),
        effect=effect_view(effect),
    )


async def create_price(call: Call) -> PriceChange:
    body, services = call.body(SetPrice), call.services
    start = None if isinstance(body.effective_from, UnsetType) else body.effective_from
    price = body.read()
    effect = await _effect(call, body.model, price)
    # Before the change: after it the tiers of the list are out of sight.
    warnings = _warnings(call, body.model, start or services.clock())
    async with services.database.transaction() as tx:
        row = await set_price(tx, body.model, start, price)
        await audit.record(
            tx,
            call,
            action="price.set",
            target_kind="price",
            target_id=row.model,
            after=as_told(row),
        )
    await _refresh(call)
    return PriceChange(
        model=row.model,
        effective_from=row.effective_from,
        prices=price_view(row.price),
        warnings=warnings,
        effect=effect_view(effect),
    )


async def delete_price(call: Call) -> None:
    query, services = call.query(PriceKey), call.services
    async with services.database.transaction() as tx:
        removed = await remove_price(tx, query.model, query.effective_from)
        await audit.record(
            tx,
            call,
            action="price.delete",
            target_kind="price",
            target_id=removed.model,
            before=as_told(removed),
        )
    await _refresh(call)


async def _refresh(call: Call) -> None:
    """What this process charges by follows at once; the others look every few seconds."""
    async with call.services.database.snapshot() as tx:
        await call.services.prices.refresh(tx)


async def _effect(call: Call, model: str, price: Price) -> PriceEffect:
    services = call.services
    async with services.database.snapshot() as tx:
        return await preview(
            tx,
            model,
            price,
            now=services.clock(),
            credits_per_usd=services.settings.credits_per_usd,
        )


def _given(figure: str | UnsetType) -> str | None:
    return None if isinstance(figure, UnsetType) else figure


def _is_of(offered: Collection[str], model: str) -> bool:
    """Whether it is one of them, or their images of one size and quality."""
    return model in offered or model.rpartition("@")[0] in offered


def _warnings(call: Call, model: str, begins: datetime) -> list[str]:
    services = call.services
    warnings = []
    if not _is_of([offered.id for offered in services.registry.models()], model):
        warnings.append("No provider that is configured here offers this model.")
    if services.prices.tiers(model, begins):
        warnings.append("The list has other prices for large requests; this one is for all.")
    return warnings


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/admin/prices",
        handler=list_prices,
        scope=Scope.ADMIN_READ,
        summary="Every model's price: what holds, the vendor's, our own, and all dated rows.",
        tag=TAG,
        access=Access.ADMIN,
        response=PriceList,
        errors=(Forbidden,),
    ),
    Operation(
        method="POST",
        path="/api/admin/prices",
        handler=create_price,
        summary="Set a model's price from a moment on; answers what last month would have cost.",
        tag=TAG,
        access=Access.ADMIN,
        request=SetPrice,
        response=PriceChange,
        status=201,
        errors=(Forbidden, Conflict),
    ),
    Operation(
        method="DELETE",
        path="/api/admin/prices",
        handler=delete_price,
        summary="Take back a dated price that has not begun.",
        tag=TAG,
        access=Access.ADMIN,
        query=PriceKey,
        errors=(Forbidden, NotFound, Conflict),
    ),
    Operation(
        method="POST",
        path="/api/admin/prices/preview",
        handler=preview_price,
        scope=Scope.ADMIN_READ,
        summary="What a price would have made of last month's calls; nothing is written.",
        tag=TAG,
        access=Access.ADMIN,
        request=SetPrice,
        response=PriceChange,
        errors=(Forbidden,),
    ),
)
