"""Tokens of vendors whose tokenizer cannot be had here, estimated by family.

An estimate is a regular expression: one piece is one token, and in each script a piece is as long
as the family's tokens are there. It leans upwards, so that a hold covers what will be reported.
Calibrated in November 2026; docs/decisions/0007-token-counters.md tells against what, and how far
off it was.
"""

import re
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

_ACCENTED = "\u00c0-\u024f\u1e00-\u1eff"
_BEYOND = re.compile(r"[\U00010000-\U0010ffff]")


class Lengths(Struct, frozen=True, kw_only=True):
    """Characters of one token, at most, by what they are.

    ``begin`` and ``go_on`` are the first token of a word and its others: common words are one,
    rare ones fall into crumbs, and so do hashes. ``accented``: letters with accents are like the
    rest of their word, not tokens of their own. ``other``: what no other name stands for, such as
    Thai. ``emoji``: tokens that a character beyond the basic plane takes besides its own.
    """

    begin: int
    go_on: int
    accented: bool
    capitals: int
    digits: int
    punctuation: int
    cyrillic: int
    greek: int
    indic: int
    semitic: int
    han: int = 1
    kana: int
    hangul: str
    other: int
    emoji: int


def estimator(lengths: Lengths) -> Callable[[str], int]:
    """Counts tokens as a family with such tokens does, nearly."""
    accented = _ACCENTED if lengths.accented else ""
    pieces = re.compile(
        f"(?<=[A-Za-z{accented}])[a-z{accented}]{{1,{lengths.go_on}}}"
        f"| ?[A-Z]?[a-z{accented}]{{1,{lengths.begin}}}"
        f"| ?[A-Z]{{1,{lengths.capitals}}}"
        f"|[0-9]{{1,{lengths.digits}}}"
        f"| ?[!-/:-@\\[-`{{-~]{{1,{lengths.punctuation}}}"
        f"| ?[\u0400-\u052f]{{1,{lengths.cyrillic}}}"
        f"| ?[\u0370-\u03ff]{{1,{lengths.greek}}}"
        f"| ?[\u0900-\u0dff]{{1,{lengths.indic}}}"
        f"| ?[\u0590-\u06ff]{{1,{lengths.semitic}}}"
        f"|[\u4e00-\u9fff]{{1,{lengths.han}}}"
        f"|[\u3040-\u30ff]{{1,{lengths.kana}}}"
        f"|{lengths.hangul}"
        # A line's end takes the indentation with it.
        r"|\n[\n \t]*|[ \t\r\f\v]+(?=\s|$)|\s"
        f"| ?[^\\s!-~{accented}\u0370-\u06ff\u0900-\u0dff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7ff"
        f"\U00010000-\U0010ffff]{{1,{lengths.other}}}"
        "|.",
        re.DOTALL,
    ).findall

    def count(text: str) -> int:
        found = len(pieces(text))
        return found if text.isascii() else found + lengths.emoji * len(_BEYOND.findall(text))

    return count


_CLAUDE_BEFORE = Lengths(
    begin=6,
    go_on=1,
    accented=False,
    capitals=1,
    digits=2,
    punctuation=2,
    cyrillic=2,
    greek=1,
    indic=1,
    semitic=1,
    kana=1,
    hangul="[\uac00-\ud7ff]",
    other=1,
    emoji=3,
)
count_claude_before = estimator(_CLAUDE_BEFORE)

# Claude from Opus 4.7 on has a vocabulary that takes up to half as many tokens more again.
count_claude = estimator(replace(_CLAUDE_BEFORE, begin=4, punctuation=1))

# Gemini and Mistral have a token for each digit.
count_gemini = estimator(
    Lengths(
        begin=5,
        go_on=2,
        accented=True,
        capitals=3,
        digits=1,
        punctuation=3,
        cyrillic=4,
        greek=2,
        indic=4,
        semitic=2,
        kana=3,
        hangul=" ?[\uac00-\ud7ff]",
        other=2,
        emoji=0,
    )
)

count_mistral = estimator(
    Lengths(
        begin=5,
        go_on=2,
        accented=True,
        capitals=2,
        digits=1,
        punctuation=3,
        cyrillic=3,
        greek=2,
        indic=3,
        semitic=2,
        kana=2,
        hangul=" ?[\uac00-\ud7ff]",
        other=2,
        emoji=3,
    )
)
