"""Prices of images, which the vendors' list has by the token only or not at all.

A vendor that sells an image's tokens says how many each size and quality takes; the figure here is
what they come to. Each says where it was published and since when it is known to hold.
"""

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from server.domain.money import PicoUsd, parse_unit_price

OPENAI = "https://platform.openai.com/docs/guides/image-generation#cost-and-latency"
"""Output tokens by size and quality, at the price of the model's image tokens."""
GEMINI = "https://ai.google.dev/gemini-api/docs/pricing"
"""1,290 tokens at $30 a million for an image of up to 1024x1024."""

SQUARE, PORTRAIT, LANDSCAPE = "1024x1024", "1024x1536", "1536x1024"


class ImagePrice(Struct, frozen=True, kw_only=True):
    """``image`` for one of ``variant``, from ``since`` (UTC) on."""

    model: str
    variant: str
    image: PicoUsd
    since: date
    source: str


def variant(size: str, quality: str) -> str:
    """The name of an image's size (``1024x1024``) and quality (``high``) together."""
    return f"{size}/{quality}"


def _by_quality(model: str, since: date, **dollars: tuple[str, str, str]) -> list[ImagePrice]:
    """``dollars`` by quality: a square, a portrait, a landscape."""
    return [
        ImagePrice(
            model=model,
            variant=variant(size, quality),
            image=parse_unit_price(price),
            since=since,
            source=OPENAI,
        )
        for quality, of_sizes in dollars.items()
        for size, price in zip((SQUARE, PORTRAIT, LANDSCAPE), of_sizes, strict=True)
    ]


IMAGES = (
    *_by_quality(
        "openai/gpt-image-1",
        date(2025, 4, 23),
        low=("0.01088", "0.01632", "0.016"),
        medium=("0.04224", "0.06336", "0.06272"),
        high=("0.1664", "0.2496", "0.24832"),
    ),
    *_by_quality(
        "openai/gpt-image-1-mini",
        date(2025, 10, 6),
        low=("0.002176", "0.003264", "0.0032"),
        medium=("0.008448", "0.012672", "0.012544"),
        high=("0.03328", "0.04992", "0.049664"),
    ),
    *_by_quality(
        "openai/gpt-image-1.5",
        date(2025, 12, 16),
        low=("0.008704", "0.013056", "0.0128"),
        medium=("0.033792", "0.050688", "0.050176"),
        high=("0.13312", "0.19968", "0.198656"),
    ),
    ImagePrice(
        model="gemini/gemini-2.5-flash-image",
        variant=variant(SQUARE, "standard"),
        image=parse_unit_price("0.0387"),
        since=date(2025, 10, 2),
        source=GEMINI,
    ),
)

_BY_VARIANT: Mapping[tuple[str, str], tuple[ImagePrice, ...]] = {
    key: tuple(
        sorted(
            (price for price in IMAGES if (price.model, price.variant) == key),
            key=lambda price: price.since,
        )
    )
    for key in {(price.model, price.variant) for price in IMAGES}
}


def images_of(model_id: str, at: datetime) -> tuple[ImagePrice, ...]:
    """Every variant of a model that has a price on the day of ``at``, at that price."""
    held = {
        price.variant: price
        for (model, _), known in _BY_VARIANT.items()
        if model == model_id
        for price in known
        if price.since <= at.date()
    }
    return tuple(held[name] for name in sorted(held))


def image(model_id: str, variant: str, at: datetime) -> PicoUsd | None:
    """What one image costs on the day of ``at``; None: nothing is known of that variant then."""
    known = _BY_VARIANT.get((model_id, variant), ())
    held = [price.image for price in known if price.since <= at.date()]
    return held[-1] if held else None
