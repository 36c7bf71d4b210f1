"""List prices of the vendors, out of the ``genai-prices`` package's own data; nothing is fetched.

Importing that package builds some thirty thousand lines of data (0.6 s): ``load`` runs in a thread.
"""

from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from anyio import to_thread
from msgspec import Struct

from server.domain.money import PicoUsd
from server.domain.usage import Price

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

_PROVIDERS = {
    "openai": "openai",
    "azure": "azure",
    "anthropic": "anthropic",
    "gemini": "google",
    "mistral": "mistral",
}
"""Our name of a provider, and the package's. A compatible server has no list."""

PICOS_PER_DOLLAR_PER_MILLION = Decimal(10**6)
PICOS_PER_DOLLAR = Decimal(10**12)
SECONDS_PER_HOUR = 3_600


class Tier(Struct, frozen=True, kw_only=True, gc=False):
    """What every token of a request costs whose input has more than ``above`` tokens."""

    above: int
    price: Price


class ListPrices:
    """Prices by model id and date. Models are looked up once, then remembered."""

    def __init__(self, providers: "list[Provider]") -> None:
        self._providers = providers
        self._known = {
            ours: provider
            for ours, theirs in _PROVIDERS.items()
            for provider in providers
            if provider.id == theirs
        }
        self._models: dict[str, ModelInfo | None] = {}

    def find(self, model_id: str, at: datetime, input_tokens: int = 0) -> Price | None:
        """The price on the day of ``at`` of a request with ``input_tokens``; None when the list has
        none that tokens, characters or seconds alone decide.

        Tiers re-price the whole request: above the threshold every token costs the tier's price.
        """
        model = self._model(model_id)
        if model is None:
            return None
        return _price(model.get_prices(at), input_tokens)

    def tiers(self, model_id: str, at: datetime) -> tuple[Tier, ...]:
        """The prices of larger requests, smallest threshold first; none for most models."""
        model = self._model(model_id)
        if model is None:
            return ()
        listed = model.get_prices(at)
        starts = {
            tier.start
            for price in (
                listed.input_mtok,
                listed.output_mtok,
                listed.cache_read_mtok,
                listed.cache_write_mtok,
            )
            if price is not None and not isinstance(price, Decimal)
            for tier in price.tiers
        }
        priced = [(start, _price(listed, start + 1)) for start in sorted(starts)]
        return tuple(Tier(above=start, price=price) for start, price in priced if price is not None)

    def _model(self, model_id: str) -> "ModelInfo | None":
        if model_id not in self._models:
            provider_name, _, name = model_id.partition("/")
            provider = self._known.get(provider_name)
            self._models[model_id] = (
                provider.find_model(name, all_providers=self._providers) if provider else None
            )
        return self._models[model_id]


def _price(listed: "ModelPrice", input_tokens: int) -> Price | None:
    """None where each request has a price besides, or where neither text tokens have one nor what
    is spoken or written down: characters and hours of audio.

    Anthropic sells two caches. Ours is the one of five minutes (1.25 times the input price): it is
    what the wire's ``ephemeral`` means, and renews itself with each turn. The list's price of the
    one of an hour (twice the input price) is left alone, for nobody here asks for that.
    """
    tokens_in = _picos(listed.input_mtok, input_tokens)
    tokens_out = _picos(listed.output_mtok, input_tokens)
    if listed.requests_kcount:
        return None
    if tokens_in is None and tokens_out is None:
        return _by_length(listed, input_tokens)
    if tokens_in is None or tokens_out is None:
        return None
    return Price(
        input=tokens_in,
        output=tokens_out,
        cached_input=_picos(listed.cache_read_mtok, input_tokens),
        cache_write=_picos(listed.cache_write_mtok, input_tokens),
    )


def _by_length(listed: "ModelPrice", input_tokens: int) -> Price | None:
    character = _picos(listed.input_mchars, input_tokens)
    hour = listed.input_audio_hours
    if character is None and not isinstance(hour, Decimal):
        return None
    second = None
    if isinstance(hour, Decimal):
        picos = (hour * PICOS_PER_DOLLAR / SECONDS_PER_HOUR).to_integral_value(ROUND_CEILING)
        second = PicoUsd(int(picos))
    return Price(input=PicoUsd(0), output=PicoUsd(0), character=character, second=second)


def _picos(price: "Decimal | TieredPrices | None", input_tokens: int) -> PicoUsd | None:
    """Dollars per million tokens or characters to pico-dollars for one, rounded up."""
    if price is None:
        return None
    if not isinstance(price, Decimal):
        reached = [tier.price for tier in price.tiers if input_tokens > tier.start]
        price = reached[-1] if reached else price.base
    return PicoUsd(int((price * PICOS_PER_DOLLAR_PER_MILLION).to_integral_value(ROUND_CEILING)))


async def load() -> ListPrices:
    """The list that the installed package carries, read in a thread."""
    return await to_thread.run_sync(load_now)


def load_now() -> ListPrices:
    # The data module, not the package's snapshot: an updater somewhere in the process could have
    # replaced that with downloaded prices.
    from genai_prices.data import providers  # noqa: PLC0415

    return ListPrices(providers)
