"""Regular expressions from outside, matched in time that grows with the text and no faster.

Python's own engine tries every way to match: ``(a+)+$`` and thirty letters keep it for minutes. The
engine used here knows no lookaround and no backreference, and is never slow.
"""

import re
from math import prod

from pydantic_core import SchemaError, SchemaValidator, core_schema

from server.domain.errors import Invalid

PATTERN_CHARACTERS = 256
WEIGHT_MAX = 1_000
"""Repetitions written with a count, multiplied: ``[a-z]{1,64}`` weighs 64. Each is a state of the
engine; this many are built in one to five milliseconds."""

CLASS_WEIGHT = 32
"""A class of Unicode (``\\p{L}``) is hundreds of states by itself."""

_COUNT = re.compile(r"(?<!\\[pP])\{(\d{1,6})(?:,(\d{0,6}))?\}")
_CLASS = re.compile(r"\\[pP]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ECMA = {"d": "[0-9]", "D": "[^0-9]", "w": "[0-9A-Za-z_]", "W": "[^0-9A-Za-z_]", "/": "/"}
"""What JSON Schema means by these escapes: ECMAScript's, of ASCII alone."""


class Pattern:
    """A compiled expression. As in JSON Schema it may match anywhere in a text."""

    def __init__(self, source: str) -> None:
        """Raises Invalid: it is none, or one that could take too long."""
        if len(source) > PATTERN_CHARACTERS:
            raise Invalid(f"A pattern may have {PATTERN_CHARACTERS} characters.")
        classes = len(_CLASS.findall(source))
        self.weight = max(classes * CLASS_WEIGHT, 1) * prod(
            _times(low, high) for low, high in _COUNT.findall(source)
        )
        if self.weight > WEIGHT_MAX:
            raise Invalid("The pattern repeats too much; use minLength and maxLength.")
        translated = _ESCAPE.sub(lambda found: _ECMA.get(found[1], found[0]), source)
        try:
            self._engine = SchemaValidator(
                core_schema.str_schema(pattern=translated, regex_engine="rust-regex")
            )
        except SchemaError:
            raise Invalid(
                "This is no regular expression that can be checked here:"
                " lookaround and backreferences are not."
            ) from None

    def matches(self, text: str) -> bool:
        return self._engine.isinstance_python(text, strict=True)


def _times(low: str, high: str) -> int:
    return max(int(high or low), 1)
