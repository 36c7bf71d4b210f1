"""What a call costs and what is charged for it: usage by price, in integers, rounded up once.

cost      = ⌈ Σ units · pico-dollars / 1000 ⌉                    nano-dollars
charged   = ⌈ cost · multiplier · CREDITS_PER_USD ⌉              micro-credits
in dollars: ⌈ charged / CREDITS_PER_USD ⌉                        nano-dollars
"""

from server.domain.money import (
    MICROS_PER_CREDIT,
    NANOS_PER_USD,
    PICOS_PER_USD,
    MicroCredits,
    NanoUsd,
    PicoUsd,
)
from server.domain.usage import Price, Usage

PICOS_PER_NANO = PICOS_PER_USD // NANOS_PER_USD
PPM = 1_000_000
MS_PER_SECOND = 1_000

FREE_OUTPUT_TOKENS = 2**31
"""Stands for "as much as it likes" where output costs nothing: more than any model can say."""


def cost(usage: Usage, price: Price) -> NanoUsd:
    """Nano-dollars that the provider takes for one call.

    Rounded up, once, here: so splitting a call never makes it cheaper, and nothing that cost
    something is free. Cached and cache-writing tokens are parts of the input and leave the rest of
    it at the full price. Seconds of audio are paid for to the millisecond.
    """
    cached = min(usage.cached_input_tokens, usage.input_tokens)
    written = min(usage.cache_write_tokens, usage.input_tokens - cached)
    picos = (
        (usage.input_tokens - cached - written) * price.input
        + cached * _or(price.cached_input, price.input)
        + written * _or(price.cache_write, price.input)
        + usage.output_tokens * price.output
    )
    return _rounded(picos, usage.images, usage.characters, usage.audio_ms, price)


def _rounded(picos: int, images: int, characters: int, audio_ms: int, price: Price) -> NanoUsd:
    """``picos`` for tokens and what the other units cost, in thousandths of a pico-dollar until the
    end, because a millisecond costs a thousandth of its second."""
    picos += images * (price.image or 0) + characters * (price.character or 0)
    fine = picos * MS_PER_SECOND + audio_ms * (price.second or 0)
    return NanoUsd(_ceil(fine, PICOS_PER_NANO * MS_PER_SECOND))


def estimate(
    input_tokens: int,
    output_tokens: int,
    price: Price,
    *,
    images: int = 0,
    characters: int = 0,
    audio_ms: int = 0,
) -> NanoUsd:
    """Nano-dollars of a call not made yet, at the dearest that its input can turn out.

    Vendors that write their cache by themselves take more for that than for plain input, and
    nobody knows beforehand how much of a prompt they will write.
    """
    dearest = max(price.input, _or(price.cache_write, price.input))
    picos = input_tokens * dearest + output_tokens * price.output
    return _rounded(picos, images, characters, audio_ms, price)


def charge(cost_usd: NanoUsd, multiplier_ppm: int, credits_per_usd: int) -> MicroCredits:
    """Micro-credits owed for a call that cost ``cost_usd``, rounded up once."""
    micros = cost_usd * multiplier_ppm * credits_per_usd * MICROS_PER_CREDIT
    return MicroCredits(_ceil(micros, PPM * NANOS_PER_USD))


def charged_usd(charged: MicroCredits, credits_per_usd: int) -> NanoUsd:
    """Credits in dollars, as quotas and reports count them: exact whenever ``credits_per_usd``
    divides 1000, else rounded up."""
    return NanoUsd(_ceil(charged * (NANOS_PER_USD // MICROS_PER_CREDIT), credits_per_usd))


def affordable_output(
    balance: MicroCredits, price: Price, *, input_tokens: int, credits_per_usd: int
) -> int:
    """How many output tokens ``balance`` pays for beside the input; 0 also when not even that.

    The exact inverse of ``charge(estimate(…))``: one token more would cost more than ``balance``.
    Free output answers ``FREE_OUTPUT_TOKENS``.
    """
    if balance < 0:
        return 0
    rate = price.multiplier_ppm * credits_per_usd * MICROS_PER_CREDIT
    if rate == 0:
        return FREE_OUTPUT_TOKENS
    picos = balance * PPM * NANOS_PER_USD // rate * PICOS_PER_NANO
    left = picos - input_tokens * max(price.input, _or(price.cache_write, price.input))
    if left < 0:
        return 0
    if price.output == 0:
        return FREE_OUTPUT_TOKENS
    return min(left // price.output, FREE_OUTPUT_TOKENS)


def _or(price: PicoUsd | None, otherwise: PicoUsd) -> PicoUsd:
    return otherwise if price is None else price


def _ceil(amount: int, unit: int) -> int:
    return -(-amount // unit)
