"""The models of Mistral as we list them are those that the price list knows."""

from datetime import UTC, datetime

import pytest
from genai_prices.data import providers

from agents.providers.mistral_models import offered
from agents.providers.registry import REASONING

OWN = offered("mistral")
LISTED = next(provider for provider in providers if provider.id == "mistral")
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize("name", [model.name for model in OWN])
def test_every_model_has_a_price_of_its_own_and_the_listed_window(name: str) -> None:
    model = next(model for model in OWN if model.name == name)
    listed = LISTED.find_model(name)
    assert listed is not None
    assert listed.id == name
    assert listed.context_window == model.context_tokens
    prices = listed.get_prices(NOW)
    assert prices.input_mtok is not None
    assert prices.output_mtok is not None


def test_the_first_is_recommended_and_thinks_when_asked() -> None:
    assert [model.recommended for model in OWN] == [True, *([False] * (len(OWN) - 1))]
    assert REASONING in OWN[0].capabilities
    assert OWN[0].id == f"mistral/{OWN[0].name}"
