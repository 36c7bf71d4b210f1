"""The vendor's models as we list them are those that its SDK and the price list know."""

from typing import get_args

from anthropic.types.model_param import ModelParam
from genai_prices.data import providers

from agents.providers.anthropic_models import known, offered
from agents.providers.registry import JSON, REASONING, TEXT, TOOLS, VISION

LISTED = next(provider for provider in providers if provider.id == "anthropic")


def test_every_model_is_one_that_the_sdk_knows() -> None:
    names = {name for arm in get_args(ModelParam) for name in get_args(arm)}
    assert {model.name for model in offered()} <= names


def test_every_window_is_the_listed_one() -> None:
    for model in offered():
        listed = LISTED.find_model(model.name)
        assert listed is not None, model.name
        assert listed.context_window == model.context_tokens, model.name


def test_one_is_recommended_and_all_see_call_and_keep_to_schemas() -> None:
    assert [model.recommended for model in offered()].count(True) == 1
    for model in offered():
        assert {TEXT, VISION, TOOLS, JSON} <= set(model.capabilities)


def test_only_those_that_can_tell_their_reasoning_say_so() -> None:
    assert REASONING in offered()[0].capabilities
    for model in offered():
        assert (REASONING in model.capabilities) == known(model.name).adapts


def test_a_model_that_is_not_listed_takes_what_the_newest_take() -> None:
    unknown = known("claude-next")
    assert (unknown.samples, unknown.adapts) == (False, True)
    assert unknown.output_tokens < known("claude-haiku-4-5").output_tokens
