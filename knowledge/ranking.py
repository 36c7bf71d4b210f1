"""Which insights an agent is told: by decayed confidence times relevance, within a budget."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from knowledge.decay import decayed
from knowledge.duplicates import words_of
from server.domain.insights import Audience, Insight

RELEVANCE_MIN = 0.1
"""Of one that shares no word with the request: it may matter in other words, or always."""

SCORE_MIN = 0.01
"""Below, an insight is not worth its tokens: a certain one that nothing asks for is so after ten
periods, most of a year."""

ALIKE = 0.8
"""Shared words of two insights, of all their words, from which only the better one is told. Two
that differ in one word of ten are alike; two that differ in a number or a symbol never are."""

LINE_TOKENS = 16
"""What frames one insight in a prompt: its place, kind and confidence."""


class Candidate(Struct, frozen=True, kw_only=True):
    """``match``: how well the words of the request are found in it, from 0; what PostgreSQL's
    ``ts_rank`` says."""

    insight: Insight
    match: float


class Ranked(Struct, frozen=True, kw_only=True):
    """``confidence`` as of now."""

    insight: Insight
    confidence: float
    score: float


def relevance(match: float, best: float) -> float:
    """From ``RELEVANCE_MIN`` to 1, the best match having 1: a long request is found in part only,
    whatever is looked at. Without any match all are as relevant."""
    return 1.0 if best <= 0 else RELEVANCE_MIN + (1 - RELEVANCE_MIN) * (max(match, 0) / best)


def rank(candidates: Sequence[Candidate], now: datetime) -> list[Ranked]:
    """The best first; of equals, one's own, then the newest."""
    best = max((candidate.match for candidate in candidates), default=0.0)
    ranked = []
    for candidate in candidates:
        insight = candidate.insight
        confidence = decayed(insight.confidence, insight.confidence_at, now)
        score = confidence * relevance(candidate.match, best)
        if score >= SCORE_MIN:
            ranked.append(Ranked(insight=insight, confidence=confidence, score=score))
    return sorted(
        ranked,
        key=lambda one: (one.score, one.insight.audience is Audience.OWN, one.insight.id),
        reverse=True,
    )


def select(
    ranked: Sequence[Ranked], budget_tokens: int, count: Callable[[str], int]
) -> list[Ranked]:
    """The best that fit together, in their order. One that is too long leaves room to the next; one
    that is like a better one is left out."""
    chosen, seen, room = list[Ranked](), list[_Words](), budget_tokens
    for one in ranked:
        if room <= LINE_TOKENS:
            break
        cost = count(one.insight.text) + LINE_TOKENS
        if cost > room:
            continue
        words = _Words(one.insight.text)
        if not any(words.is_like(other) for other in seen):
            chosen.append(one)
            seen.append(words)
            room -= cost
    return chosen


class _Words:
    def __init__(self, text: str) -> None:
        words = words_of(text)
        self.all = frozenset(words)
        self.exact = [word for word in words if not word.isalpha()]

    def is_like(self, other: "_Words") -> bool:
        if self.exact != other.exact:
            return False
        return len(self.all & other.all) >= ALIKE * len(self.all | other.all)
