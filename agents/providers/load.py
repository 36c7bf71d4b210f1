"""Builds what the settings ask for: providers, their models, the HTTP client that they share."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import to_thread
from msgspec import Struct
from msgspec.structs import replace

from agents.providers import anthropic_models, gemini_models, mistral_models, openai_models
from agents.providers.base import TextProvider
from agents.providers.demo import DEMO_MODEL, DemoProvider, Pacing
from agents.providers.registry import REASONING, TEXT, ModelInfo, Registry
from agents.providers.timeouts import Timeouts

if TYPE_CHECKING:
    import httpx2

NO_KEY = "none"
"""Sent to a compatible server that wants no key, since the SDK will not go without one."""


GEMINI_VERSION = "v1beta"
"""Of the interface: what is new appears there first, and the SDK itself would ask for v1."""


class ProviderSettings(Struct, frozen=True, kw_only=True):
    """The environment's part that concerns providers.

    Models are names only: their prices are billing's business. ``abilities`` and ``fallbacks`` go
    by the ids of models; what a name is known for is the default of the first.
    """

    openai_api_key: str | None = None
    openai_base_url: str | None = None
    openai_models: tuple[str, ...] = ()
    azure_endpoint: str | None = None
    azure_api_key: str | None = None
    azure_api_version: str | None = None
    azure_models: tuple[str, ...] = ()
    anthropic_api_key: str | None = None
    anthropic_base_url: str | None = None
    gemini_api_key: str | None = None
    gemini_base_url: str | None = None
    gemini_api_version: str | None = None
    gemini_model: str | None = None
    mistral_api_key: str | None = None
    mistral_base_url: str | None = None
    compatible_api_key: str | None = None
    compatible_base_url: str | None = None
    compatible_models: tuple[str, ...] = ()
    abilities: Mapping[str, tuple[str, ...]] = {}
    fallbacks: Mapping[str, tuple[str, ...]] = {}
    default_model: str | None = None
    demo_pacing: Pacing = Pacing()
    connect_s: float = 5.0
    first_token_s: float = 30.0
    between_tokens_s: float = 30.0


def offered(settings: ProviderSettings) -> tuple[ModelInfo, ...]:
    """The models of all configured providers, in the order in which they are offered; a provider
    without a key, and without models of another server, is not configured.

    Raises:
        ValueError: a setting is wrong; one line that names the variable.
    """
    models: list[ModelInfo] = []
    if settings.openai_api_key or (settings.openai_base_url and settings.openai_models):
        # Further models of another server come alone: it need not have the vendor's own.
        with_own = not (settings.openai_base_url and settings.openai_models)
        models += openai_models.offered("openai", settings.openai_models, with_own=with_own)
    if settings.azure_endpoint and settings.azure_api_key:
        models += openai_models.offered("azure", settings.azure_models, with_own=False)
    if settings.anthropic_api_key:
        models += anthropic_models.offered("anthropic")
    if settings.gemini_api_key:
        models += gemini_models.offered("gemini", settings.gemini_model)
    if settings.mistral_api_key:
        models += mistral_models.offered("mistral")
    if settings.compatible_base_url:
        models += openai_models.offered("compatible", settings.compatible_models, with_own=False)
    models.append(DEMO_MODEL)
    able = [
        replace(model, capabilities=(TEXT, *settings.abilities[model.id]))
        if model.id in settings.abilities
        else model
        for model in models
    ]
    return _with_fallbacks(able, settings.fallbacks)


def _with_fallbacks(
    models: Iterable[ModelInfo], fallbacks: Mapping[str, tuple[str, ...]]
) -> tuple[ModelInfo, ...]:
    known = {model.id: model for model in models}
    named = [name for model, others in fallbacks.items() for name in (model, *others)]
    if unknown := [name for name in dict.fromkeys(named) if name not in known]:
        raise ValueError(f"MODEL_FALLBACKS: there is no model {', '.join(unknown)} here")
    for name, others in fallbacks.items():
        # Who can tell of its reasoning is replaced by who cannot: the answer is the same.
        needed = {*known[name].capabilities} - {REASONING}
        for other in others:
            if lacks := needed - {*known[other].capabilities}:
                words = ", ".join(sorted(lacks))
                raise ValueError(f"MODEL_FALLBACKS: {other} lacks {words} that {name} has")
    return tuple(replace(model, fallbacks=fallbacks.get(model.id, ())) for model in known.values())


@asynccontextmanager
async def open_registry(settings: ProviderSettings) -> AsyncIterator[Registry]:
    """Every configured provider, ready: an SDK is imported in a thread, and only if it is needed.

    Raises:
        ValueError: a setting is wrong; one line that names the variable.
    """
    models = offered(settings)
    providers: dict[str, TextProvider] = {"demo": DemoProvider(settings.demo_pacing)}
    http: httpx2.AsyncClient | None = None
    needed = {model.provider for model in models} - providers.keys()
    if needed:
        http, built = await to_thread.run_sync(_build, settings, needed)
        providers |= built
    try:
        yield _registry(models, providers, settings.default_model)
    finally:
        if http is not None:
            await http.aclose()


def _registry(
    models: Iterable[ModelInfo], providers: dict[str, TextProvider], default: str | None
) -> Registry:
    try:
        return Registry(models, providers, default)
    except ValueError as error:
        raise ValueError(f"DEFAULT_MODEL: {error}") from error


def _build(
    settings: ProviderSettings, needed: set[str]
) -> "tuple[httpx2.AsyncClient, dict[str, TextProvider]]":
    """Runs in a thread: half a second of imports an SDK, and a TLS context."""
    from agents.providers.http.client import open_client  # noqa: PLC0415

    http = open_client()
    timeouts = Timeouts(
        connect_s=settings.connect_s,
        first_token_s=settings.first_token_s,
        between_tokens_s=settings.between_tokens_s,
    )
    return http, {name: _BUILDERS[name](settings, http, timeouts) for name in sorted(needed)}


def _openai(
    settings: ProviderSettings, http: "httpx2.AsyncClient", timeouts: Timeouts
) -> TextProvider:
    from agents.providers.openai import OPENAI_URL, OpenAIProvider  # noqa: PLC0415

    return OpenAIProvider(
        api_key=settings.openai_api_key or NO_KEY,
        http=http,
        base_url=settings.openai_base_url or OPENAI_URL,
        timeouts=timeouts,
    )


def _compatible(
    settings: ProviderSettings, http: "httpx2.AsyncClient", timeouts: Timeouts
) -> TextProvider:
    from agents.providers.openai import OpenAIProvider  # noqa: PLC0415

    return OpenAIProvider(
        api_key=settings.compatible_api_key or NO_KEY,
        http=http,
        base_url=settings.compatible_base_url or "",
        name="compatible",
        timeouts=timeouts,
    )


def _azure(
    settings: ProviderSettings, http: "httpx2.AsyncClient", timeouts: Timeouts
) -> TextProvider:
    from agents.providers.azure import API_VERSION, AzureProvider  # noqa: PLC0415

    return AzureProvider(
        api_key=settings.azure_api_key or "",
        http=http,
        base_url=settings.azure_endpoint or "",
        api_version=settings.azure_api_version or API_VERSION,
        timeouts=timeouts,
    )


def _anthropic(
    settings: ProviderSettings, http: "httpx2.AsyncClient", timeouts: Timeouts
) -> TextProvider:
    from agents.providers.anthropic import ANTHROPIC_URL, AnthropicProvider  # noqa: PLC0415

    return AnthropicProvider(
        api_key=settings.anthropic_api_key or "",
        http=http,
        base_url=settings.anthropic_base_url or ANTHROPIC_URL,
        timeouts=timeouts,
    )


def _gemini(
    settings: ProviderSettings, http: "httpx2.AsyncClient", timeouts: Timeouts
) -> TextProvider:
    from agents.providers.gemini import GeminiProvider  # noqa: PLC0415

    return GeminiProvider(
        api_key=settings.gemini_api_key or "",
        http=http,
        base_url=settings.gemini_base_url,
        api_version=settings.gemini_api_version or GEMINI_VERSION,
        timeouts=timeouts,
    )


def _mistral(
    settings: ProviderSettings, http: "httpx2.AsyncClient", timeouts: Timeouts
) -> TextProvider:
    from agents.providers.mistral import MistralProvider  # noqa: PLC0415

    return MistralProvider(
        api_key=settings.mistral_api_key or "",
        http=http,
        base_url=settings.mistral_base_url,
        timeouts=timeouts,
    )


_BUILDERS: "dict[str, Callable[[ProviderSettings, httpx2.AsyncClient, Timeouts], TextProvider]]" = {
    "openai": _openai,
    "azure": _azure,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "mistral": _mistral,
    "compatible": _compatible,
}
"""The only place where provider modules, and so the SDKs, are imported."""
