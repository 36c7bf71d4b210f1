"""What the settings say of providers, in the words of agents and of billing."""

from collections.abc import Iterator

from agents.providers.load import ProviderSettings
from server.domain.usage import Price
from server.modelsettings import NamedModel
from server.settings import Settings


def configured_prices(settings: Settings) -> dict[str, Price]:
    """Prices that settings name, by model id."""
    return {
        model_id: Price(input=model.input, output=model.output)
        for model_id, model in _named(settings)
        if model.input is not None and model.output is not None
    }


def provider_settings(settings: Settings) -> ProviderSettings:
    return ProviderSettings(
        openai_api_key=settings.openai_api_key,
        openai_base_url=settings.openai_base_url,
        openai_models=_names(settings.openai_models),
        azure_endpoint=settings.azure_openai_endpoint,
        azure_api_key=settings.azure_openai_api_key,
        azure_api_version=settings.azure_openai_api_version,
        azure_models=_names(settings.azure_openai_models),
        anthropic_api_key=settings.anthropic_api_key,
        anthropic_base_url=settings.anthropic_base_url,
        gemini_api_key=settings.gemini_api_key,
        gemini_base_url=settings.google_gemini_base_url,
        gemini_api_version=settings.google_genai_api_version,
        gemini_model=settings.gemini_model,
        mistral_api_key=settings.mistral_api_key,
        mistral_base_url=settings.mistral_base_url,
        compatible_api_key=settings.compatible_api_key,
        compatible_base_url=settings.compatible_base_url,
        compatible_models=_names(settings.compatible_models),
        abilities={
            model_id: model.abilities
            for model_id, model in _named(settings)
            if model.abilities is not None
        },
        fallbacks=dict(settings.model_fallbacks),
        default_model=settings.default_model,
        connect_s=settings.connect_seconds,
        first_token_s=settings.first_token_seconds,
        between_tokens_s=settings.between_tokens_seconds,
    )


def _names(models: tuple[NamedModel, ...]) -> tuple[str, ...]:
    return tuple(model.name for model in models)


def _named(settings: Settings) -> Iterator[tuple[str, NamedModel]]:
    for provider, models in (
        ("openai", settings.openai_models),
        ("azure", settings.azure_openai_models),
        ("compatible", settings.compatible_models),
    ):
        for model in models:
            yield f"{provider}/{model.name}", model
