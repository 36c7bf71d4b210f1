"""Whose models answer: keys and addresses of providers, models that they do not list themselves."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Struct

from server.domain.money import PicoUsd, parse_price
from server.environment import SettingsError, about, base_url, words
from server.limits import Limits

NAME_MAX = 200
"""Characters of a model's name: the longest published ones have about 100."""

ABILITIES = ("vision", "tools", "json", "reasoning")

_MODELS = "Models"
_NAMED = "`name`, `name=in/out` in dollars per million tokens, `name=in/out+vision+tools+json`"


def api_key(text: str) -> str:
    """A key as it goes into a header; its text is never repeated.

    Raises:
        ValueError: it has something that no header takes, such as a line's end inside.
    """
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("expected letters, digits and signs of ASCII, without a space")
    return text


class NamedModel(Struct, frozen=True, kw_only=True):
    """One model that a setting names; prices in pico-dollars per token, None where not given.
    ``abilities`` None: those that the name is known for."""

    name: str
    input: PicoUsd | None = None
    output: PicoUsd | None = None
    abilities: tuple[str, ...] | None = None


def named_models(text: str) -> tuple[NamedModel, ...]:
    """``name``, ``name=input/output``, ``name=input/output+vision+tools``, ``name=+tools``…,
    separated by commas.

    Raises:
        ValueError: an entry has no name, a price that is no decimal number, or an ability that
            there is not.
    """
    known: dict[str, NamedModel] = {}
    for entry in words(text):
        name, _, rest = (part.strip() for part in entry.partition("="))
        if not name or len(name) > NAME_MAX or not name.isprintable() or " " in name:
            raise ValueError(f"{entry[:60]!r} has no usable model name")
        if name in known:
            raise ValueError(f"{name!r} is named twice")
        prices, *abilities = (part.strip() for part in rest.split("+"))
        if wrong := [word for word in abilities if word not in ABILITIES]:
            raise ValueError(f"{name}: {wrong[0]!r} is none of {', '.join(ABILITIES)}")
        price_in, price_out = _prices(name, prices) if prices else (None, None)
        known[name] = NamedModel(
            name=name,
            input=price_in,
            output=price_out,
            abilities=tuple(dict.fromkeys(abilities)) if abilities else None,
        )
    return tuple(known.values())


def _prices(name: str, text: str) -> tuple[PicoUsd, PicoUsd]:
    first, slash, second = text.partition("/")
    if not slash:
        raise ValueError(f"{name}: prices are input/output, as in {name}=0.5/1.5")
    prices = parse_price(first.strip()), parse_price(second.strip())
    if min(prices) < 0:
        raise ValueError(f"{name}: a price is not negative")
    return prices


