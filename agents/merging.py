"""Puts the answers of several agents together: who leads keeps its words, others add to them."""

from typing import TypeVar

from msgspec import structs

from agents.team.outputs import (
    FanReply,
    Insight,
    Offer,
    PerformanceAnalysis,
    PostCaption,
    TacticUsed,
    TeamAnswer,
    Upsell,
)

UPSELLS_MAX = 5
TACTICS_MAX = 8
INSIGHTS_MAX = 5
"""As many as the leading agent's own answer may have."""

MISSING = 0.9
"""What an answer's confidence is multiplied with for each agent that should have helped and did
not: it is still an answer, of one who saw less."""

Answer = TypeVar("Answer", bound=TeamAnswer)


def merged(answer: TeamAnswer, beside: Offer | PerformanceAnalysis | None) -> TeamAnswer:
    """``answer`` with what another agent found ``beside`` it, if that one found anything."""
    match answer, beside:
        case FanReply(), Offer():
            return _reply(answer, beside)
        case PostCaption(), PerformanceAnalysis():
            return _caption(answer, beside)
        case _:
            return answer


def trusted(answer: Answer, *, missing: int = 0, checked: float = 1.0) -> Answer:
    """``answer`` with the confidence that it deserves: no more than that of who checked it, less
    for each that is ``missing``."""
    confidence = min(answer.confidence, checked) * MISSING**missing
    return structs.replace(answer, confidence=round(confidence, 4))


def _reply(reply: FanReply, offer: Offer) -> FanReply:
    upsells: dict[str, Upsell] = {}
    # Sales first: it is about nothing else, and knows the price where both propose the same.
    for one in (*offer.offers, *reply.upsell_suggestions):
        upsells.setdefault(one.text.casefold(), one)
    # Tactics that only sold what is not offered are none of this answer's.
    tactics: dict[str, TacticUsed] = {}
    for used in (*reply.tactics, *(offer.tactics if offer.offers else ())):
        tactics.setdefault(used.name, used)
    return structs.replace(
        reply,
        upsell_suggestions=tuple(upsells.values())[:UPSELLS_MAX],
        tactics=tuple(tactics.values())[:TACTICS_MAX],
        confidence=min(reply.confidence, offer.confidence) if offer.offers else reply.confidence,
    )


def _caption(caption: PostCaption, analysis: PerformanceAnalysis) -> PostCaption:
    found = dict.fromkeys((*caption.performance_insights, *map(_text, _weighty(analysis))))
    return structs.replace(caption, performance_insights=tuple(found)[:INSIGHTS_MAX])


def _weighty(analysis: PerformanceAnalysis) -> list[Insight]:
    return [insight for insight in analysis.insights if insight.impact == "high"]


def _text(insight: Insight) -> str:
    return insight.text
