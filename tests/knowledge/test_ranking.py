"""What agents are told: the surest that matter, once each, within the budget."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.decay import decayed
from knowledge.ranking import (
    LINE_TOKENS,
    RELEVANCE_MIN,
    SCORE_MIN,
    Candidate,
    Ranked,
    rank,
    relevance,
    select,
)
from server.domain.insights import Audience
from tests.knowledge.scene import insight, words
from tests.server.accounts.people import START

NOW = START + timedelta(days=60)
AGES = st.integers(0, 1_000)


def candidate(text: str, confidence: float, match: float, days: int = 0) -> Candidate:
    kept = insight(text, confidence, confidence_at=NOW - timedelta(days=days))
    return Candidate(insight=kept, match=match)


CANDIDATES = st.lists(
    st.builds(candidate, st.text("ab 1", min_size=1), st.floats(0, 1), st.floats(0, 1), AGES),
    max_size=12,
)


@given(CANDIDATES)
def test_the_order_is_by_decayed_confidence_times_relevance(found: list[Candidate]) -> None:
    best = max((one.match for one in found), default=0)
    scores = {
        one.insight.id: decayed(one.insight.confidence, one.insight.confidence_at, NOW)
        * relevance(one.match, best)
        for one in found
    }
    ranked = rank(found, NOW)
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    assert {one.insight.id: one.score for one in ranked} == {
        id: score for id, score in scores.items() if score >= SCORE_MIN
    }


def test_an_old_certainty_gives_way_to_a_fresh_guess_and_both_to_what_was_asked_for() -> None:
    found = [
        candidate("old", 0.9, 0, days=120),
        candidate("fresh", 0.5, 0),
        candidate("asked for", 0.1, 0.3),
    ]
    assert [one.insight.text for one in rank(found, NOW)] == ["asked for", "fresh", "old"]


def test_of_equals_ones_own_comes_first() -> None:
    own = insight("mine", confidence_at=NOW)
    shared = insight("ours", confidence_at=NOW, audience=Audience.SHARED)
    ranked = rank([Candidate(insight=each, match=0) for each in (shared, own)], NOW)
    assert [one.insight.text for one in ranked] == ["mine", "ours"]


@given(st.floats(0, 1), st.floats(0, 1))
def test_relevance_lies_between_its_least_and_one(match: float, best: float) -> None:
    assert RELEVANCE_MIN <= relevance(min(match, best), best) <= 1
    assert relevance(best, best) == pytest.approx(1)


def told(*texts: str) -> list[Ranked]:
    return [
        Ranked(insight=insight(text), confidence=0.5, score=1 - place / 100)
        for place, text in enumerate(texts)
    ]


@given(st.lists(st.text("abcdef ", min_size=1), max_size=12), st.integers(0, 200))
def test_what_is_told_fits_and_keeps_its_order(texts: list[str], budget: int) -> None:
    ranked = told(*texts)
    chosen = select(ranked, budget, words)
    assert sum(words(one.insight.text) + LINE_TOKENS for one in chosen) <= budget
    assert [one for one in ranked if one in chosen] == chosen


def test_one_that_is_too_long_leaves_room_to_the_next() -> None:
    ranked = told("a " * 50, "short", "also short")
    assert select(ranked, 2 * LINE_TOKENS + 3, words) == ranked[1:]


def test_of_what_is_alike_the_best_is_told_and_numbers_make_a_difference() -> None:
    ranked = told(
        "Evening posts with short captions and one question bring most answers",
        "Evening posts with short captions and one question bring more answers",
        "Post at 18:00 on weekdays and never on a holiday",
        "Post at 19:00 on weekdays and never on a holiday",
    )
    assert select(ranked, 1_000, words) == [ranked[0], *ranked[2:]]
