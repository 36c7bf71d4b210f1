"""The environment's words reach providers and prices under the ids that models go by."""

from agents.providers.load import offered
from agents.providers.registry import JSON, TEXT, TOOLS, VISION
from server.domain.money import PicoUsd
from server.domain.usage import Price
from server.providing import configured_prices, provider_settings
from server.settings import load

ENVIRON = {
    "OPENAI_API_KEY": "o",
    "OPENAI_MODELS": "gpt-4o=1/2+vision",
    "AZURE_OPENAI_ENDPOINT": "https://ours.openai.azure.com/",
    "AZURE_OPENAI_API_KEY": "z",
    "AZURE_OPENAI_API_VERSION": "2099-01-01",
    "AZURE_OPENAI_MODELS": "gpt-4.1, ours=3/4",
    "ANTHROPIC_API_KEY": "a",
    "ANTHROPIC_BASE_URL": "https://claude.example.com",
    "GEMINI_API_KEY": "g",
    "GEMINI_MODEL": "gemini-2.5-pro",
    "GOOGLE_GEMINI_BASE_URL": "https://gemini.example.com",
    "GOOGLE_GENAI_API_VERSION": "v1",
    "MISTRAL_API_KEY": "m",
    "MISTRAL_BASE_URL": "https://mistral.example.com",
    "COMPATIBLE_BASE_URL": "http://localhost:11434/v1",
    "COMPATIBLE_API_KEY": "c",
    "COMPATIBLE_MODELS": "llama=0/0+tools+json",
    "MODEL_FALLBACKS": "azure/gpt-4.1=anthropic/claude-haiku-4-5|gemini/gemini-2.5-pro",
    "DEFAULT_MODEL": "mistral/mistral-medium-3-5",
}


def test_prices_that_settings_name_go_by_the_models_id() -> None:
    assert configured_prices(load(ENVIRON)) == {
        "openai/gpt-4o": Price(input=PicoUsd(1_000_000), output=PicoUsd(2_000_000)),
        "azure/ours": Price(input=PicoUsd(3_000_000), output=PicoUsd(4_000_000)),
        "compatible/llama": Price(input=PicoUsd(0), output=PicoUsd(0)),
    }


def test_every_variable_reaches_the_provider_that_it_names() -> None:
    settings = provider_settings(load(ENVIRON))
    assert settings.azure_endpoint == "https://ours.openai.azure.com"
    assert settings.azure_api_version == "2099-01-01"
    assert settings.gemini_api_version == "v1"
    assert settings.gemini_base_url == "https://gemini.example.com"
    assert settings.anthropic_base_url == "https://claude.example.com"
    assert settings.mistral_base_url == "https://mistral.example.com"
    keys = (
        settings.openai_api_key,
        settings.azure_api_key,
        settings.anthropic_api_key,
        settings.gemini_api_key,
        settings.mistral_api_key,
        settings.compatible_api_key,
    )
    assert keys == ("o", "z", "a", "g", "m", "c")
    assert settings.default_model == "mistral/mistral-medium-3-5"


def test_models_come_with_abilities_and_fallbacks() -> None:
    models = {model.id: model for model in offered(provider_settings(load(ENVIRON)))}
    assert models["openai/gpt-4o"].capabilities == (TEXT, VISION)
    assert models["azure/gpt-4.1"].capabilities == (TEXT, VISION, TOOLS, JSON)
    assert models["azure/ours"].capabilities == (TEXT,)
    assert models["compatible/llama"].capabilities == (TEXT, TOOLS, JSON)
    assert models["azure/gpt-4.1"].fallbacks == (
        "anthropic/claude-haiku-4-5",
        "gemini/gemini-2.5-pro",
    )
    gemini = [model.name for model in models.values() if model.provider == "gemini"]
    assert gemini[0] == "gemini-2.5-pro"
