"""Which price holds: the operator's dated rows, then what is configured, then the lists."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs
from sqlalchemy import insert

from billing.listprices import load_now
from billing.pricerows import DatedPrice
from billing.prices import PriceBook
from billing.tables import PriceRow
from server.domain.errors import Unpriced
from server.domain.money import PicoUsd
from server.domain.usage import Price
from server.persistence.database import Database

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LISTED = load_now()


def at(figure: int) -> Price:
    return Price(input=PicoUsd(figure), output=PicoUsd(figure))


def row(model: str, since: datetime, figure: int) -> DatedPrice:
    return DatedPrice(model=model, effective_from=since, price=at(figure))


def test_a_model_without_a_price_is_unpriced_and_said_to_be() -> None:
    with pytest.raises(Unpriced) as told:
        PriceBook(LISTED).price("openai/llama3", NOW)
    assert "openai/llama3" in told.value.message
    assert PriceBook(LISTED).find("openai/llama3", NOW) is None


def test_a_model_that_is_given_away_is_free_and_not_unpriced() -> None:
    price = PriceBook(LISTED).price("gemini/gemini-2.0-flash-exp", NOW)
    assert (price.input, price.output) == (0, 0)


def test_the_demo_has_a_small_price() -> None:
    price = PriceBook(LISTED).price("demo/causerie-demo", NOW)
    assert 0 < price.input < price.output < 5_000_000


def test_a_configured_price_stands_before_the_list_and_a_row_before_both() -> None:
    book = PriceBook(LISTED, {"openai/gpt-4.1": at(5), "openai/llama3": at(6)})
    assert book.price("openai/gpt-4.1", NOW) == at(5)
    assert book.price("openai/llama3", NOW) == at(6)
    book.replace([row("openai/llama3", NOW, 7), row("openai/gpt-5.5", NOW, 8)])
    assert book.price("openai/llama3", NOW) == at(7)
    assert book.price("openai/gpt-5.5", NOW) == at(8)
    assert book.price("openai/gpt-4.1", NOW) == at(5)


def test_a_row_holds_from_its_moment_until_the_next_begins() -> None:
    day = timedelta(days=1)
    book = PriceBook(LISTED, {"m": at(1)})
    book.replace([row("m", NOW + day, 3), row("m", NOW, 2)])
    moments = (NOW - day, NOW, NOW + day - timedelta.resolution, NOW + day, NOW + 9 * day)
    assert [book.price("m", moment) for moment in moments] == [at(n) for n in (1, 2, 2, 3, 3)]


SQUARE = "1024x1024/high"


def test_a_model_is_unpriced_by_a_unit_that_it_is_not_sold_by() -> None:
    book = PriceBook(LISTED)
    assert book.price("openai/tts-1", NOW, unit="character").character == 15_000_000
    for unit in ("token", "image", "second"):
        with pytest.raises(Unpriced):
            book.price("openai/tts-1", NOW, unit=unit)
    with pytest.raises(Unpriced):
        book.price("openai/gpt-4.1", NOW, unit="image")


def test_an_image_has_the_price_of_its_size_and_quality_and_its_prompt_that_of_text() -> None:
    price = PriceBook(LISTED).price("openai/gpt-image-1", NOW, unit="image", variant=SQUARE)
    assert (price.image, price.input, price.output) == (166_400_000_000, 5_000_000, 0)
    with pytest.raises(Unpriced):
        PriceBook(LISTED).price("openai/gpt-image-1", NOW, unit="image", variant="16x16/high")


def test_a_row_of_one_variant_stands_before_one_of_all() -> None:
    book = PriceBook(LISTED)

    def image(variant: str) -> PicoUsd | None:
        return book.price("openai/gpt-image-1", NOW, unit="image", variant=variant).image

    every, one = structs.replace(at(0), image=PicoUsd(7)), structs.replace(at(0), image=PicoUsd(9))
    book.replace([DatedPrice(model="openai/gpt-image-1", effective_from=NOW, price=every)])
    assert (image(SQUARE), image("16x16/low")) == (7, 7)
    book.replace(
        [
            DatedPrice(model="openai/gpt-image-1", effective_from=NOW, price=every),
            DatedPrice(model=f"openai/gpt-image-1@{SQUARE}", effective_from=NOW, price=one),
        ]
    )
    assert (image(SQUARE), image("16x16/low")) == (9, 7)


def test_rows_that_are_gone_are_forgotten() -> None:
    book = PriceBook(LISTED)
    book.replace([row("m", NOW, 2)])
    book.replace([])
    assert book.find("m", NOW) is None


def test_the_size_of_the_request_reaches_the_list() -> None:
    book = PriceBook(LISTED)
    small, large = (book.price("gemini/gemini-2.5-pro", NOW, size) for size in (1, 300_000))
    assert large.input == 2 * small.input


def test_a_compatible_servers_price_is_what_the_settings_say() -> None:
    book = PriceBook(LISTED, {"compatible/gpt-4.1": at(5)})
    assert book.price("compatible/gpt-4.1", NOW) == at(5)
    assert PriceBook(LISTED).find("compatible/gpt-4.1", NOW) is None


def test_only_the_list_has_tiers() -> None:
    pro, day = "gemini/gemini-2.5-pro", timedelta(days=1)
    book = PriceBook(LISTED)
    assert [tier.above for tier in book.tiers(pro, NOW)] == [200_000]
    book.replace([row(pro, NOW, 7)])
    assert [tier.above for tier in book.tiers(pro, NOW - day)] == [200_000]
    assert book.tiers(pro, NOW) == ()
    assert book.price(pro, NOW, 300_000) == book.price(pro, NOW) == at(7)
    assert PriceBook(LISTED, {pro: at(5)}).tiers(pro, NOW) == ()


def test_every_source_is_told_and_which_of_them_holds() -> None:
    pro, day = "gemini/gemini-2.5-pro", timedelta(days=1)
    book = PriceBook(LISTED, {"openai/gpt-4.1": at(5)})
    rows = (row(pro, NOW, 7), row(pro, NOW + day, 8))
    book.replace(reversed(rows))
    before, now = book.standing(pro, NOW - day), book.standing(pro, NOW)
    assert (before.source, now.source) == ("list", "dated")
    assert before.current == before.listed == now.listed
    assert (now.current, now.own, now.rows) == (at(7), None, rows)
    assert now.tiers == LISTED.tiers(pro, NOW)
    own = book.standing("openai/gpt-4.1", NOW)
    assert (own.source, own.current, own.own) == ("own", at(5), at(5))
    assert own.listed is not None
    nobody = book.standing("openai/llama3", NOW)
    assert (nobody.source, nobody.current, nobody.rows) == (None, None, ())
    assert {pro, "openai/gpt-4.1", "demo/causerie-demo"} <= book.named()
    assert "openai/llama3" not in book.named()


async def test_rows_are_read_whole_from_the_table(database: Database) -> None:
    book = PriceBook(LISTED)
    async with database.transaction() as tx:
        await tx.execute(
            insert(PriceRow),
            [
                {
                    "model": "openai/llama3",
                    "effective_from": NOW,
                    "input": 100,
                    "output": 200,
                    "cached_input": 10,
                    "cache_write": None,
                    "multiplier_ppm": 1_500_000,
                }
            ],
        )
        await book.refresh(tx)
    assert book.price("openai/llama3", NOW) == Price(
        input=PicoUsd(100),
        output=PicoUsd(200),
        cached_input=PicoUsd(10),
        multiplier_ppm=1_500_000,
    )
    assert book.find("openai/llama3", NOW - timedelta(seconds=1)) is None
