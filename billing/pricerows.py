"""Dated prices of the operator: read from what somebody typed, written, taken back, loaded.

The command line and the administration's endpoint both set prices through this module.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import select, text

from billing.pricing import PPM
from billing.quotas import moment_text
from billing.tables import PriceRow
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.money import (
    PicoUsd,
    parse_price,
    parse_unit_price,
    price_text,
    unit_price_text,
)
from server.domain.usage import Price
from server.persistence.database import Snapshot, Tx

PRICE_MAX = parse_price("1000000")
"""Dollars per million tokens: a dollar a token; more is a slip of the decimal point."""

UNIT_PRICE_MAX = parse_unit_price("1000")
"""Dollars for one image, or a second."""

MULTIPLIER_MAX_PPM = 1_000 * PPM
MODEL_MAX = 200
"""Characters of a model's id, as in ``server.environment``."""


class DatedPrice(Struct, frozen=True, kw_only=True):
    """``price`` holds for ``model`` from ``effective_from`` until the next one begins."""

    model: str
    effective_from: datetime
    price: Price


class PriceText(Struct, frozen=True, kw_only=True):
    """A price as somebody typed it: dollars per million tokens or characters, for one image or a
    second of audio, and credits asked for per credit of cost. All are decimal strings."""

    input: str
    output: str
    cached_input: str | None = None
    cache_write: str | None = None
    multiplier: str = "1"
    image: str | None = None
    character: str | None = None
    second: str | None = None


_SET = text("""
INSERT INTO prices
    (model, effective_from, input, output, cached_input, cache_write, multiplier_ppm, image,
     character, second)
SELECT :model, coalesce(CAST(:start AS timestamptz), now()), CAST(:input AS bigint),
       CAST(:output AS bigint), CAST(:cached AS bigint), CAST(:write AS bigint),
       CAST(:multiplier AS bigint), CAST(:image AS bigint), CAST(:character AS bigint),
       CAST(:second AS bigint)
WHERE CAST(:start AS timestamptz) IS NULL OR CAST(:start AS timestamptz) >= now()
ON CONFLICT DO NOTHING
RETURNING effective_from
""")

_UNSET = text("""
DELETE FROM prices
WHERE model = :model AND effective_from = CAST(:start AS timestamptz) AND effective_from > now()
RETURNING input, output, cached_input, cache_write, multiplier_ppm, image, character, second
""")

_EXISTS = text("""
SELECT EXISTS (SELECT FROM prices
               WHERE model = :model AND effective_from = CAST(:start AS timestamptz))
""")


def check_model(model: str) -> None:
    """Raises Invalid: not ``provider/name``."""
    provider, slash, name = model.partition("/")
    usable = len(model) <= MODEL_MAX and model.isprintable() and " " not in model
    if not (provider and slash and name and usable):
        raise Invalid("Expected provider/name.", path="$.model")


def read_price(typed: PriceText) -> Price:
    """Raises Invalid: a figure is none, too fine or too large; ``path`` names it."""
    return Price(
        input=_dollars(typed.input, "$.input"),
        output=_dollars(typed.output, "$.output"),
        cached_input=_dollars_or_none(typed.cached_input, "$.cachedInput"),
        cache_write=_dollars_or_none(typed.cache_write, "$.cacheWrite"),
        multiplier_ppm=_multiplier(typed.multiplier, "$.multiplier"),
        image=_unit_price(typed.image, "$.image"),
        character=_dollars_or_none(typed.character, "$.character"),
        second=_unit_price(typed.second, "$.second"),
    )


async def set_price(tx: Tx, model: str, start: datetime | None, price: Price) -> DatedPrice:
    """Write a dated price down; ``start`` None: from now on, by the database's clock.

    Raises:
        Invalid: ``start`` has passed. Prices that may have been charged are never edited.
        Conflict: that model has one from that very moment on.
    """
    begins = await tx.scalar(
        _SET,
        {
            "model": model,
            "start": start,
            "input": price.input,
            "output": price.output,
            "cached": price.cached_input,
            "write": price.cache_write,
            "multiplier": price.multiplier_ppm,
            "image": price.image,
            "character": price.character,
            "second": price.second,
        },
    )
    if begins is None:
        if start is None or await tx.scalar(_EXISTS, {"model": model, "start": start}):
            raise Conflict(f"{model} has a price from that very moment on.")
        raise Invalid("That moment has passed.", path="$.effectiveFrom")
    return DatedPrice(model=model, effective_from=begins, price=price)


