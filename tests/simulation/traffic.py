"""Traffic of a made-up installation: what detection has to tell from anomalies.

Conversations come by chance at a rate that follows day and week, varies from day to day and hour
to hour, for each creator of its own, and grows; each is some calls in a row. What a call costs is
log-normal, and one in two hundred costs many times that. Dollars are nano-dollars.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from billing.costbook import Key

START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""

HOUR_S, DAY_S = 3_600, 86_400

BY_HOUR = (
    0.8, 0.6, 0.4, 0.3, 0.25, 0.25, 0.3, 0.5, 0.7, 0.9, 1.0, 1.1,
    1.2, 1.1, 1.0, 1.0, 1.1, 1.3, 1.5, 1.7, 1.8, 1.7, 1.4, 1.1,
)  # fmt: skip
BY_WEEKDAY = (0.9, 0.9, 0.95, 1.0, 1.15, 1.3, 1.2)

FEATURES = {
    # share of conversations, calls of each, dollars of a middling call, agent, model
    "fan_message": (0.55, 8, 0.004, "messaging", "openai/gpt-mini"),
    "chat": (0.2, 6, 0.01, "assistant", "anthropic/sonnet"),
    "caption": (0.12, 3, 0.006, "content", "openai/gpt-mini"),
    "sales": (0.06, 4, 0.012, "sales", "gemini/pro"),
    "suggestion": (0.05, 2, 0.002, "messaging", "gemini/flash"),
    "analysis": (0.02, 2, 0.08, "analytics", "anthropic/sonnet"),
}

DOLLARS_MAX = 2.0
"""Of one call: what fits a model's window costs no more."""

PAUSE_S = 45.0
"""Between two calls of a conversation."""


class CallMade(NamedTuple):
    """``second``: since ``START``."""

    second: float
    key: Key
    usd: int
    failed: bool = False


class Creator(NamedTuple):
    """``per_hour``: conversations in an average hour from the day ``since`` on."""

    id: UUID
    per_hour: float
    since: int = 0


class World:
    """An installation. The same seed makes the same traffic."""

    def __init__(self, seed: int, *, scale: float = 1.0, growth: float = 0.06) -> None:
        self.seed = seed
        self.growth = growth
        chance = random.Random(f"{seed} creators")
        rates = [12.0] * 3 + [3.0] * 10 + [0.6] * 20 + [0.08] * 20
        self.creators = [
            Creator(UUID(int=n + 1), scale * rate * chance.lognormvariate(0, 0.4))
            for n, rate in enumerate(rates)
        ]
        self.creators.append(Creator(UUID(int=1_000), scale * 15.0, since=40))

    def calls(self, first: int, last: int) -> Iterator[list[CallMade]]:
        """The calls of each hour from day ``first`` up to and without day ``last``, in the order
        of their conversations. An hour's are made by its number, so that any can be made alone."""
        for hour in range(first * 24, last * 24):
            yield list(self._hour(hour))

    def _hour(self, hour: int) -> Iterator[CallMade]:
        moment = START + timedelta(hours=hour)
        day = hour // 24
        level = BY_HOUR[moment.hour] * BY_WEEKDAY[moment.weekday()]
        level *= (1 + self.growth) ** (day / 7)
        level *= self._noise("day", day, 0.2) * self._noise("hour", hour, 0.15)
        for creator in self.creators:
            if day < creator.since:
                continue
            own = self._noise(f"{creator.id} day", day, 0.45)
            own *= self._noise(f"{creator.id} hour", hour, 0.35)
            chance = random.Random(f"{self.seed} {creator.id} {hour}")
            begin = 0.0
            while (begin := begin + chance.expovariate(creator.per_hour * level * own)) < 1:
                yield from self._conversation(chance, creator.id, (hour + begin) * HOUR_S)

    def _conversation(
        self, chance: random.Random, creator: UUID, second: float
    ) -> Iterator[CallMade]:
        (feature,) = chance.choices(list(FEATURES), [share for share, *_ in FEATURES.values()])
        _, length, dollars, agent, model = FEATURES[feature]
        key = Key(creator, feature, agent, model, model.split("/")[0])
        for _ in range(1 + int(chance.expovariate(1 / length))):
            cost = dollars * chance.lognormvariate(0, 1.0)
            if chance.random() < 0.005:
                cost *= chance.uniform(5, 25)
            cost = min(cost, DOLLARS_MAX)
            failed = chance.random() < 0.01
            yield CallMade(second, key, 0 if failed else round(cost * 1e9), failed)
            second += chance.expovariate(1 / PAUSE_S)

    def _noise(self, name: str, number: int, spread: float) -> float:
        chance = random.Random(f"{self.seed} {name} {number}")
        return chance.lognormvariate(-spread * spread / 2, spread)


def hour_of(second: float) -> int:
    """Hours since 1970 of a second since ``START``."""
    return int((START.timestamp() + second) // HOUR_S)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def per_usd(total: float) -> str:
    return f"${total / 1e9:.2f}"
