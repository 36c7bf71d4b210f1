"""What the calls of one turn cost, and how their text is counted: as of the turn's admission."""

from collections.abc import Callable
from datetime import datetime

from agents.tokens import count_text
from billing.prices import PriceBook
from server.domain.usage import Price


class Tariff:
    """Prices at the moment ``at``, by model id. A price set later is for turns admitted later."""

    def __init__(self, prices: PriceBook, at: datetime) -> None:
        self._prices = prices
        self._at = at

    def price(self, model: str, input_tokens: int) -> Price:
        """Of a request with so many input tokens: above a tier's threshold all of it costs more.

        Raises:
            Unpriced: nobody has priced that model.
        """
        return self._prices.price(model, self._at, input_tokens)

    def is_priced(self, model: str) -> bool:
        return self._prices.find(model, self._at) is not None

    def counter(self, model: str) -> Callable[[str], int]:
        """Counts the tokens of a text as that model does, or nearly."""
        return count_text