async def remove_price(tx: Tx, model: str, start: datetime) -> DatedPrice:
    """Take back a dated price that has not begun; answers what it was.

    Raises:
        NotFound: there is no such row.
        Conflict: it has begun, so something may have been charged by it.
    """
    asked = {"model": model, "start": start}
    removed = (await tx.execute(_UNSET, asked)).first()
    if removed is None:
        if await tx.scalar(_EXISTS, asked):
            raise Conflict("That price has begun; set another one that follows it.")
        raise NotFound("There is no such price.")
    return DatedPrice(model=model, effective_from=start, price=_price(removed))


async def load_rows(tx: Tx | Snapshot) -> tuple[DatedPrice, ...]:
    """Every dated row, those of the future included: they take effect by themselves."""
    columns = PriceRow.__table__.c
    rows = await tx.execute(
        select(
            columns.model,
            columns.effective_from,
            columns.input,
            columns.output,
            columns.cached_input,
            columns.cache_write,
            columns.multiplier_ppm,
            columns.image,
            columns.character,
            columns.second,
        )
    )
    return tuple(
        DatedPrice(
            model=row.model,
            effective_from=row.effective_from,
            price=_price(row),
        )
        for row in rows
    )


def as_told(row: DatedPrice) -> dict[str, str]:
    """A dated price as the audit log has it: in the figures and by the names it is set with."""
    return {"effectiveFrom": moment_text(row.effective_from), **figures_of(row.price)}


def figures_of(price: Price) -> dict[str, str]:
    """What ``read_price`` reads, by the names of the interfaces; what is not sold is left out."""
    millions = {
        "input": price.input,
        "output": price.output,
        "cachedInput": price.cached_input,
        "cacheWrite": price.cache_write,
        "character": price.character,
        "multiplier": price.multiplier_ppm,  # millionths of one, as those are of a dollar
    }
    single = {"image": price.image, "second": price.second}
    return {
        **{name: price_text(figure) for name, figure in millions.items() if figure is not None},
        **{name: unit_price_text(figure) for name, figure in single.items() if figure is not None},
    }


def _price(row: Any) -> Price:
    return Price(
        input=PicoUsd(row.input),
        output=PicoUsd(row.output),
        cached_input=_optional(row.cached_input),
        cache_write=_optional(row.cache_write),
        multiplier_ppm=row.multiplier_ppm,
        image=_optional(row.image),
        character=_optional(row.character),
        second=_optional(row.second),
    )


def _dollars(typed: str, path: str) -> PicoUsd:
    try:
        price = parse_price(typed)
    except ValueError as error:
        raise Invalid(f"Expected dollars per million: {error}.", path=path) from error
    if not 0 <= price <= PRICE_MAX:
        raise Invalid(f"Expected 0 to {price_text(PRICE_MAX)} dollars.", path=path)
    return price


def _dollars_or_none(typed: str | None, path: str) -> PicoUsd | None:
    return None if typed is None else _dollars(typed, path)


def _unit_price(typed: str | None, path: str) -> PicoUsd | None:
    if typed is None:
        return None
    try:
        price = parse_unit_price(typed)
    except ValueError as error:
        raise Invalid(f"Expected dollars for one: {error}.", path=path) from error
    if not 0 <= price <= UNIT_PRICE_MAX:
        raise Invalid(f"Expected 0 to {unit_price_text(UNIT_PRICE_MAX)} dollars.", path=path)
    return price


def _multiplier(typed: str, path: str) -> int:
    try:
        ppm = parse_price(typed)  # millionths of one, as those are millionths of a dollar
    except ValueError as error:
        raise Invalid(f"Expected a factor: {error}.", path=path) from error
    if not 0 <= ppm <= MULTIPLIER_MAX_PPM:
        raise Invalid(f"Expected 0 to {price_text(MULTIPLIER_MAX_PPM)}.", path=path)
    return ppm


def _optional(amount: int | None) -> PicoUsd | None:
    return None if amount is None else PicoUsd(amount)
