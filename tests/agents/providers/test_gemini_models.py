"""The models of Gemini as we list them are those that the price list knows."""

from datetime import UTC, datetime

import pytest
from genai_prices.data import providers

from agents.providers.gemini_models import offered
from agents.providers.registry import REASONING, TEXT, TOOLS
from billing.prices import OWN_PRICES

OWN = offered("gemini")
LISTED = next(provider for provider in providers if provider.id == "google")
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_the_models_that_users_know_are_there() -> None:
    names = {model.name for model in OWN}
    known = {"gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.5-pro", "gemini-2.0-flash-exp"}
    assert known <= names


@pytest.mark.parametrize("name", [model.name for model in OWN])
def test_every_model_has_a_price_and_the_listed_window(name: str) -> None:
    model = next(model for model in OWN if model.name == name)
    listed = LISTED.find_model(name)
    assert listed is not None
    assert listed.context_window in (None, model.context_tokens)
    prices = listed.get_prices(NOW)
    is_listed = prices.input_mtok is not None and prices.output_mtok is not None
    assert is_listed or model.id in OWN_PRICES


def test_all_that_is_said_of_a_model_is_told_with_it() -> None:
    model = OWN[0]
    assert (model.id, model.provider) == ("gemini/gemini-3.8-flash", "gemini")
    assert {TEXT, TOOLS, REASONING} <= set(model.capabilities)
    assert [model.recommended for model in OWN] == [True, *([False] * (len(OWN) - 1))]


def test_a_preferred_model_is_recommended_and_offered_once() -> None:
    models = offered("gemini", "gemini-2.5-pro")
    assert models[0].name == "gemini-2.5-pro"
    assert models[0].recommended
    assert sorted(model.name for model in models) == sorted(model.name for model in OWN)


def test_a_preferred_model_that_nobody_knows_is_added() -> None:
    models = offered("gemini", "gemini-9-neon")
    assert [model.name for model in models] == ["gemini-9-neon", *(model.name for model in OWN)]
    assert sum(model.recommended for model in models) == 1
