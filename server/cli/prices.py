"""``prices``: what models cost from a moment on."""

import asyncio
from datetime import UTC, datetime

import click

from billing.pricerows import (
    PriceText,
    as_told,
    check_model,
    figures_of,
    read_price,
    set_price,
)
from server.cli import people
from server.cli.context import show
from server.domain.errors import Invalid
from server.domain.usage import Price

_OPTIONS = {
    "$.model": "MODEL",
    "$.input": "--input",
    "$.output": "--output",
    "$.cachedInput": "--cached-input",
    "$.cacheWrite": "--cache-write",
    "$.multiplier": "--multiplier",
    "$.image": "--image",
    "$.character": "--character",
    "$.second": "--second",
    "$.effectiveFrom": "--from",
}
"""What the fields of ``POST /api/admin/prices`` are called here."""


@click.group()
def prices() -> None:
    """Set prices of models."""


@prices.command("set")
@click.argument("model")
@click.option("--input", "input_price", required=True, help="Dollars per million.")
@click.option("--output", "output_price", required=True, help="Dollars per million.")
@click.option("--cached-input", help="Default: the input price.")
@click.option("--cache-write", help="Default: the input price.")
@click.option("--image", help="Dollars for one, where the model is sold by images.")
@click.option("--character", help="Dollars per million, where it is sold by characters.")
@click.option("--second", help="Dollars for one, where it is sold by seconds of audio.")
@click.option(
    "--multiplier", default="1", show_default=True, help="Credits asked for per credit of cost."
)
@click.option(
    "--from",
    "start",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="UTC; default: now. Prices of the past are never edited.",
)
@click.option("--json", "as_json", is_flag=True, help='Print {"model", "effectiveFrom"}.')
def set_command(
    *,
    model: str,
    input_price: str,
    output_price: str,
    cached_input: str | None,
    cache_write: str | None,
    image: str | None,
    character: str | None,
    second: str | None,
    multiplier: str,
    start: datetime | None,
    as_json: bool,
) -> None:
    """Set what MODEL (provider/name) costs in dollars per million tokens, from a moment on.

    Running servers take it in within seconds; turns that are admitted already keep their price.
    """
    typed = PriceText(
        input=input_price,
        output=output_price,
        cached_input=cached_input,
        cache_write=cache_write,
        multiplier=multiplier,
        image=image,
        character=character,
        second=second,
    )
    begins = None if start is None else start.replace(tzinfo=UTC)
    try:
        check_model(model)
        price = read_price(typed)
        asyncio.run(_set(model, begins, price, as_json=as_json))
    except Invalid as error:
        hint = _OPTIONS.get(error.path or "")
        raise click.BadParameter(error.message, param_hint=hint) from error


async def _set(model: str, start: datetime | None, price: Price, *, as_json: bool) -> None:
    async with people.open_running() as (_, database), database.transaction() as tx:
        row = await set_price(tx, model, start, price)
        await people.note(
            tx, "price.set", target_kind="price", target_id=row.model, after=as_told(row)
        )
    figures = ", ".join(f"{name} {figure}" for name, figure in figures_of(row.price).items())
    show(
        {"model": row.model, "effectiveFrom": row.effective_from},
        as_json=as_json,
        text=f"{row.model}: {figures} from {row.effective_from:%Y-%m-%d %H:%M:%S} UTC",
    )
