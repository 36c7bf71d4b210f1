"""The vendor's models as we list them are those that its SDK and the price list know."""

from typing import get_args

from genai_prices.data import providers
from openai.types.shared.chat_model import ChatModel

from agents.providers.openai_models import offered

OWN = offered("openai", [], with_own=True)
LISTED = next(provider for provider in providers if provider.id == "openai")


def test_every_model_is_one_that_the_sdk_knows() -> None:
    assert {model.name for model in OWN} <= set(get_args(ChatModel))


def test_every_window_is_the_listed_one() -> None:
    for model in OWN:
        listed = LISTED.find_model(model.name)
        assert listed is not None, model.name
        assert listed.context_window == model.context_tokens, model.name


def test_named_models_follow_and_are_not_offered_twice() -> None:
    both = offered("openai", ["llama3", "gpt-4.1"], with_own=True)
    assert [model.name for model in both] == [*(m.name for m in OWN), "llama3"]
    assert [model.recommended for model in both] == [True, *([False] * len(OWN))]
