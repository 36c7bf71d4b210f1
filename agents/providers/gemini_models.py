"""Which models Gemini offers: the vendor's own, and the one that a setting prefers."""

from agents.providers.registry import JSON, REASONING, TEXT, TOOLS, VISION, ModelInfo

_ALL = (TEXT, VISION, TOOLS, JSON, REASONING)
_THOUGHTLESS = (TEXT, VISION, TOOLS, JSON)

# Names and windows as in genai-prices 0.2.3 and the SDK (where the list has no window, the vendor's
# own figure); output limits from the vendor's model pages, November 2026. Best for general chat
# first. The small model of 2.5 thinks only when it is given a budget.
_MODELS = {
    # name: title, window, output limit, capabilities
    "gemini-3.8-flash": ("Gemini 3.8 Flash", 1_000_000, 65_536, _ALL),
    "gemini-4-argon": ("Gemini 4 Argon", 1_048_576, 65_536, _ALL),
    "gemini-3.5-flash-lite": ("Gemini 3.5 Flash-Lite", 1_000_000, 65_536, _ALL),
    "gemini-2.5-flash": ("Gemini 2.5 Flash", 1_048_576, 65_536, _ALL),
    "gemini-2.5-flash-lite": ("Gemini 2.5 Flash-Lite", 1_000_000, 65_536, _THOUGHTLESS),
    "gemini-2.5-pro": ("Gemini 2.5 Pro", 1_048_576, 65_536, _ALL),
    "gemini-2.0-flash-exp": ("Gemini 2.0 Flash (experimental)", 1_000_000, 8_192, _THOUGHTLESS),
}

UNKNOWN_WINDOW_TOKENS = 131_072
"""Taken for a model that we know nothing about: the smallest that this vendor sells for chat."""

UNKNOWN_OUTPUT_TOKENS = 8_192


def offered(provider: str, preferred: str | None = None) -> tuple[ModelInfo, ...]:
    """The vendor's models, ``preferred`` first: the first is the recommended one."""
    names = dict.fromkeys([*([preferred] if preferred else ()), *_MODELS])
    return tuple(_info(provider, name, recommended=at == 0) for at, name in enumerate(names))


def _info(provider: str, name: str, *, recommended: bool) -> ModelInfo:
    unknown = (name, UNKNOWN_WINDOW_TOKENS, UNKNOWN_OUTPUT_TOKENS, _THOUGHTLESS)
    title, window, output, capabilities = _MODELS.get(name, unknown)
    return ModelInfo(
        id=f"{provider}/{name}",
        provider=provider,
        name=name,
        title=title,
        context_tokens=window,
        output_tokens=output,
        capabilities=capabilities,
        recommended=recommended,
    )
