"""Small work goes to the cheapest model that answers."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from agents.providers.demo import DEMO_MODEL, DemoProvider
from agents.providers.health import BreakerLimits, Health
from agents.providers.registry import ModelInfo, Registry
from billing.listprices import ListPrices
from billing.pauses import Pause, PauseBook
from billing.prices import PriceBook
from server.domain.clock import utc_now
from server.domain.errors import ProviderError
from server.domain.money import PicoUsd
from server.domain.usage import Price
from server.turns.cheapest import CANDIDATES, Cheapest
from tests.billing.holding import paused

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def model(name: str) -> ModelInfo:
    return ModelInfo(
        id=f"x/{name}",
        provider="x",
        name=name,
        title=name,
        context_tokens=10_000,
        output_tokens=1_000,
    )


def found(*names: str, down: str | None = None, pauses: Sequence[Pause] = ()) -> tuple[str, ...]:
    models = [*(model(name) for name in names), DEMO_MODEL]
    registry = Registry(models, {"x": DemoProvider(), "demo": DemoProvider()})
    # The name says the price; one without a figure has none.
    prices = {
        f"x/{name}": Price(input=PicoUsd(int(name)), output=PicoUsd(int(name)))
        for name in names
        if name.isdigit()
    }
    health = Health(
        [model.id for model in models],
        BreakerLimits(calls_min=1),
        time=time.monotonic,
        clock=utc_now,
    )
    if down is not None:
        health.failed(down, ProviderError("down"))
    book = PauseBook(lambda: NOW)
    book.replace(pauses)
    return Cheapest(registry, PriceBook(ListPrices([]), prices), book, health).find(NOW)


def test_by_price_and_never_one_without() -> None:
    assert found("30", "nobody", "10", "20") == ("x/10", "x/20", "x/30")
    assert len(found("1", "2", "3", "4", "5")) == CANDIDATES


def test_one_that_keeps_failing_is_left_alone() -> None:
    assert found("10", "20", down="x/10") == ("x/20",)


def test_a_paused_one_is_left_alone() -> None:
    assert found("10", "20", pauses=[paused("model", "x/10")]) == ("x/20",)
    assert found("10", "20", pauses=[paused("provider", "x"), paused("system")]) == ()


def test_the_demo_only_where_there_is_nothing_else() -> None:
    assert found() == (DEMO_MODEL.id,)
    assert found("nobody") == (DEMO_MODEL.id,)
