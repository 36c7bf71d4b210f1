"""Which models an OpenAI-wire server offers: the vendor's own, and those that a setting names."""

from collections.abc import Iterable

from agents.providers.registry import ModelInfo

# Names and windows as in genai-prices 0.2.3 and the SDK's ChatModel; output limits from the
# vendor's model pages, November 2026. Best for general chat first.
_WINDOWS = {
    # name: title, window, output limit
    "gpt-6.1-terra": ("GPT-6.1 Terra", 1_050_000, 128_000),
    "gpt-6.1-sol": ("GPT-6.1 Sol", 1_050_000, 128_000),
    "gpt-6-astra": ("GPT-6 Astra", 1_050_000, 128_000),
    "gpt-6-luna": ("GPT-6 Luna", 1_050_000, 128_000),
    "gpt-5.5": ("GPT-5.5", 1_000_000, 128_000),
    "gpt-5.4-mini": ("GPT-5.4 mini", 400_000, 128_000),
    "gpt-4.1": ("GPT-4.1", 1_000_000, 32_768),
    "gpt-4.1-mini": ("GPT-4.1 mini", 1_000_000, 32_768),
}

UNKNOWN_WINDOW_TOKENS = 32_768
"""Taken for a model that we know nothing about: what small servers are commonly started with."""

UNKNOWN_OUTPUT_TOKENS = 8_192


def offered(provider: str, named: Iterable[str], *, with_own: bool) -> tuple[ModelInfo, ...]:
    """The models of one server: those named, behind the vendor's own where it serves them.

    The first is the recommended one.
    """
    names = dict.fromkeys([*(_WINDOWS if with_own else ()), *named])
    return tuple(_info(provider, name, recommended=at == 0) for at, name in enumerate(names))


def _info(provider: str, name: str, *, recommended: bool) -> ModelInfo:
    title, window, output = _WINDOWS.get(name, (name, UNKNOWN_WINDOW_TOKENS, UNKNOWN_OUTPUT_TOKENS))
    return ModelInfo(
        id=f"{provider}/{name}",
        provider=provider,
        name=name,
        title=title,
        context_tokens=window,
        output_tokens=output,
        recommended=recommended,
    )
