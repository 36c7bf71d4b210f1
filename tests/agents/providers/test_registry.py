"""Which models there are, which is the default, and what is said about one that is not there."""

import pytest

from agents.providers.demo import DEMO_MODEL, DemoProvider
from agents.providers.openai_models import UNKNOWN_WINDOW_TOKENS, offered
from agents.providers.registry import Registry
from server.domain.errors import ModelUnavailable

MODELS = (*offered("openai", ["llama3", "gpt-4.1"], with_own=False), DEMO_MODEL)
PROVIDERS = {"openai": DemoProvider(), "demo": DemoProvider()}


def registry(default: str | None = None) -> Registry:
    return Registry(MODELS, PROVIDERS, default)


def test_the_default_is_the_recommended_model_of_the_first_provider() -> None:
    assert registry().default.id == "openai/llama3"
    assert registry().resolve(None).id == "openai/llama3"


def test_without_a_vendor_the_demo_answers() -> None:
    assert Registry([DEMO_MODEL], PROVIDERS).default.id == "demo/causerie-demo"


def test_a_default_may_be_named_and_must_exist() -> None:
    assert registry("demo/causerie-demo").default.demo
    with pytest.raises(ValueError, match=r"openai/gpt-4\.1"):
        registry("openai/gpt-4.2")


def test_a_model_brings_its_provider() -> None:
    assert registry().provider("demo/causerie-demo") is PROVIDERS["demo"]


@pytest.mark.parametrize(
    ("asked", "near"),
    [("openai/gpt-4.0", "openai/gpt-4.1"), ("gpt-4.1", "openai/gpt-4.1"), ("llama3", "llama3")],
)
def test_an_unknown_model_is_named_with_what_comes_near(asked: str, near: str) -> None:
    with pytest.raises(ModelUnavailable) as told:
        registry().get(asked)
    assert asked in told.value.message
    assert near in told.value.message
    assert told.value.path == "$.model"


def test_nonsense_of_any_length_is_just_unknown() -> None:
    with pytest.raises(ModelUnavailable) as told:
        registry().get("x" * 1_000_000)
    assert len(told.value.message) < 300
    assert told.value.metadata["near"] == []


def test_models_are_listed_by_what_they_can_do() -> None:
    assert [model.id for model in registry().models("text")] == [m.id for m in MODELS]
    assert registry().models("image") == ()


def test_a_known_name_has_its_window_and_an_unknown_one_a_careful_guess() -> None:
    assert registry().get("openai/gpt-4.1").context_tokens == 1_000_000
    assert registry().get("openai/llama3").context_tokens == UNKNOWN_WINDOW_TOKENS
