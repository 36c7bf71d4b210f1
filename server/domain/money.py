"""Money as integers: nano-dollars, micro-credits, pico-dollar prices, and their decimal strings.

No float ever holds money. Rounding happens once, upwards, where a cost or a charge is made
(``billing.pricing``); everything here is exact.
"""

from decimal import Context, Decimal, InvalidOperation
from typing import NewType

NanoUsd = NewType("NanoUsd", int)
"""1e-9 US dollars: what a provider call costs."""

MicroCredits = NewType("MicroCredits", int)
"""1e-6 credit: what balances, holds and charges are counted in."""

PicoUsd = NewType("PicoUsd", int)
"""1e-12 US dollars: the price of one unit. Per token it equals micro-dollars per million tokens."""

NANOS_PER_USD = 10**9
MICROS_PER_CREDIT = 10**6
PICOS_PER_USD = 10**12

MAX_AMOUNT = 2**62
"""Amounts stay below this, so that a sum of two still fits PostgreSQL's bigint."""

_TEXT_MAX = 40
"""Characters of an amount, more than any needs."""

_EXACT = Context(prec=_TEXT_MAX)
"""Keeps every digit that was typed: decimals are rounded to 28 otherwise."""


def usd_text(amount: int) -> str:
    """``NanoUsd`` as a decimal string in shortest form: ``1275000`` is ``"0.001275"``."""
    return _text(amount, 9)


def credits_text(amount: int) -> str:
    """``MicroCredits`` as a decimal string in shortest form."""
    return _text(amount, 6)


def price_text(amount: int) -> str:
    """``PicoUsd`` per token as dollars per million tokens, the way price lists print it."""
    return _text(amount, 6)


def unit_price_text(amount: int) -> str:
    """``PicoUsd`` of an image or of a second, as dollars for one of them."""
    return _text(amount, 12)


def parse_usd(text: str) -> NanoUsd:
    """Raises ValueError: not a plain decimal number, or finer than a nano-dollar."""
    return NanoUsd(_parse(text, 9))


def parse_credits(text: str) -> MicroCredits:
    """Raises ValueError: not a plain decimal number, or finer than a micro-credit."""
    return MicroCredits(_parse(text, 6))


def parse_price(text: str) -> PicoUsd:
    """Dollars per million tokens to pico-dollars per token. Raises ValueError when not exact."""
    return PicoUsd(_parse(text, 6))


def parse_unit_price(text: str) -> PicoUsd:
    """Dollars for one image or second. Raises ValueError: not exact to a pico-dollar."""
    return PicoUsd(_parse(text, 12))


def _text(amount: int, places: int) -> str:
    sign, digits = ("-" if amount < 0 else ""), str(abs(amount)).rjust(places + 1, "0")
    whole, fraction = digits[:-places], digits[-places:].rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _parse(text: str, places: int) -> int:
    is_plain = text.isascii() and text.strip("-").replace(".", "", 1).isdigit()
    if len(text) > _TEXT_MAX or not is_plain:
        raise ValueError(f"not a decimal number: {text[:_TEXT_MAX]!r}")
    try:
        scaled = Decimal(text).scaleb(places, _EXACT)
    except InvalidOperation as error:
        raise ValueError(f"not a decimal number: {text!r}") from error
    if scaled != scaled.to_integral_value():
        raise ValueError(f"more than {places} decimal places: {text!r}")
    if abs(scaled) > MAX_AMOUNT:
        raise ValueError(f"too large: {text!r}")
    return int(scaled)
