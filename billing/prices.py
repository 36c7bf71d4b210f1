"""Which price holds for a model at a moment: dated rows of the operator, then what is written here,
then the vendors' lists. A model without a price is unpriced: never free, never a guess."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from billing.listprices import ListPrices
from billing.tables import PriceRow
from server.domain.errors import Unpriced
from server.domain.money import PicoUsd, parse_price
from server.domain.usage import Price
from server.persistence.database import Snapshot, Tx


def _dollars(tokens_in: str, tokens_out: str) -> Price:
    """Dollars per million tokens."""
    return Price(input=parse_price(tokens_in), output=parse_price(tokens_out))


OWN_PRICES: Mapping[str, Price] = {
    # An experiment that Google gives away; the list takes it for the model that came of it.
    "gemini/gemini-2.0-flash-exp": _dollars("0", "0"),
    # Nobody is paid for the demo; its price makes meters, quotas and receipts move visibly.
    "demo/causerie-demo": _dollars("0.50", "2"),
}
"""Prices that stand before the vendors' lists, by model id."""


class DatedPrice(Struct, frozen=True, kw_only=True):
    """``price`` holds for ``model`` from ``effective_from`` until the next one begins."""

    model: str
    effective_from: datetime
    price: Price


class PriceBook:
    """All prices, in memory: admission asks without a query. ``refresh`` takes in what an operator
    changed; call it at start, after a change of this process, and now and then for those of others.
    """

    def __init__(self, listed: ListPrices, configured: Mapping[str, Price] | None = None) -> None:
        """``configured`` are the prices that ``OPENAI_MODELS`` names, by model id."""
        self._listed = listed
        self._fixed = {**OWN_PRICES, **(configured or {})}
        self._dated: dict[str, tuple[DatedPrice, ...]] = {}

    def price(self, model_id: str, at: datetime, input_tokens: int = 0) -> Price:
        """The price of a request of ``input_tokens`` that is admitted at ``at``.

        Raises:
            Unpriced: nobody has priced that model.
        """
        price = self.find(model_id, at, input_tokens)
        if price is None:
            raise Unpriced(
                f"The model {model_id} has no price yet, so it cannot be used.",
                path="$.model",
                metadata={"model": model_id},
            )
        return price

    def find(self, model_id: str, at: datetime, input_tokens: int = 0) -> Price | None:
        """As ``price``, with None for a model that is unpriced."""
        dated = self._dated.get(model_id, ())
        before = bisect_right(dated, at, key=lambda row: row.effective_from)
        if before:
            return dated[before - 1].price
        if model_id in self._fixed:
            return self._fixed[model_id]
        return self._listed.find(model_id, at, input_tokens)

    def replace(self, rows: Iterable[DatedPrice]) -> None:
        """Forget the dated rows known so far and use these."""
        dated: dict[str, list[DatedPrice]] = {}
        for row in sorted(rows, key=lambda row: row.effective_from):
            dated.setdefault(row.model, []).append(row)
        self._dated = {model: tuple(rows_of) for model, rows_of in dated.items()}

    async def refresh(self, tx: Tx | Snapshot) -> None:
        """Read the dated rows again: one query."""
        self.replace(await load_rows(tx))


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
        )
    )
    return tuple(
        DatedPrice(
            model=row.model,
            effective_from=row.effective_from,
            price=Price(
                input=PicoUsd(row.input),
                output=PicoUsd(row.output),
                cached_input=_optional(row.cached_input),
                cache_write=_optional(row.cache_write),
                multiplier_ppm=row.multiplier_ppm,
            ),
        )
        for row in rows
    )


async def add_row(tx: Tx, row: DatedPrice) -> bool:
    """Write a dated price down. False: that model has one from that very moment on; prices that
    may have been charged are never edited."""
    price = row.price
    added = await tx.execute(
        insert(PriceRow)
        .values(
            model=row.model,
            effective_from=row.effective_from,
            input=price.input,
            output=price.output,
            cached_input=price.cached_input,
            cache_write=price.cache_write,
            multiplier_ppm=price.multiplier_ppm,
        )
        .on_conflict_do_nothing()
        .returning(PriceRow.model)
    )
    return added.first() is not None


def _optional(amount: int | None) -> PicoUsd | None:
    return None if amount is None else PicoUsd(amount)
