"""Passwords that nobody may have, since they are tried first: found by rule, not by a long list."""

import re
import unicodedata

from server.domain.errors import Invalid

ROWS = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)
"""Sequences of the alphabet and of keyboards."""

_WORDS = """
abc admin administrator baseball causerie changeme charlie computer dragon football hello iloveyou
internet killer letmein login lovely master michael monkey ninja pass passw password passwort
princess secret shadow soccer starwars sunshine superman test trustno user welcome whatever
"""
WORDS = frozenset(_WORDS.split())
"""What is at the head of every published list, before digits and signs are added to it."""

DISTINCT_MIN = 4
"""Different characters."""

_REPEATED = re.compile(r"(.{1,4}?)\1+", re.DOTALL)
_DOUBLED = re.compile(r"(.)\1+", re.DOTALL)
_READ_AS = str.maketrans("@4031$5!7", "aaoelssit")
_EITHER_END = "0123456789!?.,-_#$%&*+@ "


def check_strength(password: str, email: str) -> None:
    """Whether ``password`` may be that of the user with ``email``. Its length is checked with its
    type.

    Raises:
        Invalid: it is one of those that are tried first.
    """
    plain = unicodedata.normalize("NFKC", password).casefold()
    if {plain, plain.strip(_EITHER_END)} & {email, email.partition("@")[0]}:
        raise Invalid("A password must not be the e-mail address.", path="$.password")
    is_monotonous = len(set(plain)) < DISTINCT_MIN or _REPEATED.fullmatch(plain)
    if is_monotonous or _is_common(plain):
        raise Invalid("This password is one of the first that are tried.", path="$.password")


def _is_common(plain: str) -> bool:
    """A word or a row, as it is or with digits and signs before or after it, or in their place, or
    with each of its characters doubled."""
    readings = {plain, plain.strip(_EITHER_END), _DOUBLED.sub(r"\1", plain)}
    readings |= {reading.translate(_READ_AS) for reading in readings}
    return any(reading in WORDS or _is_row(reading) for reading in readings if reading)


def _is_row(text: str) -> bool:
    if len(text) < 3:
        return False
    return any(text in row or text in row[::-1] for row in ROWS)
