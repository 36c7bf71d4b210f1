"""Builds what the settings ask for: providers, their models, the HTTP client that they share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import to_thread
from msgspec import Struct

from agents.providers.base import TextProvider
from agents.providers.demo import DEMO_MODEL, DemoProvider, Pacing
from agents.providers.openai_models import offered
from agents.providers.registry import ModelInfo, Registry
from agents.providers.timeouts import Timeouts

if TYPE_CHECKING:
    import httpx2

CONNECTIONS_MAX = 4096
"""Open connections to all providers: a running turn holds one, and the SDK's own default (1000)
would make turns wait for each other long before this process is full."""

KEEPALIVE_MAX = 256
KEEPALIVE_S = 60.0
"""Idle connections kept, and for how long: vendors close theirs after one to five minutes."""

NO_KEY = "none"
"""Sent to a compatible server that wants no key, since the SDK will not go without one."""


class ProviderSettings(Struct, frozen=True, kw_only=True):
    """The environment's part that concerns providers, by the names of R5."""

    openai_api_key: str | None = None
    openai_base_url: str | None = None
    openai_models: tuple[str, ...] = ()
    """Names only: their prices are billing's business."""
    default_model: str | None = None
    demo_pacing: Pacing = Pacing()
    connect_s: float = 5.0
    first_token_s: float = 30.0
    between_tokens_s: float = 30.0


def has_openai(settings: ProviderSettings) -> bool:
    """A key, or a server of that wire with the models it has: either counts as configured."""
    return bool(settings.openai_api_key or (settings.openai_base_url and settings.openai_models))


@asynccontextmanager
async def open_registry(settings: ProviderSettings) -> AsyncIterator[Registry]:
    """Every configured provider, ready: an SDK is imported in a thread, and only if it is needed.

    Raises:
        ValueError: a setting is wrong; one line that names the variable.
    """
    models: list[ModelInfo] = []
    providers: dict[str, TextProvider] = {}
    http: httpx2.AsyncClient | None = None
    if has_openai(settings):
        # Further models of another server come alone: it need not have the vendor's own.
        with_own = not (settings.openai_base_url and settings.openai_models)
        models += offered("openai", settings.openai_models, with_own=with_own)
    models.append(DEMO_MODEL)
    providers["demo"] = DemoProvider(settings.demo_pacing)
    if has_openai(settings):
        http, providers["openai"] = await to_thread.run_sync(_openai, settings)
    try:
        yield _registry(models, providers, settings.default_model)
    finally:
        if http is not None:
            await http.aclose()


def _registry(
    models: list[ModelInfo], providers: dict[str, TextProvider], default: str | None
) -> Registry:
    try:
        return Registry(models, providers, default)
    except ValueError as error:
        raise ValueError(f"DEFAULT_MODEL: {error}") from error


def _openai(settings: ProviderSettings) -> "tuple[httpx2.AsyncClient, TextProvider]":
    """Runs in a thread: half a second of imports, and a TLS context."""
    import httpx2  # noqa: PLC0415

    from agents.providers.openai import OPENAI_URL, OpenAIProvider  # noqa: PLC0415

    http = httpx2.AsyncClient(
        limits=httpx2.Limits(
            max_connections=CONNECTIONS_MAX,
            max_keepalive_connections=KEEPALIVE_MAX,
            keepalive_expiry=KEEPALIVE_S,
        )
    )
    provider = OpenAIProvider(
        api_key=settings.openai_api_key or NO_KEY,
        http=http,
        base_url=settings.openai_base_url or OPENAI_URL,
        timeouts=Timeouts(
            connect_s=settings.connect_s,
            first_token_s=settings.first_token_s,
            between_tokens_s=settings.between_tokens_s,
        ),
    )
    return http, provider
