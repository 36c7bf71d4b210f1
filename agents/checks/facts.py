"""Finds what a text claims and the context does not say: prices, figures, scarcity, deadlines.

It reads patterns, not meaning: an invention in words that it does not know passes. What it finds is
nearly always one, so whoever asks may act on it.
"""

import re
from bisect import bisect_left
from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property

from msgspec import Struct

from agents.checks.sentences import without
from agents.rules.claims import (
    CURRENCIES,
    CURRENCY_WORDS,
    NUMBER_WORDS,
    SPOKEN,
    WORDED,
    ClaimKind,
)

ALL_KINDS = frozenset(ClaimKind)

OFFER_KINDS = ALL_KINDS - {ClaimKind.NUMBER}
"""What only sellers say. Small talk has figures of its own."""

_NUMBER = r"(?:\d{1,3}(?:[.,'\u2019\u00a0\u202f ]\d{3}){1,5}(?!\d)|\d{1,15})(?:[.,]\d{1,9})?"
"""Bounded, so that a text of digits cannot keep anybody busy."""

_NUMBERS = re.compile(_NUMBER)
_FIGURE = re.compile(rf"(?<![\w#@]){_NUMBER}")
_KEYCAP = re.compile("\\d\ufe0f?\u20e3|24/7")
_ASKED = (
    r"\b(?:yours for|costs?|price is|coûte|cuesta|vale|kostet|für nur)"
    rf" (?:just |only |nur |solo |sólo )?{_NUMBER}"
    r"(?!\d|\s?(?:%|hours?|minutes?|days?|heures?|horas?|stunden?|minuten?))"
)
"""A price that is named without a currency."""

_SPOKEN = rf"\b(?P<spoken>{'|'.join(sorted(SPOKEN, key=len, reverse=True))}) {CURRENCY_WORDS}"
_PRICE = re.compile(
    rf"[€$£]\s?{_NUMBER}|{_NUMBER}\s?{CURRENCIES}|{_SPOKEN}|{_ASKED}"
    r"|\b(?:only|just) \d{1,4}[.,]\d{2}\b",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_APOSTROPHES = str.maketrans("\u2019\u2018", "''")


class Claim(Struct, frozen=True, kw_only=True):
    """``said`` as it stands at ``at`` in the text; ``numbers`` are those in it."""

    kind: ClaimKind
    said: str
    at: int
    numbers: frozenset[Decimal] = frozenset()


def claims(text: str) -> tuple[Claim, ...]:
    """All that ``text`` claims, in its order. What is part of one claim is not told as another."""
    text = text.translate(_APOSTROPHES)
    text = _KEYCAP.sub(lambda found: "\0" * len(found.group()), text)
    numbers = _numbers(text)
    found: list[Claim] = []
    taken = bytearray(len(text))
    for kind, pattern in _patterns():
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(taken[start:end]):
                continue
            taken[start:end] = b"\1" * (end - start)
            first, last = (bisect_left(numbers, (edge,)) for edge in (start, end))
            inside = {value for _, value in numbers[first:last]}
            if kind is ClaimKind.PRICE and (spoken := match["spoken"]):
                inside.add(Decimal(SPOKEN[spoken.lower()]))
            found.append(
                Claim(kind=kind, said=match.group().strip(), at=start, numbers=frozenset(inside))
            )
    return tuple(sorted(found, key=lambda claim: claim.at))


class Facts:
    """What a context says, read once for all the texts that are held against it."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def numbers(self) -> frozenset[Decimal]:
        """However they are written: in digits ("1,299.00" is "1299"), or spoken as prices are."""
        written = {value for _, value in _numbers(self._text)}
        return frozenset(written.union(*(claim.numbers for claim in claims(self._text))))

    @cached_property
    def kinds(self) -> frozenset[ClaimKind]:
        """What they claim in any of their words: of "20% off until Friday" also the deadline."""
        text = self._text.translate(_APOSTROPHES)
        return frozenset(kind for kind, pattern in _patterns() if pattern.search(text))

    def unfounded(self, text: str, kinds: Collection[ClaimKind] = ALL_KINDS) -> tuple[Claim, ...]:
        """The claims of ``kinds`` in ``text`` that these facts do not bear out.

        A figure has to stand there. Where a claim is made in words, one of that kind has to stand
        there, in whatever language.
        """
        return tuple(
            claim
            for claim in claims(text)
            if claim.kind in kinds
            and not (
                claim.numbers <= self.numbers
                and (claim.kind not in WORDED or claim.kind in self.kinds)
            )
        )


def without_claims(text: str, found: Collection[Claim]) -> str:
    """``text`` without the sentences that make these claims; they are of ``text``."""
    return without(text, [claim.at for claim in found])


@cache
def _patterns() -> tuple[tuple[ClaimKind, re.Pattern[str]], ...]:
    worded = [(kind, re.compile(_either(ways), re.IGNORECASE)) for kind, ways in WORDED.items()]
    return (*worded, (ClaimKind.PRICE, _PRICE), (ClaimKind.NUMBER, _FIGURE))


def _either(ways: tuple[str, ...]) -> str:
    return "|".join(f"(?:{way.replace('{n}', NUMBER_WORDS)})" for way in ways)


def _numbers(text: str) -> list[tuple[int, Decimal]]:
    """Where each number ends, and its value."""
    found = ((match.end() - 1, _value(match.group())) for match in _NUMBERS.finditer(text))
    return [(at, value) for at, value in found if value is not None]


def _value(said: str) -> Decimal | None:
    """Of a number as people write it: the last sign parts the cents, unless three digits follow."""
    plain = re.sub(r"['\u2019\u00a0\u202f ]", "", said)
    if _GROUPED.fullmatch(plain):
        plain = re.sub(r"[.,]", "", plain)
    whole, sign, cents = plain.replace(",", ".").rpartition(".")
    written = f"{whole.replace('.', '')}.{cents}" if sign else cents
    try:
        return Decimal(written).normalize()
    except InvalidOperation:  # digits that are none of ASCII's
        return None
