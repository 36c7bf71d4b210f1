"""The vendors' lists, reduced to what a token costs."""

import sys
from datetime import UTC, datetime

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import calc_price
from genai_prices.data_snapshot import DataSnapshot, set_custom_snapshot

from agents.providers.load import ProviderSettings, offered
from billing.listprices import ListPrices, load, load_now
from billing.pricing import cost
from server.domain.usage import Price, Usage

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def listed() -> ListPrices:
    return load_now()


def dollars(price: Price | None) -> tuple[float, float]:
    assert price is not None
    return price.input / 1e6, price.output / 1e6


@pytest.mark.parametrize(
    ("model", "tokens_in", "tokens_out"),
    [
        ("gemini/gemini-2.5-flash", 0.30, 2.50),
        ("gemini/gemini-2.5-flash-lite", 0.10, 0.40),
        ("gemini/gemini-2.5-pro", 1.25, 10),
        ("openai/gpt-4.1", 2, 8),
        ("openai/gpt-6.1-terra", 1, 5),
    ],
)
def test_the_list_says_what_we_promise(
    listed: ListPrices, model: str, tokens_in: float, tokens_out: float
) -> None:
    assert dollars(listed.find(model, NOW)) == (tokens_in, tokens_out)


def test_every_model_that_we_offer_has_a_price(listed: ListPrices) -> None:
    every = ProviderSettings(
        openai_api_key="k",
        azure_endpoint="https://x",
        azure_api_key="k",
        azure_models=("gpt-4.1", "gpt-5.5", "o4-mini"),
        anthropic_api_key="k",
        gemini_api_key="k",
        mistral_api_key="k",
    )
    models = [model for model in offered(every) if not model.demo]
    assert len({model.provider for model in models}) == 5
    for model in models:
        assert listed.find(model.id, NOW) is not None, model.id


def test_a_tier_prices_the_whole_request_anew(listed: ListPrices) -> None:
    assert dollars(listed.find("gemini/gemini-2.5-pro", NOW, 200_000)) == (1.25, 10)
    assert dollars(listed.find("gemini/gemini-2.5-pro", NOW, 200_001)) == (2.5, 15)


def test_tiers_are_told_with_all_their_prices(listed: ListPrices) -> None:
    (tier,) = listed.tiers("anthropic/claude-sonnet-4-5", NOW)
    assert tier.above == 200_000
    assert dollars(tier.price) == (6, 22.5)
    assert (tier.price.cached_input, tier.price.cache_write) == (600_000, 7_500_000)
    assert tier.price == listed.find("anthropic/claude-sonnet-4-5", NOW, 200_001)
    assert listed.tiers("gemini/gemini-2.5-flash", NOW) == ()
    assert listed.tiers("openai/no-such-model", NOW) == ()


@pytest.mark.parametrize("model", ["gemini/gemini-2.5-pro", "openai/gpt-6.1-sol"])
def test_at_the_threshold_all_tokens_change_their_price_at_once(
    listed: ListPrices, model: str
) -> None:
    (tier,) = listed.tiers(model, NOW)
    small, large = (listed.find(model, NOW, size) for size in (tier.above, tier.above + 1))
    assert small == listed.find(model, NOW)
    assert large == tier.price
    assert small is not None
    assert large is not None
    last = Usage(input_tokens=tier.above, output_tokens=1_000)
    first = Usage(input_tokens=tier.above + 1, output_tokens=1_000)
    step = cost(first, large) - cost(last, small)
    assert step * 1_000 == (
        tier.above * (large.input - small.input)
        + 1_000 * (large.output - small.output)
        + large.input
    )


@pytest.mark.parametrize(
    "model",
    [
        "gemini/gemini-2.5-flash",
        "gemini/gemini-2.5-flash-lite",
        "gemini/gemini-2.5-pro",
        "anthropic/claude-sonnet-4-5",
        "openai/gpt-6.1-terra",
        "mistral/mistral-large-latest",
    ],
)
@pytest.mark.parametrize("tokens", [1_000, 200_000, 200_001, 272_001])
def test_a_call_costs_what_the_package_itself_computes(
    listed: ListPrices, model: str, tokens: int
) -> None:
    """Cached and cache-writing tokens are parts of the input, reasoning is part of the output."""
    price = listed.find(model, NOW, tokens)
    assert price is not None
    written = 300 if price.cache_write is not None else 0
    usage = Usage(
        input_tokens=tokens,
        output_tokens=500,
        cached_input_tokens=400,
        cache_write_tokens=written,
        reasoning_tokens=450,
    )
    provider, _, name = model.partition("/")
    theirs = calc_price(
        TheirUsage(
            input_tokens=tokens,
            output_tokens=500,
            cache_read_tokens=400,
            cache_write_tokens=written or None,
        ),
        name,
        provider_id={"gemini": "google"}.get(provider, provider),
        genai_request_timestamp=NOW,
    )
    assert cost(usage, price) == theirs.total_price * 10**9


def test_anthropics_cache_is_the_one_of_five_minutes(listed: ListPrices) -> None:
    price = listed.find("anthropic/claude-sonnet-4-5", NOW)
    assert price is not None
    assert price.cache_write == price.input * 5 // 4


def test_cached_input_and_cache_writes_have_their_own_prices(listed: ListPrices) -> None:
    price = listed.find("openai/gpt-6.1-terra", NOW)
    assert price is not None
    assert (price.cached_input, price.cache_write) == (50_000, 1_250_000)


def test_prices_are_those_of_the_day(listed: ListPrices) -> None:
    before, after = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 6, 11, tzinfo=UTC)
    assert dollars(listed.find("openai/o3", before)) == (10, 40)
    assert dollars(listed.find("openai/o3", after)) == (2, 8)


@pytest.mark.parametrize(
    ("model", "character", "second"),
    [
        ("openai/tts-1", 15_000_000, None),  # $15 per million characters
        ("openai/tts-1-hd", 30_000_000, None),
        ("openai/whisper-1", None, 100_000_000),  # $0.006 a minute
        ("mistral/voxtral-mini-2602", None, 50_000_000),  # $0.003 a minute
    ],
)
def test_what_is_spoken_or_written_down_is_sold_by_its_length(
    listed: ListPrices, model: str, character: int | None, second: int | None
) -> None:
    price = listed.find(model, NOW)
    assert price is not None
    assert (price.character, price.second) == (character, second)
    assert (price.input, price.output, price.sells("token")) == (0, 0, False)


@pytest.mark.parametrize(
    "model",
    ["openai/no-such-model", "compatible/gpt-4.1", "demo/x", "gpt-4.1", ""],
)
def test_what_is_not_on_the_list_has_no_price(listed: ListPrices, model: str) -> None:
    assert listed.find(model, NOW) is None


async def test_the_list_is_the_installed_one_whatever_else_was_downloaded() -> None:
    set_custom_snapshot(DataSnapshot(providers=[], from_auto_update=True))
    try:
        assert (await load()).find("openai/gpt-4.1", NOW) is not None
    finally:
        set_custom_snapshot(None)


def test_nobody_started_the_packages_updater() -> None:
    import threading

    assert "genai_prices" in sys.modules
    assert not [t.name for t in threading.enumerate() if "genai_prices" in t.name]
