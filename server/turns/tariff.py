"""What the calls of one turn cost, and how their text is counted: as of the turn's admission."""

from datetime import datetime

from agents.counters import ESTIMATES, Counter, Counters
from billing.prices import PriceBook
from server.domain.usage import Price


class Tariff:
    """Prices at the moment ``at``, by model id. A price set later is for turns admitted later."""

    def __init__(self, prices: PriceBook, at: datetime, counters: Counters = ESTIMATES) -> None:
        self._prices = prices
        self._at = at
        self._counters = counters

    def price(self, model: str, input_tokens: int) -> Price:
        """Of a request with so many input tokens: above a tier's threshold all of it costs more.

        Raises:
            Unpriced: nobody has priced that model.
        """
        return self._prices.price(model, self._at, input_tokens)

    def counter(self, model: str) -> Counter:
        """Counts the tokens of a text as that model does, or nearly."""
        return self._counters.counter(model)

    def is_priced(self, model: str) -> bool:
        return self._prices.find(model, self._at) is not None


class Tariffs:
    """Makes them: all that this process knows of prices and tokens."""

    def __init__(self, prices: PriceBook, counters: Counters) -> None:
        self._prices = prices
        self._counters = counters

    def at(self, moment: datetime) -> Tariff:
        return Tariff(self._prices, moment, self._counters)
