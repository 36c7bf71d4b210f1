"""The models that small work is given to, which nobody asked for by name."""

from datetime import datetime

from agents.providers.health import Health
from agents.providers.registry import TEXT, ModelInfo, Registry
from billing.pauses import PauseBook
from billing.prices import PriceBook
from server.domain.breaker import BreakerState
from server.domain.usage import Price

CANDIDATES = 3
"""One may be down, or sold no more."""

INPUT_SHARE = 4
"""Input tokens for each of output: what such work reads is longer than what it writes."""


class Cheapest:
    def __init__(
        self, registry: Registry, prices: PriceBook, pauses: PauseBook, health: Health
    ) -> None:
        self._registry = registry
        self._prices = prices
        self._pauses = pauses
        self._health = health

    def find(self, at: datetime) -> tuple[str, ...]:
        """Ids of the cheapest models that answer at present, cheapest first; of the demo's only
        where there are no others."""
        priced = [
            (_weight(price), model)
            for model in self._registry.models(TEXT)
            if (price := self._prices.find(model.id, at)) is not None
            and self._health.state(model.id) is BreakerState.CLOSED
            and not self._pauses.has_model(model.id, model.provider)
        ]
        real = [found for found in priced if not found[1].demo]
        ranked = sorted(real or priced, key=_by_weight)
        return tuple(model.id for _, model in ranked[:CANDIDATES])


def _by_weight(found: tuple[int, ModelInfo]) -> tuple[int, str]:
    return found[0], found[1].id


def _weight(price: Price) -> int:
    return (INPUT_SHARE * price.input + price.output) * price.multiplier_ppm
