"""Dated prices as they are typed, written and taken back; the past stays as it is."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from billing.pricerows import (
    DatedPrice,
    PriceText,
    as_told,
    check_model,
    load_rows,
    read_price,
    remove_price,
    set_price,
)
from server.domain.clock import utc_now
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.money import PicoUsd
from server.domain.usage import Price
from server.persistence.database import Database

PRICE = Price(
    input=PicoUsd(100),
    output=PicoUsd(200),
    cached_input=PicoUsd(10),
    cache_write=PicoUsd(0),
    multiplier_ppm=1_500_000,
    image=PicoUsd(166_400_000_000),
    character=PicoUsd(15_000_000),
    second=PicoUsd(100_000_000),
)
LATER = datetime(2999, 1, 1, tzinfo=UTC)


async def rows(database: Database) -> list[DatedPrice]:
    async with database.snapshot() as tx:
        return sorted(await load_rows(tx), key=lambda row: row.effective_from)


def test_dollars_are_read_exactly_and_what_is_absent_stays_so() -> None:
    typed = PriceText(input="0.15", output="0.000001", cached_input="0", multiplier="1.25")
    assert read_price(typed) == Price(
        input=PicoUsd(150_000),
        output=PicoUsd(1),
        cached_input=PicoUsd(0),
        multiplier_ppm=1_250_000,
    )


@pytest.mark.parametrize("figure", ["-1", "free", "0.0000001", "1000001", "NaN", "1e9", "", " 1"])
@pytest.mark.parametrize(
    "field", ["input", "output", "cached_input", "cache_write", "character", "multiplier"]
)
def test_what_is_no_figure_is_refused_by_the_name_of_its_field(figure: str, field: str) -> None:
    typed = {"input": "1", "output": "2", field: figure}
    with pytest.raises(Invalid) as told:
        read_price(PriceText(**typed))
    camel = {"cached_input": "cachedInput", "cache_write": "cacheWrite"}.get(field, field)
    assert told.value.path == f"$.{camel}"


def test_a_price_is_told_in_the_figures_it_is_set_with() -> None:
    row = DatedPrice(model="openai/x", effective_from=LATER, price=PRICE)
    assert as_told(row) == {
        "effectiveFrom": "2999-01-01T00:00:00Z",
        "input": "0.0001",
        "output": "0.0002",
        "cachedInput": "0.00001",
        "cacheWrite": "0",
        "multiplier": "1.5",
        "image": "0.1664",
        "character": "15",
        "second": "0.0001",
    }
    bare = DatedPrice(
        model="openai/x", effective_from=LATER, price=Price(input=PRICE.input, output=PRICE.output)
    )
    assert set(as_told(bare)) == {"effectiveFrom", "input", "output", "multiplier"}


def test_what_is_not_sold_by_the_token_is_read_by_its_own_unit() -> None:
    typed = PriceText(input="0", output="0", image="0.1664", character="15", second="0.0001")
    price = read_price(typed)
    assert (price.image, price.character, price.second) == (
        PRICE.image,
        PRICE.character,
        PRICE.second,
    )


@pytest.mark.parametrize("figure", ["-1", "free", "0.0000000000001", "1001", "NaN", "1e2", ""])
@pytest.mark.parametrize("field", ["image", "second"])
def test_the_price_of_one_is_refused_by_its_name(figure: str, field: str) -> None:
    with pytest.raises(Invalid) as told:
        read_price(PriceText(**{"input": "0", "output": "0", field: figure}))
    assert told.value.path == f"$.{field}"


@pytest.mark.parametrize(
    "model",
    ["gpt", "/x", "openai/", "x/" + "y" * 200, "openai/a b", "openai/\x00", "openai/\ud800"],
)
def test_a_model_is_named_with_its_provider(model: str) -> None:
    check_model("compatible/org/model:free")
    with pytest.raises(Invalid) as told:
        check_model(model)
    assert told.value.path == "$.model"


async def test_a_price_is_kept_whole_and_begins_now_unless_told(database: Database) -> None:
    before = utc_now()
    async with database.transaction() as tx:
        now = await set_price(tx, "openai/x", None, PRICE)
        later = await set_price(tx, "openai/x", LATER, PRICE)
    assert before - timedelta(seconds=5) < now.effective_from < before + timedelta(seconds=5)
    assert later.effective_from == LATER
    assert await rows(database) == [now, later]
    assert now.price == PRICE


async def test_the_past_is_not_priced(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(Invalid) as told:
            await set_price(tx, "openai/x", utc_now() - timedelta(seconds=1), PRICE)
    assert told.value.path == "$.effectiveFrom"
    assert await rows(database) == []


async def test_of_two_that_set_the_same_moment_one_is_told(database: Database) -> None:
    async def once(figure: int) -> bool:
        price = Price(input=PicoUsd(figure), output=PicoUsd(figure))
        try:
            async with database.transaction() as tx:
                await set_price(tx, "openai/x", LATER, price)
        except Conflict:
            return False
        return True

    assert sorted(await asyncio.gather(*map(once, range(5)))) == [False] * 4 + [True]
    assert len(await rows(database)) == 1


async def test_only_what_has_not_begun_can_be_taken_back(database: Database) -> None:
    async with database.transaction() as tx:
        now = await set_price(tx, "openai/x", None, PRICE)
        await set_price(tx, "openai/x", LATER, PRICE)
    async with database.transaction() as tx:
        removed = await remove_price(tx, "openai/x", LATER)
    assert removed == DatedPrice(model="openai/x", effective_from=LATER, price=PRICE)
    for model, start, error in (
        ("openai/x", now.effective_from, Conflict),
        ("openai/x", LATER, NotFound),
        ("openai/y", now.effective_from, NotFound),
    ):
        async with database.transaction() as tx:
            with pytest.raises(error):
                await remove_price(tx, model, start)
    assert await rows(database) == [now]
