"""Insights that say the same: told by their words, in their order, with every number.

Not by similarity: "post at 18:00" and "post at 19:00" share nearly everything and are two facts,
and so are "captions beat questions" and "questions beat captions". Of what is merely alike, all is
kept and one is told (``ranking.select``).
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from knowledge.decay import decayed
from server.domain.insights import DATA_BYTES, TAGS_MAX

_WORDS = re.compile(
    r"[-+]?\d+(?:[.,:]\d+)*"  # 1.5 is not 15, and +5 not -5
    r"|[^\W\d]+"
    r"|[^\w\s.,;:!?'\"()\[\]\-\u2010-\u201f\u2026]"  # %, currencies, emoji: each says something
)


def words_of(text: str) -> list[str]:
    """Without case, punctuation and space."""
    return _WORDS.findall(unicodedata.normalize("NFKC", text).casefold())


def fingerprint(text: str) -> bytes:
    """Equal for texts that say the same."""
    said = words_of(text) or text.split()
    return hashlib.sha256(" ".join(said).encode()).digest()


class Standing(Struct, frozen=True, kw_only=True):
    """What is believed of one that is learned again."""

    confidence: float
    confidence_at: datetime
    helped: int
    hindered: int


def merged_confidence(old: Standing, new: float, now: datetime) -> float:
    """Learned again is as sure as the surer of both, and no surer: an agent that repeats itself has
    read the same figures. Where it has hindered more than it helped, repeating changes nothing."""
    left = decayed(old.confidence, old.confidence_at, now)
    return left if old.hindered > old.helped else max(left, new)


def merged_data(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What is known of both; where that is too long, what was told last."""
    both = old | new
    return both if len(msgspec.json.encode(both)) <= DATA_BYTES else new


def merged_tags(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """Those of both, the old ones first; where they are too many, the last."""
    return tuple(dict.fromkeys([*old, *new]))[-TAGS_MAX:]
