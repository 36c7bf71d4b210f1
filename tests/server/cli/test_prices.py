"""`prices set`: dated rows, never edited."""

import pytest

from billing.pricerows import load_rows
from server.domain.money import PicoUsd
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.cli.commands import Operator, noted

SET = ("prices", "set", "openai/new-model")


async def test_a_price_is_written_as_it_was_given(migrated: EngineUrls, database: Database) -> None:
    operator = Operator(migrated)
    answer = await operator.json(*SET, "--input", "0.15", "--output", "0.6")
    assert answer["model"] == "openai/new-model"
    await operator.json(
        *SET, "--input", "1", "--output", "2", "--cached-input", "0.5", "--multiplier", "1.25",
        "--from", "2999-01-01",
    )  # fmt: skip
    async with database.snapshot() as tx:
        now, later = sorted(await load_rows(tx), key=lambda row: row.effective_from)
    assert (now.price.input, now.price.output) == (PicoUsd(150_000), PicoUsd(600_000))
    assert (now.price.cached_input, now.price.multiplier_ppm) == (None, 1_000_000)
    assert (later.price.cached_input, later.price.multiplier_ppm) == (500_000, 1_250_000)
    assert later.effective_from.year == 2999
    _, entry = await noted(database)
    assert (entry.action, entry.target_kind) == ("price.set", "price")
    assert entry.target_id == "openai/new-model"
    assert entry.after == {
        "effectiveFrom": "2999-01-01T00:00:00Z",
        "input": "1",
        "output": "2",
        "cachedInput": "0.5",
        "multiplier": "1.25",
    }


async def test_what_was_set_is_said_in_every_unit_it_is_sold_by(
    migrated: EngineUrls, database: Database
) -> None:
    tokens = ("--input", "0", "--output", "0")
    done = await Operator(migrated).run(*SET, *tokens, "--character", "15", "--second", "0.0001")
    said = "openai/new-model: input 0, output 0, character 15, multiplier 1, second 0.0001 from "
    assert done.output.startswith(said)


async def test_the_past_and_what_is_set_stay_as_they_are(
    migrated: EngineUrls, database: Database
) -> None:
    operator = Operator(migrated)
    price = ("--input", "1", "--output", "2")
    assert "passed" in await operator.refused(*SET, *price, "--from", "2020-01-01")
    await operator.json(*SET, *price, "--from", "2999-01-01")
    again = await operator.refused(*SET, "--input", "3", "--output", "4", "--from", "2999-01-01")
    assert "that very moment" in again


@pytest.mark.parametrize("price", ["-1", "free", "0.0000001", "1000001", "NaN", "1e9", ""])
async def test_prices_that_are_none_are_refused_by_name(
    migrated: EngineUrls, database: Database, price: str
) -> None:
    refused = await Operator(migrated).refused(*SET, "--input", price, "--output", "1")
    assert "--input" in refused


@pytest.mark.parametrize("model", ["gpt", "/x", "openai/", "x/" + "y" * 200])
async def test_a_model_is_named_with_its_provider(
    migrated: EngineUrls, database: Database, model: str
) -> None:
    refused = await Operator(migrated).refused(
        "prices", "set", model, "--input", "1", "--output", "1"
    )
    assert "MODEL" in refused
