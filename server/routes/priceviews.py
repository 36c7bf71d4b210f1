"""Prices as admins see them."""

from datetime import date, datetime
from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType, field

from billing.listprices import Tier
from billing.mediaprices import ImagePrice, images_of
from billing.pricepreview import PriceEffect
from billing.pricerows import DatedPrice
from billing.prices import PriceSource, Standing
from server.domain.money import price_text, unit_price_text, usd_text
from server.domain.usage import Price

State: TypeAlias = Literal["past", "current", "future"]


class PriceView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Dollars per million tokens; where a model is sold by them: dollars for one ``image``, per
    million times ``character``, for a ``second`` of audio. ``multiplier``: credits asked for per
    credit of cost."""

    input: str
    cached_input: str
    cache_write: str
    output: str
    multiplier: str
    image: str | UnsetType = UNSET
    character: str | UnsetType = UNSET
    second: str | UnsetType = UNSET


class TierView(Struct, frozen=True, kw_only=True, rename="camel"):
    """What every token of a request costs whose input has more than ``aboveInputTokens``."""

    above_input_tokens: int
    prices: PriceView


class DatedView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``state``: ``current`` holds now, ``past`` did once, ``future`` will."""

    effective_from: datetime
    state: State
    prices: PriceView


class ImageView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Dollars for one image of ``variant``, its size and quality; published at ``source``. A dated
    row of ``model@variant`` stands before it."""

    variant: str
    image: str
    since: date
    source: str


class ModelPrices(Struct, frozen=True, kw_only=True, rename="camel"):
    """``prices`` is what holds now, from ``source``; null: the model is unpriced, so it cannot
    be used.

    ``listed`` is the vendor's, ``tiers`` are its prices for large requests (they hold where the
    list does); ``own`` is fixed here or configured. A ``dated`` row stands before both.
    ``configured``: some provider here offers the model. ``images``: what its images cost.
    """

    model: str
    configured: bool
    unpriced: bool
    prices: PriceView | None
    source: PriceSource | None
    listed: PriceView | None
    tiers: list[TierView]
    own: PriceView | None
    dated: list[DatedView]
    images: list[ImageView]


class PriceList(Struct, frozen=True, kw_only=True, rename="camel"):
    """All there are: ``nextCursor`` is always null."""

    items: list[ModelPrices]
    next_cursor: None = None


class EffectView(Struct, frozen=True, kw_only=True, rename="camel"):
    """The model's calls from ``from`` up to and without ``to``, as they were billed and as they
    would have been: last month's, or those of the last thirty days where it had none.
    A difference is what would have been more."""

    start: datetime = field(name="from")
    end: datetime = field(name="to")
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: str
    new_cost_usd: str
    cost_difference_usd: str
    charged_usd: str
    new_charged_usd: str
    charged_difference_usd: str


class PriceChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """``warnings``: what may have been meant otherwise; nothing that keeps it from being done."""

    model: str
    effective_from: datetime
    prices: PriceView
    warnings: list[str]
    effect: EffectView


def model_prices(standing: Standing, model: str, now: datetime, *, configured: bool) -> ModelPrices:
    begun = [row.effective_from for row in standing.rows if row.effective_from <= now]
    return ModelPrices(
        model=model,
        configured=configured,
        unpriced=standing.current is None,
        prices=_optional(standing.current),
        source=standing.source,
        listed=_optional(standing.listed),
        tiers=[_tier(tier) for tier in standing.tiers],
        own=_optional(standing.own),
        dated=[_dated(row, now, begun[-1] if begun else now) for row in standing.rows],
        images=[_image(price) for price in images_of(model, now)],
    )


def _image(price: ImagePrice) -> ImageView:
    return ImageView(
        variant=price.variant,
        image=unit_price_text(price.image),
        since=price.since,
        source=price.source,
    )


def _dated(row: DatedPrice, now: datetime, current: datetime) -> DatedView:
    begins = row.effective_from
    state: State = "future" if begins > now else "current" if begins == current else "past"
    return DatedView(effective_from=begins, state=state, prices=price_view(row.price))


def _tier(tier: Tier) -> TierView:
    return TierView(above_input_tokens=tier.above, prices=price_view(tier.price))


def _optional(price: Price | None) -> PriceView | None:
    return None if price is None else price_view(price)


def price_view(price: Price) -> PriceView:
    cached = price.input if price.cached_input is None else price.cached_input
    write = price.input if price.cache_write is None else price.cache_write
    return PriceView(
        input=price_text(price.input),
        cached_input=price_text(cached),
        cache_write=price_text(write),
        output=price_text(price.output),
        multiplier=price_text(price.multiplier_ppm),
        image=UNSET if price.image is None else unit_price_text(price.image),
        character=UNSET if price.character is None else price_text(price.character),
        second=UNSET if price.second is None else unit_price_text(price.second),
    )


def effect_view(effect: PriceEffect) -> EffectView:
    return EffectView(
        start=effect.start,
        end=effect.end,
        calls=effect.calls,
        input_tokens=effect.input_tokens,
        output_tokens=effect.output_tokens,
        cost_usd=usd_text(effect.cost_usd),
        new_cost_usd=usd_text(effect.new_cost_usd),
        cost_difference_usd=usd_text(effect.new_cost_usd - effect.cost_usd),
        charged_usd=usd_text(effect.charged_usd),
        new_charged_usd=usd_text(effect.new_charged_usd),
        charged_difference_usd=usd_text(effect.new_charged_usd - effect.charged_usd),
    )
