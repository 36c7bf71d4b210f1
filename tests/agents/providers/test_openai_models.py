"""The vendor's models as we list them are those that its SDK and the price list know."""

from typing import get_args

from genai_prices.data import providers
from openai.types.shared.chat_model import ChatModel

from agents.providers.openai_models import _KNOWN, offered
from agents.providers.registry import JSON, TEXT, TOOLS, VISION

OWN = offered("openai", [], with_own=True)
LISTED = next(provider for provider in providers if provider.id == "openai")


def test_every_model_is_one_that_the_sdk_knows() -> None:
    assert {model.name for model in OWN} <= set(get_args(ChatModel))


def test_every_window_is_the_listed_one() -> None:
    for model in OWN:
        listed = LISTED.find_model(model.name)
        assert listed is not None, model.name
        assert listed.context_window == model.context_tokens, model.name


def test_names_that_are_known_have_their_abilities_wherever_they_are_served() -> None:
    known, unknown = offered("azure", ["gpt-4o", "our-own"], with_own=False)
    assert {VISION, TOOLS, JSON} <= set(known.capabilities)
    assert unknown.capabilities == (TEXT,)
    assert known.recommended


def test_every_name_that_is_known_has_its_listed_window() -> None:
    for name, (_, window, _, _) in _KNOWN.items():
        listed = LISTED.find_model(name)
        assert listed is not None, name
        assert listed.context_window == window, name


def test_named_models_follow_and_are_not_offered_twice() -> None:
    both = offered("openai", ["llama3", "gpt-4.1"], with_own=True)
    assert [model.name for model in both] == [*(m.name for m in OWN), "llama3"]
    assert [model.recommended for model in both] == [True, *([False] * len(OWN))]
