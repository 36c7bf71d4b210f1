"""Sentences of a text, so that one can be taken out without touching the others."""

import re
from bisect import bisect_right
from collections.abc import Collection

_END = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"'»”)]))\s+|\n\s*")
"""A full stop inside a number has no space behind it."""


def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Where each of them begins and ends, what parts it from the next one included."""
    ends = [found.end() for found in _END.finditer(text)]
    starts = [0, *ends]
    spans = zip(starts, [*ends, len(text)], strict=True)
    return tuple((start, end) for start, end in spans if text[start:end].strip())


def without(text: str, places: Collection[int]) -> str:
    """``text`` without the sentences in which a character of ``places`` stands."""
    spans = sentences(text)
    ends = [end for _, end in spans]
    gone = {bisect_right(ends, place) for place in places}
    return "".join(
        text[start:end] for at, (start, end) in enumerate(spans) if at not in gone
    ).strip()
