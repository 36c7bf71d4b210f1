"""Anthropic's models as we list them, and what each of them takes."""

from msgspec import Struct

from agents.providers.registry import JSON, REASONING, TEXT, TOOLS, VISION, ModelInfo

ALL = (TEXT, VISION, TOOLS, JSON, REASONING)


class Claude(Struct, frozen=True):
    """``samples``: takes temperature or top_p (one of them); models from 4.7 on refuse both.
    ``adapts``: thinks as much as it finds right, and can tell a summary of it."""

    name: str
    title: str
    context_tokens: int
    output_tokens: int
    samples: bool = False
    adapts: bool = True


# Names as in the SDK's ModelParam, windows as in genai-prices 0.2.3, the rest from the vendor's
# model pages, November 2026. Best for general chat first.
_MODELS = (
    Claude("claude-sonnet-5-5", "Claude Sonnet 5.5", 1_000_000, 128_000),
    Claude("claude-opus-5-5", "Claude Opus 5.5", 1_000_000, 128_000),
    Claude("claude-haiku-5-5", "Claude Haiku 5.5", 1_000_000, 128_000),
    Claude("claude-fable-5-2", "Claude Fable 5.2", 1_000_000, 128_000),
    Claude("claude-opus-5", "Claude Opus 5", 1_000_000, 128_000),
    Claude("claude-sonnet-5", "Claude Sonnet 5", 1_000_000, 128_000),
    Claude("claude-sonnet-4-6", "Claude Sonnet 4.6", 1_000_000, 128_000, samples=True),
    Claude("claude-haiku-4-5", "Claude Haiku 4.5", 200_000, 64_000, samples=True, adapts=False),
)
_BY_NAME = {model.name: model for model in _MODELS}


def known(name: str) -> Claude:
    """A name that is not listed takes what the newest take, and answers at a modest length."""
    return _BY_NAME.get(name) or Claude(name, name, 200_000, 8_192)


def offered(provider: str = "anthropic") -> tuple[ModelInfo, ...]:
    """The first is the recommended one."""
    return tuple(
        ModelInfo(
            id=f"{provider}/{model.name}",
            provider=provider,
            name=model.name,
            title=model.title,
            context_tokens=model.context_tokens,
            output_tokens=model.output_tokens,
            capabilities=ALL if model.adapts else ALL[:-1],
            recommended=at == 0,
            samples=model.samples,
        )
        for at, model in enumerate(_MODELS)
    )
