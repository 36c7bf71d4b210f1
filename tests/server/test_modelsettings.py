"""Models by name, price and ability; half a provider is told of by the half that is missing."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.money import PicoUsd
from server.environment import SettingsError, read
from server.modelsettings import ModelSettings, NamedModel, check, fallbacks, named_models


def test_models_may_carry_their_prices_and_abilities() -> None:
    assert named_models("small, large=0.3/2.5 ,seer=1/4+vision+tools, own=+json") == (
        NamedModel(name="small"),
        NamedModel(name="large", input=PicoUsd(300_000), output=PicoUsd(2_500_000)),
        NamedModel(
            name="seer",
            input=PicoUsd(1_000_000),
            output=PicoUsd(4_000_000),
            abilities=("vision", "tools"),
        ),
        NamedModel(name="own", abilities=("json",)),
    )


@pytest.mark.parametrize(
    "text",
    [
        *("=1/2", "a=1", "a=1/x", "a=-1/2", "a=1/0.0000001", "a,a", "two words", "a\x07"),
        *("a=1/2+sight", "a=1/2+", "a=+", "a=vision"),
    ],
)
def test_models_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        named_models(text)


def test_fallbacks_go_by_id_in_the_order_that_was_given() -> None:
    assert fallbacks("openai/a=anthropic/b|gemini/c; gemini/c = openai/a ;") == (
        ("openai/a", ("anthropic/b", "gemini/c")),
        ("gemini/c", ("openai/a",)),
    )


@pytest.mark.parametrize("text", ["a", "a=", "=b", "a=b|", "a=b|b", "a=a", "a=b;a=c"])
def test_fallbacks_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        fallbacks(text)


@given(st.text(st.sampled_from("ab=/|;,+ .1") | st.characters(codec="utf-8"), max_size=20))
def test_no_text_whatever_ends_in_another_error(text: str) -> None:
    for parse in (named_models, fallbacks):
        with suppress(ValueError):
            parse(text)


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"AZURE_OPENAI_API_KEY": "k"}, "AZURE_OPENAI_ENDPOINT"),
        ({"AZURE_OPENAI_ENDPOINT": "https://x"}, "AZURE_OPENAI_API_KEY"),
        (
            {"AZURE_OPENAI_ENDPOINT": "https://x", "AZURE_OPENAI_API_KEY": "k"},
            "AZURE_OPENAI_MODELS",
        ),
        ({"COMPATIBLE_MODELS": "a"}, "COMPATIBLE_BASE_URL"),
        ({"COMPATIBLE_BASE_URL": "http://x/v1"}, "COMPATIBLE_MODELS"),
        ({"COMPATIBLE_API_KEY": "k"}, "COMPATIBLE_BASE_URL"),
        ({"OPENAI_BASE_URL": "http://x/v1"}, "OPENAI_MODELS"),
        ({"OPENAI_MODELS": "a=1/2"}, "OPENAI_API_KEY"),
        ({"GEMINI_MODEL": "gemini-2.5-pro"}, "GEMINI_API_KEY"),
    ],
)
def test_half_a_provider_names_what_is_missing(environ: dict[str, str], missing: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{missing}: required with "):
        check(read(ModelSettings, environ))


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"COMPATIBLE_BASE_URL": "http://x/v1", "COMPATIBLE_MODELS": "a"},
        {"OPENAI_BASE_URL": "http://x/v1", "OPENAI_MODELS": "a"},
        {"OPENAI_BASE_URL": "http://x/v1", "OPENAI_API_KEY": "k"},
        {"ANTHROPIC_BASE_URL": "http://x"},
        {
            "AZURE_OPENAI_ENDPOINT": "https://x",
            "AZURE_OPENAI_API_KEY": "k",
            "AZURE_OPENAI_MODELS": "ours",
        },
    ],
)
def test_a_whole_provider_or_none_is_right(environ: dict[str, str]) -> None:
    check(read(ModelSettings, environ))


@pytest.mark.parametrize("key", ["k\u00e9y-hidden", "hidden\nkey", "a hidden key"])
@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY",
        "AZURE_OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "GEMINI_API_KEY",
        "MISTRAL_API_KEY",
        "COMPATIBLE_API_KEY",
    ],
)
def test_a_key_that_no_header_takes_is_refused_and_not_shown(name: str, key: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}: ") as refused:
        read(ModelSettings, {name: key})
    assert "hidden" not in str(refused.value)
