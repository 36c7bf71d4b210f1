"""Which models Mistral offers."""

from agents.providers.registry import JSON, REASONING, TEXT, TOOLS, VISION, ModelInfo

_THOUGHTLESS = (TEXT, VISION, TOOLS, JSON)
_ALL = (*_THOUGHTLESS, REASONING)

OUTPUT_TOKENS = 65_536
"""The vendor limits prompt and answer together, and most answers not at all: a bound of ours."""

# Names and windows as in genai-prices 0.2.3, which prices dated names for certain and ``-latest``
# ones by what they once were; capabilities from the vendor's model pages, November 2026. Best for
# general chat first.
_MODELS = {
    # name: title, window, capabilities
    "mistral-medium-3-5": ("Mistral Medium 3.5", 262_144, _ALL),
    "mistral-large-4": ("Mistral Large 4", 1_048_576, _ALL),
    "mistral-small-2603": ("Mistral Small 4", 262_144, _ALL),
    "mistral-large-2512": ("Mistral Large 3", 262_144, _THOUGHTLESS),
    "ministral-14b-2512": ("Ministral 3 14B", 262_144, _THOUGHTLESS),
    "ministral-8b-2512": ("Ministral 3 8B", 262_144, _THOUGHTLESS),
}


def offered(provider: str) -> tuple[ModelInfo, ...]:
    """The vendor's models; the first is the recommended one."""
    return tuple(
        ModelInfo(
            id=f"{provider}/{name}",
            provider=provider,
            name=name,
            title=title,
            context_tokens=window,
            output_tokens=OUTPUT_TOKENS,
            capabilities=capabilities,
            recommended=at == 0,
        )
        for at, (name, (title, window, capabilities)) in enumerate(_MODELS.items())
    )
