"""Which models an OpenAI-wire server offers: the vendor's own, and those that a setting names."""

from msgspec import Struct

from agents.providers.registry import ModelInfo
from server.domain.money import parse_price
from server.domain.usage import Price

# Names and windows as in genai-prices 0.2.3 and the SDK's ChatModel; output limits from the
# vendor's model pages, November 2026. Best for general chat first.
_OWN = (
    # name, title, window, output limit
    ("gpt-6.1-terra", "GPT-6.1 Terra", 1_050_000, 128_000),
    ("gpt-6.1-sol", "GPT-6.1 Sol", 1_050_000, 128_000),
    ("gpt-6-astra", "GPT-6 Astra", 1_050_000, 128_000),
    ("gpt-6-luna", "GPT-6 Luna", 1_050_000, 128_000),
    ("gpt-5.5", "GPT-5.5", 1_000_000, 128_000),
    ("gpt-5.4-mini", "GPT-5.4 mini", 400_000, 128_000),
    ("gpt-4.1", "GPT-4.1", 1_000_000, 32_768),
    ("gpt-4.1-mini", "GPT-4.1 mini", 1_000_000, 32_768),
)
_WINDOWS = {name: (title, window, output) for name, title, window, output in _OWN}

UNKNOWN_WINDOW_TOKENS = 32_768
"""Taken for a model that we know nothing about: what small servers are commonly started with."""

UNKNOWN_OUTPUT_TOKENS = 8_192


class NamedModel(Struct, frozen=True, kw_only=True):
    """A model that the operator named; without a price it has to be priced before it is used."""

    name: str
    price: Price | None = None


def parse_models(text: str) -> tuple[NamedModel, ...]:
    """``name`` or ``name=input/output`` in dollars per million tokens, separated by commas.

    Raises:
        ValueError: an entry is neither, or a name comes twice.
    """
    models: dict[str, NamedModel] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, equals, prices = (part.strip() for part in entry.rpartition("="))
        if not equals:
            name, prices = entry, ""
        if not name or (equals and not prices) or any(ch.isspace() for ch in name):
            raise ValueError(f"{entry!r} is neither name nor name=input/output")
        if name in models:
            raise ValueError(f"{name!r} is named twice")
        models[name] = NamedModel(name=name, price=_price(entry, prices) if prices else None)
    return tuple(models.values())


def _price(entry: str, text: str) -> Price:
    tokens_in, slash, tokens_out = text.partition("/")
    try:
        if not slash:
            raise ValueError("no '/' between input and output")
        price = Price(input=parse_price(tokens_in.strip()), output=parse_price(tokens_out.strip()))
    except ValueError as error:
        raise ValueError(
            f"{entry!r}: prices are input/output in dollars per million tokens ({error})"
        ) from error
    if price.input < 0 or price.output < 0:
        raise ValueError(f"{entry!r}: a price is not negative")
    return price


def offered(
    provider: str, named: tuple[NamedModel, ...], *, with_own: bool
) -> tuple[ModelInfo, ...]:
    """The models of one server: those named, behind the vendor's own where it serves them.

    The first is the recommended one.
    """
    names = [name for name, *_ in _OWN] if with_own else []
    names += [model.name for model in named if model.name not in names]
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
