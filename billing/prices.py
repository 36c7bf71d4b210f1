"""Which price holds for a model at a moment: dated rows of the operator, then what is written here,
then the vendors' lists. A model without a price is unpriced: never free, never a guess."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct, structs

from billing import mediaprices
from billing.listprices import ListPrices, Tier
from billing.pricerows import DatedPrice, load_rows
from server.domain.errors import Unpriced
from server.domain.money import PicoUsd, parse_price
from server.domain.usage import Price, Unit
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


PriceSource: TypeAlias = Literal["dated", "own", "list"]
"""Where the price that holds comes from: a dated row, what is fixed here or configured, a list."""


class Standing(Struct, frozen=True, kw_only=True):
    """All that is known of one model's price. ``tiers`` are the list's; they hold where ``source``
    is the list. ``rows`` in the order of time, those of the future included."""

    current: Price | None
    source: PriceSource | None
    listed: Price | None
    tiers: tuple[Tier, ...]
    own: Price | None
    rows: tuple[DatedPrice, ...]


class PriceBook:
    """All prices, in memory: admission asks without a query. ``refresh`` takes in what an operator
    changed; call it at start, after a change of this process, and now and then for those of others.
    """

    def __init__(self, listed: ListPrices, configured: Mapping[str, Price] | None = None) -> None:
        """``configured`` are the prices that ``OPENAI_MODELS`` names, by model id."""
        self._listed = listed
        self._fixed = {**OWN_PRICES, **(configured or {})}
        self._dated: dict[str, tuple[DatedPrice, ...]] = {}

    def price(
        self,
        model_id: str,
        at: datetime,
        input_tokens: int = 0,
        *,
        unit: Unit = "token",
        variant: str | None = None,
    ) -> Price:
        """The price of a request of ``input_tokens`` that is admitted at ``at`` and buys ``unit``.

        ``variant`` is an image's size and quality (``mediaprices.variant``). A dated row may be of
        one alone: its model is then ``openai/gpt-image-1@1024x1024/high``.

        Raises:
            Unpriced: nobody has priced that model, or not by that unit.
        """
        price = self.find(model_id, at, input_tokens, unit=unit, variant=variant)
        if price is None:
            raise Unpriced(
                f"The model {model_id} has no price yet, so it cannot be used.",
                path="$.model",
                metadata={"model": model_id},
            )
        return price

    def find(
        self,
        model_id: str,
        at: datetime,
        input_tokens: int = 0,
        *,
        unit: Unit = "token",
        variant: str | None = None,
    ) -> Price | None:
        """As ``price``, with None for a model that is unpriced."""
        if variant is not None:
            price = self._of_variant(model_id, at, variant)
        else:
            price = self._standing(model_id, at, input_tokens)
        return price if price is not None and price.sells(unit) else None

    def _of_variant(self, model_id: str, at: datetime, variant: str) -> Price | None:
        row = self._row(f"{model_id}@{variant}", at) or self._row(model_id, at)
        if row is not None:
            return row.price
        fixed, listed = self._fixed.get(model_id), self._listed.find(model_id, at)
        image = mediaprices.image(model_id, variant, at)
        if fixed is not None or image is None:
            return fixed or listed
        # What the prompt takes is paid for beside the image, its output is the image itself.
        text = listed or Price(input=PicoUsd(0), output=PicoUsd(0))
        return structs.replace(text, output=PicoUsd(0), image=image)

    def _standing(self, model_id: str, at: datetime, input_tokens: int = 0) -> Price | None:
        row = self._row(model_id, at)
        if row is not None:
            return row.price
        if model_id in self._fixed:
            return self._fixed[model_id]
        return self._listed.find(model_id, at, input_tokens)

    def tiers(self, model_id: str, at: datetime) -> tuple[Tier, ...]:
        """What larger requests cost. Only a list has tiers: any other price holds for all sizes."""
        if model_id in self._fixed or self._row(model_id, at) is not None:
            return ()
        return self._listed.tiers(model_id, at)

    def standing(self, model_id: str, at: datetime) -> Standing:
        """For whoever sets prices: each of the three sources, and which of them holds."""
        own, listed = self._fixed.get(model_id), self._listed.find(model_id, at)
        source: PriceSource | None = None
        if self._row(model_id, at) is not None:
            source = "dated"
        elif own is not None:
            source = "own"
        elif listed is not None:
            source = "list"
        return Standing(
            current=self._standing(model_id, at),
            source=source,
            listed=listed,
            tiers=self._listed.tiers(model_id, at),
            own=own,
            rows=self._dated.get(model_id, ()),
        )

    def named(self) -> set[str]:
        """Models that somebody here has priced, by a row or by a setting."""
        return {*self._fixed, *self._dated}

    def _row(self, model_id: str, at: datetime) -> DatedPrice | None:
        dated = self._dated.get(model_id, ())
        before = bisect_right(dated, at, key=lambda row: row.effective_from)
        return dated[before - 1] if before else None

    def replace(self, rows: Iterable[DatedPrice]) -> None:
        """Forget the dated rows known so far and use these."""
        dated: dict[str, list[DatedPrice]] = {}
        for row in sorted(rows, key=lambda row: row.effective_from):
            dated.setdefault(row.model, []).append(row)
        self._dated = {model: tuple(rows_of) for model, rows_of in dated.items()}

    async def refresh(self, tx: Tx | Snapshot) -> None:
        """Read the dated rows again: one query."""
        self.replace(await load_rows(tx))
