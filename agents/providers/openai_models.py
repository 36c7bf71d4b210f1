"""Which models an OpenAI-wire server offers: the vendor's own, and those that a setting names."""

from collections.abc import Iterable

from agents.providers.registry import JSON, TEXT, TOOLS, VISION, ModelInfo

_ABLE = (TEXT, VISION, TOOLS, JSON)
_BLIND = (TEXT, TOOLS, JSON)

# Names and windows as in genai-prices 0.2.3 and the SDK's ChatModel; output limits from the
# vendor's model pages, November 2026. None tells its reasoning on this wire. Best for general chat
# first; those that are not offered by themselves may be named by a setting, here or at Azure.
_OWN = {
    # name: title, window, output limit, capabilities
    "gpt-6.1-terra": ("GPT-6.1 Terra", 1_050_000, 128_000, _ABLE),
    "gpt-6.1-sol": ("GPT-6.1 Sol", 1_050_000, 128_000, _ABLE),
    "gpt-6-astra": ("GPT-6 Astra", 1_050_000, 128_000, _ABLE),
    "gpt-6-luna": ("GPT-6 Luna", 1_050_000, 128_000, _ABLE),
    "gpt-5.5": ("GPT-5.5", 1_000_000, 128_000, _ABLE),
    "gpt-5.4-mini": ("GPT-5.4 mini", 400_000, 128_000, _ABLE),
    "gpt-4.1": ("GPT-4.1", 1_000_000, 32_768, _ABLE),
    "gpt-4.1-mini": ("GPT-4.1 mini", 1_000_000, 32_768, _ABLE),
}
_KNOWN = {
    **_OWN,
    "gpt-6-sol": ("GPT-6 Sol", 1_050_000, 128_000, _ABLE),
    "gpt-5.4": ("GPT-5.4", 1_050_000, 128_000, _ABLE),
    "gpt-5.2": ("GPT-5.2", 400_000, 128_000, _ABLE),
    "gpt-5.1": ("GPT-5.1", 400_000, 128_000, _ABLE),
    "gpt-5": ("GPT-5", 400_000, 128_000, _ABLE),
    "gpt-5-mini": ("GPT-5 mini", 400_000, 128_000, _ABLE),
    "gpt-5-nano": ("GPT-5 nano", 400_000, 128_000, _ABLE),
    "gpt-4.1-nano": ("GPT-4.1 nano", 1_000_000, 32_768, _ABLE),
    "gpt-4o": ("GPT-4o", 128_000, 16_384, _ABLE),
    "gpt-4o-mini": ("GPT-4o mini", 128_000, 16_384, _ABLE),
    "o3": ("o3", 200_000, 100_000, _ABLE),
    "o4-mini": ("o4-mini", 200_000, 100_000, _ABLE),
    "gpt-oss-120b": ("gpt-oss 120B", 131_072, 32_768, _BLIND),
    "gpt-oss-20b": ("gpt-oss 20B", 131_072, 32_768, _BLIND),
}

UNKNOWN_WINDOW_TOKENS = 32_768
"""Taken for a model that we know nothing about: what small servers are commonly started with."""

UNKNOWN_OUTPUT_TOKENS = 8_192


def offered(provider: str, named: Iterable[str], *, with_own: bool) -> tuple[ModelInfo, ...]:
    """The models of one server: those named, behind the vendor's own where it serves them.

    The first is the recommended one. A name that nobody knows is text only.
    """
    names = dict.fromkeys([*(_OWN if with_own else ()), *named])
    return tuple(_info(provider, name, recommended=at == 0) for at, name in enumerate(names))


def _info(provider: str, name: str, *, recommended: bool) -> ModelInfo:
    unknown = (name, UNKNOWN_WINDOW_TOKENS, UNKNOWN_OUTPUT_TOKENS, (TEXT,))
    title, window, output, capabilities = _KNOWN.get(name, unknown)
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
