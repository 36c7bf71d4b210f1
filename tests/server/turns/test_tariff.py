"""A turn's calls cost what was asked for on the day of its admission, tier by tier."""

from datetime import UTC, datetime, timedelta

import pytest

from agents.counters import Counters
from agents.estimates import count_claude
from billing import listprices
from billing.pricerows import DatedPrice
from billing.prices import PriceBook
from server.domain.errors import Unpriced
from server.domain.money import PicoUsd
from server.domain.usage import Price
from server.turns.tariff import Tariff

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PRO = "gemini/gemini-2.5-pro"


async def test_a_tier_re_prices_the_whole_request() -> None:
    tariff = Tariff(PriceBook(await listprices.load()), NOW)
    below, above = tariff.price(PRO, 200_000), tariff.price(PRO, 200_001)
    assert (below.input, below.output) == (1_250_000, 10_000_000)
    assert (above.input, above.output) == (2_500_000, 15_000_000)


async def test_a_price_that_begins_later_is_for_later_turns() -> None:
    book = PriceBook(await listprices.load())
    tariff = Tariff(book, NOW)
    before = tariff.price(PRO, 0)
    new = Price(input=PicoUsd(1), output=PicoUsd(2))
    book.replace([DatedPrice(model=PRO, effective_from=NOW + timedelta(seconds=1), price=new)])
    assert tariff.price(PRO, 0) == before
    assert Tariff(book, NOW + timedelta(seconds=1)).price(PRO, 0) == new


async def test_a_model_without_a_price_is_said_to_have_none() -> None:
    tariff = Tariff(PriceBook(await listprices.load()), NOW)
    assert tariff.is_priced(PRO)
    assert not tariff.is_priced("openai/nobody-knows-it")
    with pytest.raises(Unpriced):
        tariff.price("openai/nobody-knows-it", 0)


async def test_a_model_is_counted_by_its_own_counter() -> None:
    book = PriceBook(await listprices.load())
    assert Tariff(book, NOW, Counters(len)).counter("openai/gpt-4.1")("seven") == 5
    assert Tariff(book, NOW).counter("anthropic/claude-opus-5") is count_claude
