"""Costs and charges: integers, rounded up once, never cheaper by cleverness."""

from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from billing.pricing import (
    FREE_OUTPUT_TOKENS,
    affordable_output,
    charge,
    charged_usd,
    cost,
    estimate,
)
from server.domain.money import MicroCredits, NanoUsd, PicoUsd
from server.domain.usage import Price, Usage

PER_USD = 1000

tokens = st.integers(0, 2_000_000)
picos = st.integers(0, 200_000_000).map(PicoUsd)
multipliers = st.integers(0, 20_000_000)
rates = st.integers(1, 1_000_000)
costs = st.integers(0, 10**15).map(NanoUsd)


@st.composite
def prices(draw: st.DrawFn) -> Price:
    return Price(
        input=draw(picos),
        output=draw(picos),
        cached_input=draw(st.none() | picos),
        cache_write=draw(st.none() | picos),
        multiplier_ppm=draw(multipliers),
        image=draw(st.none() | st.integers(0, 10**12).map(PicoUsd)),
        character=draw(st.none() | picos),
        second=draw(st.none() | st.integers(0, 10**10).map(PicoUsd)),
    )


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    total_in, total_out = draw(tokens), draw(tokens)
    cached = draw(st.integers(0, total_in))
    return Usage(
        input_tokens=total_in,
        output_tokens=total_out,
        cached_input_tokens=cached,
        cache_write_tokens=draw(st.integers(0, total_in - cached)),
        reasoning_tokens=draw(st.integers(0, total_out)),
        images=draw(st.integers(0, 10)),
        characters=draw(st.integers(0, 100_000)),
        audio_ms=draw(st.integers(0, 10_000_000)),
    )


def plus(one: Usage, two: Usage) -> Usage:
    return Usage(
        input_tokens=one.input_tokens + two.input_tokens,
        output_tokens=one.output_tokens + two.output_tokens,
        cached_input_tokens=one.cached_input_tokens + two.cached_input_tokens,
        cache_write_tokens=one.cache_write_tokens + two.cache_write_tokens,
        images=one.images + two.images,
        characters=one.characters + two.characters,
        audio_ms=one.audio_ms + two.audio_ms,
    )


def test_a_call_costs_what_the_price_list_says() -> None:
    # 1000 in, of which 800 cached, and 500 out, at $1, $0.05 and $5 per million tokens.
    price = Price(input=PicoUsd(1_000_000), output=PicoUsd(5_000_000), cached_input=PicoUsd(50_000))
    usage = Usage(input_tokens=1000, output_tokens=500, cached_input_tokens=800)
    assert cost(usage, price) == 200_000 + 40_000 + 2_500_000


def test_writing_a_cache_costs_its_own_price() -> None:
    price = Price(input=PicoUsd(1000), output=PicoUsd(0), cache_write=PicoUsd(1250))
    usage = Usage(input_tokens=100, output_tokens=0, cache_write_tokens=80)
    assert cost(usage, price) == 20 + 100


def test_cached_tokens_cost_the_input_price_where_there_is_no_other() -> None:
    price = Price(input=PicoUsd(1000), output=PicoUsd(0))
    assert cost(Usage(input_tokens=7, output_tokens=0, cached_input_tokens=7), price) == 7


def test_reasoning_is_part_of_the_output_and_not_paid_twice() -> None:
    price = Price(input=PicoUsd(0), output=PicoUsd(1000))
    assert cost(Usage(input_tokens=0, output_tokens=9, reasoning_tokens=8), price) == 9


NO_TOKENS = {"input": PicoUsd(0), "output": PicoUsd(0)}


def test_images_cost_their_price_each() -> None:
    # Three of gpt-image-1 at high quality, and 50 tokens of what they were to show.
    price = Price(input=PicoUsd(5_000_000), output=PicoUsd(0), image=PicoUsd(166_400_000_000))
    assert cost(Usage(input_tokens=50, output_tokens=0, images=3), price) == 499_200_000 + 250_000


def test_what_is_spoken_costs_by_the_character() -> None:
    price = Price(**NO_TOKENS, character=PicoUsd(15_000_000))  # tts-1: $15 a million
    assert cost(Usage(input_tokens=0, output_tokens=0, characters=4_096), price) == 61_440_000


def test_what_is_written_down_costs_by_the_second_and_to_the_millisecond() -> None:
    price = Price(**NO_TOKENS, second=PicoUsd(100_000_000))  # whisper-1: $0.006 a minute
    assert cost(Usage(input_tokens=0, output_tokens=0, audio_ms=60_000), price) == 6_000_000
    assert cost(Usage(input_tokens=0, output_tokens=0, audio_ms=1_234), price) == 123_400
    assert (
        cost(
            Usage(input_tokens=0, output_tokens=0, audio_ms=1),
            Price(**NO_TOKENS, second=PicoUsd(1)),
        )
        == 1
    )