def fallbacks(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """``model=other|another; …`` by ids: who answers in a model's place, best first.

    Raises:
        ValueError: an entry is no such list, names a model twice, or a model as its own fallback.
    """
    known: dict[str, tuple[str, ...]] = {}
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        model, equals, rest = (part.strip() for part in entry.partition("="))
        others = tuple(part.strip() for part in rest.split("|"))
        if not model or not equals or not all(others):
            raise ValueError(f"{entry[:60]!r}: expected model=other|another")
        if model in known or len({model, *others}) <= len(others):
            raise ValueError(f"{entry[:60]!r} names a model twice")
        known[model] = others
    return tuple(known.items())


class ModelSettings(Limits, frozen=True, kw_only=True, rename="upper"):
    """The part of ``Settings`` that says which providers are configured."""

    openai_api_key: Annotated[
        str | None,
        about(
            _MODELS,
            "Key for OpenAI, or for the server at `OPENAI_BASE_URL`.",
            parse=api_key,
            secret=True,
        ),
    ] = None
    openai_base_url: Annotated[
        str | None,
        about(
            _MODELS,
            "A server that speaks OpenAI's chat completions, with its path (`…/v1`).",
            parse=base_url,
        ),
    ] = None
    openai_models: Annotated[
        tuple[NamedModel, ...],
        about(_MODELS, f"Its further models: {_NAMED}.", parse=named_models),
    ] = ()
    azure_openai_endpoint: Annotated[
        str | None, about(_MODELS, "Address of an Azure OpenAI resource.", parse=base_url)
    ] = None
    azure_openai_api_key: Annotated[
        str | None, about(_MODELS, "Its key.", parse=api_key, secret=True)
    ] = None
    azure_openai_api_version: Annotated[
        str | None,
        about(_MODELS, "Version of its interface.", otherwise="2024-10-21"),
    ] = None
    azure_openai_models: Annotated[
        tuple[NamedModel, ...],
        about(
            _MODELS,
            "Its deployments: `deployment`, `deployment=in/out`,"
            " `deployment=in/out+vision+tools+json`.",
            parse=named_models,
        ),
    ] = ()
    anthropic_api_key: Annotated[
        str | None, about(_MODELS, "Key for Anthropic.", parse=api_key, secret=True)
    ] = None
    anthropic_base_url: Annotated[
        str | None, about(_MODELS, "Where it is reached, without `/v1`.", parse=base_url)
    ] = None
    gemini_api_key: Annotated[
        str | None, about(_MODELS, "Key for Google Gemini.", parse=api_key, secret=True)
    ] = None
    gemini_model: Annotated[
        str | None, about(_MODELS, "The Gemini model that is offered first, listed or not.")
    ] = None
    google_gemini_base_url: Annotated[
        str | None, about(_MODELS, "Where Gemini is reached, without version.", parse=base_url)
    ] = None
    google_genai_api_version: Annotated[
        str | None, about(_MODELS, "Version of its interface.", otherwise="v1beta")
    ] = None
    mistral_api_key: Annotated[
        str | None, about(_MODELS, "Key for Mistral.", parse=api_key, secret=True)
    ] = None
    mistral_base_url: Annotated[
        str | None, about(_MODELS, "Where it is reached, without `/v1`.", parse=base_url)
    ] = None
    compatible_base_url: Annotated[
        str | None,
        about(
            _MODELS,
            "One more server that speaks OpenAI's chat completions, with its path (`…/v1`).",
            parse=base_url,
        ),
    ] = None
    compatible_api_key: Annotated[
        str | None, about(_MODELS, "Its key, where it wants one.", parse=api_key, secret=True)
    ] = None
    compatible_models: Annotated[
        tuple[NamedModel, ...],
        about(_MODELS, f"Its models: {_NAMED}.", parse=named_models),
    ] = ()
    default_model: Annotated[
        str | None,
        about(
            _MODELS,
            "Model (`provider/name`) of a turn that names none.",
            otherwise="the first configured provider's",
        ),
    ] = None
    model_fallbacks: Annotated[
        tuple[tuple[str, tuple[str, ...]], ...],
        about(
            _MODELS,
            "Who answers where a model fails before its first word:"
            " `openai/a=anthropic/b|gemini/c; …`, best first.",
            parse=fallbacks,
        ),
    ] = ()


_WHOLE = (
    ("azure_openai_endpoint", "azure_openai_api_key", "azure_openai_models"),
    ("compatible_base_url", "compatible_models"),
)
"""None of them without the others."""

_MEANT = (
    ("openai_base_url", ("openai_models", "openai_api_key")),
    ("openai_models", ("openai_api_key", "openai_base_url")),
    ("gemini_model", ("gemini_api_key",)),
    ("compatible_api_key", ("compatible_base_url",)),
)
"""The first means nothing without one of the others. Addresses of other vendors may stand alone:
tools beside ours read them too."""


def check(settings: ModelSettings) -> None:
    """Half a provider is none, and whoever set that half meant something.

    Raises:
        SettingsError: names the variable that is missing.
    """
    for needed in _WHOLE:
        missing = [name for name in needed if not getattr(settings, name)]
        if missing and len(missing) < len(needed):
            present = next(name for name in needed if name not in missing)
            raise _without(missing, present)
    for present, others in _MEANT:
        if getattr(settings, present) and not any(getattr(settings, name) for name in others):
            raise _without(others, present)


def _without(missing: Sequence[str], present: str) -> SettingsError:
    return SettingsError(f"{missing[0].upper()}: required with {present.upper()}")
