"""What goes wrong at a known minute: each changes traffic, or adds to it."""

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import UUID

from billing.costbook import Key
from tests.simulation.traffic import FEATURES, CallMade

LASTS_S = 1_800
LIGHT, HEAVY, NEW = 40, 1, 7_777
"""Numbers of creators: one of a few conversations a day, the heaviest, and one never seen."""


class Anomaly(NamedTuple):
    """``expected``: kinds and scopes of which the first incident must be one."""

    name: str
    expected: tuple[str, ...]
    change: Callable[[CallMade], list[CallMade]]
    more: Callable[[int], Iterator[CallMade]] = lambda _: iter(())


def as_it_was(call: CallMade) -> list[CallMade]:
    return [call]


def times(feature: str, number: int) -> Callable[[CallMade], list[CallMade]]:
    """So many times the calls of a feature (empty: of all), by all creators, at their own costs."""
    chance = random.Random(9)

    def change(call: CallMade) -> list[CallMade]:
        if feature not in ("", call.key.feature):
            return [call]
        cost = FEATURES[call.key.feature][2]
        return [call] + [
            CallMade(
                call.second + chance.uniform(0, 60),
                call.key,
                round(1e9 * cost * chance.lognormvariate(0, 1)),
            )
            for _ in range(number - 1)
        ]

    return change


def loop(creator: int, every_s: float) -> Callable[[int], Iterator[CallMade]]:
    """One creator's program that asks without end: $0.012 a call."""
    key = Key(UUID(int=creator), "chat", "assistant", "anthropic/sonnet", "anthropic")

    def calls(begin: int) -> Iterator[CallMade]:
        chance, second = random.Random(creator), float(begin)
        while second < begin + LASTS_S:
            yield CallMade(second, key, round(0.012e9 * chance.lognormvariate(0, 0.3)))
            second += every_s

    return calls


def dearer(
    feature: str, number: float, model: str | None = None
) -> Callable[[CallMade], list[CallMade]]:
    """Calls of a feature at so many times the cost: by another model, or a longer prompt."""

    def change(call: CallMade) -> list[CallMade]:
        if call.key.feature != feature:
            return [call]
        key = call.key if model is None else call.key._replace(model=model)
        return [call._replace(usd=round(call.usd * number), key=key)]

    return change


def failing(provider: str, share: float) -> Callable[[CallMade], list[CallMade]]:
    chance = random.Random(5)

    def change(call: CallMade) -> list[CallMade]:
        fails = call.key.provider == provider and chance.random() < share
        return [call._replace(usd=0, failed=True) if fails else call]

    return change


def anomalies() -> list[Anomaly]:
    looping = {
        number: (
            f"cost_spike creator {UUID(int=number)}",
            f"request_burst creator {UUID(int=number)}",
        )
        for number in (LIGHT, HEAVY, NEW)
    }
    fans = ("cost_spike feature fan_message", "cost_spike agent messaging")
    caption = ("cost_spike feature caption", "cost_spike agent content")
    dear = (*caption, "cost_spike model openai/o-max")
    openai = ("provider_errors provider openai",)
    return [
        Anomaly("4 times the calls of fan_message", fans, times("fan_message", 4)),
        Anomaly("10 times the calls of fan_message", fans, times("fan_message", 10)),
        Anomaly("4 times the calls of caption", caption, times("caption", 4)),
        Anomaly("10 times the calls of caption", caption, times("caption", 10)),
        Anomaly("4 times the calls in all", ("cost_spike system",), times("", 4)),
        Anomaly(
            "caption by a model twelve times as dear", dear, dearer("caption", 12, "openai/o-max")
        ),
        Anomaly("fan_message with prompts five times as long", fans, dearer("fan_message", 5)),
        Anomaly("a light creator's loop, 30/min", looping[LIGHT], as_it_was, loop(LIGHT, 2)),
        Anomaly("a light creator's loop, 6/min", looping[LIGHT], as_it_was, loop(LIGHT, 10)),
        Anomaly("the heaviest creator's loop, 30/min", looping[HEAVY], as_it_was, loop(HEAVY, 2)),
        Anomaly("a new creator's loop, 30/min", looping[NEW], as_it_was, loop(NEW, 2)),
        Anomaly("15 % of openai's calls fail", openai, failing("openai", 0.15)),
        Anomaly("50 % of openai's calls fail", openai, failing("openai", 0.5)),
    ]
