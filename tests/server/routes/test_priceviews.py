"""Prices as admins see them: exact strings, and which row holds."""

from datetime import UTC, datetime, timedelta

from msgspec import UNSET

from billing.listprices import load_now
from billing.pricepreview import PriceEffect
from billing.pricerows import DatedPrice
from billing.prices import PriceBook
from server.domain.money import NanoUsd, PicoUsd
from server.domain.usage import Price
from server.routes.priceviews import effect_view, model_prices, price_view

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)


def row(begins: datetime, figure: int) -> DatedPrice:
    price = Price(input=PicoUsd(figure), output=PicoUsd(figure))
    return DatedPrice(model="openai/x", effective_from=begins, price=price)


def test_what_is_not_set_apart_costs_what_input_costs() -> None:
    view = price_view(Price(input=PicoUsd(75_000), output=PicoUsd(10), multiplier_ppm=1_500_000))
    assert (view.input, view.cached_input, view.cache_write) == ("0.075", "0.075", "0.075")
    assert (view.output, view.multiplier) == ("0.00001", "1.5")


def test_the_row_that_began_last_is_the_current_one() -> None:
    book = PriceBook(load_now())
    book.replace([row(NOW + DAY, 4), row(NOW, 3), row(NOW - DAY, 2)])
    for at, states in (
        (NOW - 2 * DAY, ["future", "future", "future"]),
        (NOW, ["past", "current", "future"]),
        (NOW + 2 * DAY, ["past", "past", "current"]),
    ):
        view = model_prices(book.standing("openai/x", at), "openai/x", at, configured=True)
        assert [dated.state for dated in view.dated] == states
        assert view.unpriced == ("current" not in states)
        assert (view.prices is None) == view.unpriced


def test_a_difference_may_be_less() -> None:
    view = effect_view(
        PriceEffect(
            start=NOW,
            end=NOW + DAY,
            calls=2,
            input_tokens=1,
            output_tokens=1,
            cost_usd=NanoUsd(3_000_000_000),
            new_cost_usd=NanoUsd(1_500_000_000),
            charged_usd=NanoUsd(0),
            new_charged_usd=NanoUsd(1),
        )
    )
    assert (view.cost_difference_usd, view.charged_difference_usd) == ("-1.5", "0.000000001")


def test_what_is_sold_by_the_image_the_character_or_the_second_says_so() -> None:
    book = PriceBook(load_now())
    speech = model_prices(book.standing("openai/tts-1", NOW), "openai/tts-1", NOW, configured=True)
    assert speech.prices is not None
    assert (speech.prices.character, speech.prices.second, speech.images) == ("15", UNSET, [])
    name = "openai/gpt-image-1"
    images = model_prices(book.standing(name, NOW), name, NOW, configured=True).images
    assert {view.variant: view.image for view in images}["1024x1024/high"] == "0.1664"
    assert all(view.source.startswith("https://") for view in images)
