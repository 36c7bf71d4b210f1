"""Answers put together: who leads keeps its words, others add to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.merging import INSIGHTS_MAX, MISSING, TACTICS_MAX, UPSELLS_MAX, merged, trusted
from agents.team.outputs import (
    FanReply,
    Insight,
    Offer,
    PerformanceAnalysis,
    PostCaption,
    TacticUsed,
    Upsell,
)

CAPTION = PostCaption(caption="Sea", hashtags=(), performance_insights=("Short.",), confidence=0.8)
THANKS = TacticUsed(name="reciprocity", rationale="They gave praise.")
CLOSE = TacticUsed(name="personalisation", rationale="They said their name.")


def reply(*upsells: Upsell, tactics: tuple[TacticUsed, ...] = ()) -> FanReply:
    return FanReply(
        response="Thank you!", upsell_suggestions=upsells, tactics=tactics, confidence=0.9
    )


def offer(*upsells: Upsell, tactics: tuple[TacticUsed, ...] = ()) -> Offer:
    return Offer(offers=upsells, tactics=tactics, confidence=0.6)


def upsell(text: str, price: str | None = None) -> Upsell:
    return Upsell(text=text, price=price)


def test_offers_of_sales_come_first_and_each_once() -> None:
    made = merged(
        reply(upsell("the SET"), upsell("A video")), offer(upsell("The set", "25"), upsell("New"))
    )
    assert isinstance(made, FanReply)
    assert made.upsell_suggestions == (upsell("The set", "25"), upsell("New"), upsell("A video"))
    assert (made.response, made.confidence) == ("Thank you!", 0.6)


def test_tactics_are_told_once_in_the_words_of_who_leads() -> None:
    other = TacticUsed(name="personalisation", rationale="something else")
    made = merged(reply(tactics=(CLOSE,)), offer(upsell("New"), tactics=(other, THANKS)))
    assert isinstance(made, FanReply)
    assert made.tactics == (CLOSE, THANKS)


def test_where_nothing_is_offered_nothing_changes() -> None:
    assert merged(reply(tactics=(CLOSE,)), offer(tactics=(THANKS,))) == reply(tactics=(CLOSE,))
    assert merged(reply(), None) == reply()


def test_a_caption_gains_what_weighs() -> None:
    analysis = PerformanceAnalysis(
        insights=(
            Insight(text="Evenings win.", impact="high"),
            Insight(text="Mondays are so-so.", impact="medium"),
            Insight(text="Short.", impact="high"),
        ),
        recommendations=(),
        patterns=(),
        predictions=(),
        confidence=0.1,
    )
    made = merged(CAPTION, analysis)
    assert isinstance(made, PostCaption)
    assert made.performance_insights == ("Short.", "Evenings win.")
    assert made.confidence == 0.8


@pytest.mark.parametrize(
    ("missing", "checked", "confidence"),
    [(0, 1.0, 0.9), (0, 0.5, 0.5), (1, 1.0, 0.9 * MISSING), (2, 0.5, 0.5 * MISSING**2)],
)
def test_an_answer_is_trusted_less_where_somebody_is_missing_or_in_doubt(
    missing: int, checked: float, confidence: float
) -> None:
    made = trusted(reply(), missing=missing, checked=checked)
    assert made.confidence == pytest.approx(confidence)


texts = st.lists(st.text(max_size=3), max_size=8)
names = st.lists(st.sampled_from(["scarcity", "urgency", "authority", "reciprocity"]), max_size=8)


@given(texts, texts, names, names)
def test_what_is_made_keeps_to_the_bounds_of_its_type(
    one: list[str], two: list[str], mine: list[str], theirs: list[str]
) -> None:
    def used(of: list[str]) -> tuple[TacticUsed, ...]:
        return tuple(TacticUsed(name=name, rationale="x") for name in of)  # type: ignore[arg-type]

    made = merged(
        reply(*map(upsell, one), tactics=used(mine)), offer(*map(upsell, two), tactics=used(theirs))
    )
    assert isinstance(made, FanReply)
    assert len(made.upsell_suggestions) <= UPSELLS_MAX
    assert len(made.tactics) <= TACTICS_MAX
    said = [text.text.casefold() for text in made.upsell_suggestions]
    if two:
        assert len(set(said)) == len(said)
        assert set(said) <= {text.casefold() for text in (*one, *two)}
    found = merged(
        CAPTION,
        PerformanceAnalysis(
            insights=tuple(Insight(text=text, impact="high") for text in one),
            recommendations=(),
            patterns=(),
            predictions=(),
            confidence=1,
        ),
    )
    assert isinstance(found, PostCaption)
    assert len(found.performance_insights) <= INSIGHTS_MAX
