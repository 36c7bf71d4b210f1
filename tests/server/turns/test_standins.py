"""A model stands in for another only where it can take the same prompt."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from agents.context import Fitted
from agents.providers.demo import DemoProvider
from agents.providers.registry import REASONING, TEXT, TOOLS, VISION, ModelInfo, Registry
from billing.listprices import ListPrices
from billing.pauses import Pause, PauseBook
from billing.prices import PriceBook
from server.domain.content import ChatMessage, Image, Role
from server.domain.ids import new_id
from server.domain.money import PicoUsd
from server.domain.usage import Price
from server.turns.standins import stand_ins
from server.turns.tariff import Tariff
from tests.billing.holding import paused

PRICE = Price(input=PicoUsd(1), output=PicoUsd(1))
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def model(name: str, **fields: Any) -> ModelInfo:
    fields = {"capabilities": (TEXT, TOOLS), "context_tokens": 10_000, **fields}
    return ModelInfo(
        id=f"demo/{name}", provider="demo", name=name, title=name, output_tokens=2_000, **fields
    )


FIRST = model("first", fallbacks=("demo/same", "demo/plain", "demo/small", "demo/unpriced"))
OTHERS = (
    model("same"),
    model("plain", capabilities=(TEXT,)),
    model("small", context_tokens=4_000),
    model("unpriced"),
)
SAID = ChatMessage(role=Role.USER, text="x")
SHOWN = structs.replace(
    SAID, images=(Image(media_id=new_id(), media_type="image/png", width=1, height=1),)
)


def found(
    asked: ModelInfo = FIRST,
    *,
    input_tokens: int = 100,
    said: ChatMessage = SAID,
    pauses: Sequence[Pause] = (),
) -> list[str]:
    registry = Registry([asked, *OTHERS], {"demo": DemoProvider()})
    prices = {f"demo/{name}": PRICE for name in ("first", "same", "plain", "small")}
    tariff = Tariff(PriceBook(ListPrices([]), prices), NOW)
    fitted = Fitted(messages=(said,), input_tokens=input_tokens, dropped=0)
    book = PauseBook(lambda: NOW)
    book.replace(pauses)
    able = stand_ins(registry, asked, asked.fallbacks, tariff, fitted, book)
    return [name.removeprefix("demo/") for name in able]


def test_those_that_can_do_the_same_and_have_a_price_in_their_order() -> None:
    assert found() == ["same", "small"]


def test_a_window_must_hold_the_prompt_and_some_of_an_answer() -> None:
    assert found(input_tokens=3_000) == ["same"]


def test_seeing_is_needed_only_where_there_is_something_to_see() -> None:
    seeing = structs.replace(FIRST, capabilities=(TEXT, TOOLS, VISION))
    assert found(seeing) == ["same", "small"]
    assert found(seeing, said=SHOWN) == []


def test_nobody_has_to_tell_its_reasoning() -> None:
    assert found(structs.replace(FIRST, capabilities=(TEXT, TOOLS, REASONING))) == ["same", "small"]


def test_a_paused_model_or_provider_stands_in_for_nobody() -> None:
    assert found(pauses=[paused("model", "demo/same")]) == ["small"]
    assert found(pauses=[paused("provider", "demo")]) == []
    assert found(pauses=[paused("model", "demo/same", ends_at=NOW)]) == ["same", "small"]
