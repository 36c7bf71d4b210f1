"""``prices``: what models cost from a moment on."""

import asyncio
from datetime import UTC, datetime

import click

from billing.prices import DatedPrice, add_row
from server.cli import people
from server.cli.context import show
from server.domain.clock import utc_now
from server.domain.money import PicoUsd, parse_price, price_text
from server.domain.usage import Price

PRICE_MAX = parse_price("1000000")
"""Dollars per million tokens: a dollar a token; more is a slip of the decimal point."""


class PerMillion(click.ParamType[PicoUsd]):
    """Dollars per million tokens, as price lists print them."""

    name = "dollars"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> PicoUsd:
        if isinstance(value, int):
            return PicoUsd(value)
        try:
            price = parse_price(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not 0 <= price <= PRICE_MAX:
            self.fail(f"expected 0 to {price_text(PRICE_MAX)} dollars, got {value}", param, ctx)
        return price


@click.group()
def prices() -> None:
    """Set prices of models."""


@prices.command("set")
@click.argument("model")
@click.option("--input", "input_price", required=True, type=PerMillion(), help="Per million.")
@click.option("--output", "output_price", required=True, type=PerMillion(), help="Per million.")
@click.option("--cached-input", type=PerMillion(), help="Default: the input price.")
@click.option("--cache-write", type=PerMillion(), help="Default: the input price.")
@click.option(
    "--multiplier",
    type=click.FloatRange(0, 1_000),
    default=1.0,
    show_default=True,
    help="Credits asked for per credit of cost.",
)
@click.option(
    "--from",
    "start",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="UTC; default: now. Prices of the past are never edited.",
)
@click.option("--json", "as_json", is_flag=True, help='Print {"model", "effectiveFrom"}.')
def set_price(
    *,
    model: str,
    input_price: PicoUsd,
    output_price: PicoUsd,
    cached_input: PicoUsd | None,
    cache_write: PicoUsd | None,
    multiplier: float,
    start: datetime | None,
    as_json: bool,
) -> None:
    """Set what MODEL (provider/name) costs in dollars per million tokens, from a moment on.

    Running servers take it in within seconds; turns that are admitted already keep their price.
    """
    now = utc_now()
    begins = now if start is None else start.replace(tzinfo=UTC)
    if begins < now and start is not None:
        raise click.BadParameter("that moment has passed", param_hint="--from")
    provider, slash, name = model.partition("/")
    if not (provider and slash and name) or len(model) > 200:
        raise click.BadParameter("expected provider/name", param_hint="MODEL")
    price = Price(
        input=input_price,
        output=output_price,
        cached_input=cached_input,
        cache_write=cache_write,
        multiplier_ppm=round(multiplier * 1_000_000),
    )
    asyncio.run(_set(DatedPrice(model=model, effective_from=begins, price=price), as_json=as_json))


async def _set(row: DatedPrice, *, as_json: bool) -> None:
    async with people.open_running() as (_, database), database.transaction() as tx:
        if not await add_row(tx, row):
            raise click.ClickException(f"{row.model} has a price from that very moment on")
    price = row.price
    show(
        {"model": row.model, "effectiveFrom": row.effective_from},
        as_json=as_json,
        text=(
            f"{row.model}: {price_text(price.input)} in, {price_text(price.output)} out per million"
            f" tokens from {row.effective_from:%Y-%m-%d %H:%M:%S} UTC"
        ),
    )