def test_what_is_not_sold_by_a_unit_takes_nothing_for_it() -> None:
    price = Price(input=PicoUsd(1_000), output=PicoUsd(0))
    usage = Usage(input_tokens=1, output_tokens=0, images=5, characters=5, audio_ms=5)
    assert cost(usage, price) == 1


@given(usages(), prices())
def test_a_cost_is_the_exact_sum_of_all_units_rounded_up_once(usage: Usage, price: Price) -> None:
    plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
    cached = price.input if price.cached_input is None else price.cached_input
    written = price.input if price.cache_write is None else price.cache_write
    exact = Fraction(
        plain * price.input
        + usage.cached_input_tokens * cached
        + usage.cache_write_tokens * written
        + usage.output_tokens * price.output
        + usage.images * (price.image or 0)
        + usage.characters * (price.character or 0)
    ) + Fraction(usage.audio_ms * (price.second or 0), 1_000)
    assert cost(usage, price) == ceil(exact / 1_000)


def test_a_tenth_of_a_nano_dollar_is_one_and_nothing_is_nothing() -> None:
    price = Price(input=PicoUsd(100), output=PicoUsd(100))
    assert cost(Usage(input_tokens=1, output_tokens=0), price) == 1
    assert cost(Usage(input_tokens=0, output_tokens=0), price) == 0


def test_credits_are_dollars_at_the_rate_with_the_multiplier() -> None:
    assert charge(NanoUsd(1_275_000), 1_000_000, PER_USD) == 1_275_000  # 1.275 credits
    assert charge(NanoUsd(1_275_000), 1_500_000, PER_USD) == 1_912_500
    assert charge(NanoUsd(1), 1, 1) == 1
    assert charged_usd(MicroCredits(1_275_000), PER_USD) == 1_275_000
    assert charged_usd(MicroCredits(1), 3000) == 1


@given(usages(), usages(), prices())
def test_splitting_a_call_never_makes_it_cheaper_nor_much_dearer(
    one: Usage, two: Usage, price: Price
) -> None:
    whole, parts = cost(plus(one, two), price), cost(one, price) + cost(two, price)
    assert whole <= parts <= whole + 1


@given(costs, costs, multipliers, rates)
def test_splitting_a_charge_never_makes_it_cheaper_nor_much_dearer(
    one: NanoUsd, two: NanoUsd, multiplier: int, rate: int
) -> None:
    whole = charge(NanoUsd(one + two), multiplier, rate)
    parts = charge(one, multiplier, rate) + charge(two, multiplier, rate)
    assert whole <= parts <= whole + 1


@given(usages(), usages(), prices())
def test_more_tokens_never_cost_less(usage: Usage, more: Usage, price: Price) -> None:
    assert cost(plus(usage, more), price) >= cost(usage, price)


@given(costs, st.integers(0, 10**6), multipliers, rates)
def test_a_dearer_call_is_never_charged_less(
    cheap: NanoUsd, more: int, multiplier: int, rate: int
) -> None:
    assert charge(NanoUsd(cheap + more), multiplier, rate) >= charge(cheap, multiplier, rate)


@given(costs.filter(bool), multipliers.filter(bool), rates)
def test_nothing_that_cost_is_free(spent: NanoUsd, multiplier: int, rate: int) -> None:
    credits = charge(spent, multiplier, rate)
    assert credits > 0
    assert charged_usd(credits, rate) > 0


@given(costs)
def test_at_the_default_rate_dollars_survive_the_way_through_credits(spent: NanoUsd) -> None:
    assert charged_usd(charge(spent, 1_000_000, PER_USD), PER_USD) == spent


@given(usages(), prices())
def test_an_estimate_covers_the_call_however_its_input_is_cached(
    usage: Usage, price: Price
) -> None:
    """A cache that is dearer to read than to skip is no vendor's; all else is covered."""
    if (price.cached_input or 0) <= max(price.input, price.cache_write or 0):
        guessed = estimate(
            usage.input_tokens,
            usage.output_tokens,
            price,
            images=usage.images,
            characters=usage.characters,
            audio_ms=usage.audio_ms,
        )
        assert guessed >= cost(usage, price)


@given(st.integers(-10, 10**13).map(MicroCredits), prices(), tokens, rates)
def test_what_can_be_afforded_is_exact_to_the_token(
    balance: MicroCredits, price: Price, input_tokens: int, rate: int
) -> None:
    def charged(output: int) -> MicroCredits:
        return charge(estimate(input_tokens, output, price), price.multiplier_ppm, rate)

    most = affordable_output(balance, price, input_tokens=input_tokens, credits_per_usd=rate)
    assert 0 <= most <= FREE_OUTPUT_TOKENS
    if most:
        assert charged(most) <= balance
    if most < FREE_OUTPUT_TOKENS:
        assert charged(most + 1) > balance


def test_free_output_has_no_end() -> None:
    price = Price(input=PicoUsd(1), output=PicoUsd(0))
    most = affordable_output(MicroCredits(1), price, input_tokens=1, credits_per_usd=PER_USD)
    assert most == FREE_OUTPUT_TOKENS
