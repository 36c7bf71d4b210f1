"""What a good answer teaches: few insights, short, in words that stand in it or in the request.

Nothing is concluded here. What an analysis found is as sure as the analysis; a tactic that was used
is only a beginning, whose confidence comes with what creators report of it.
"""

import re

from agents.checks.compliance import screen
from agents.team.contexts import Fan, FanMessage, Known, Performance, SalesWish, TeamRequest
from agents.team.outputs import PerformanceAnalysis, SalesAdvice, TeamAnswer
from server.domain.insights import InsightKind, NewInsight

TEXT_CHARACTERS = 300
"""Of an insight: a sentence or two. Longer ones are no lessons, and are not kept."""

NAME_CHARACTERS = 200
"""Of a fan's name, as ``PersonName`` takes it."""

LESSONS_MAX = 4
"""Of one answer: what it says first matters most."""

WEIGHTS = {"high": 1.0, "medium": 0.8}
"""By its impact, how much of the analysis's confidence an insight has; a low one is not kept."""

PATTERN_WEIGHT = 0.8
TRIED = 0.5
"""Of the confidence of an answer that a tactic has which was used, and not yet seen to work."""

SAID = 0.6
"""That what a fan says they like is what they like."""

_KINDS = {
    "revenue": InsightKind.REVENUE_TREND,
    "engagement": InsightKind.ENGAGEMENT_PATTERN,
    "audience": InsightKind.ENGAGEMENT_PATTERN,
    "growth": InsightKind.ENGAGEMENT_PATTERN,
}

_LIKING = re.compile(
    r"\b(?<!if )(?:i (?:really |just )?(?:love|loved|like|liked|adore)|my favou?rite"
    r"|j['\u2019](?:adore|aime)|(?<!no )me (?:encanta|encantan|gusta|gustan)"
    r"|ich (?:liebe|mag)|mein(?:e)? lieblings\w*)\b[^.!?\n]{4,120}",
    re.IGNORECASE,
)

_REFUSED = re.compile(
    r"^(?:\w+['\u2019 ]){1,4}(?:not|nicht|pas|plus|jamais|nie|gar|keine?[nrsm]?|menos)\b",
    re.IGNORECASE,
)
"""That it is not liked, as French and German say it behind the verb."""

_PRIVATE = re.compile(
    r"\b(?:wife|husband|girlfriend|boyfriend|fiancée?|daughter|son|kids?|mother|mom|dad|sister|brother"
    r"|femme|mari|copine|copain|fille|fils|mère|père|mujer|esposa|marido|novi[oa]|hij[oa]s?|madre"
    r"|frau|ehemann|freundin|tochter|sohn|kinder|mutter|vater)\b",
    re.IGNORECASE,
)
"""Of somebody who writes to nobody here."""

_NOTHING = re.compile(
    r"(?:love|loved|like|liked|adore|aime|encantan?|gustan?|liebe|mag) "
    r"(?:you|u|ya|it|this|that|them|ça|toi|ti|tú|dich|es|das)(?:\W+(?:so|too|very|really|much|a|lot|babe?|baby|all|guys|sehr"
    r"|auch|mucho|tanto|beaucoup|trop|bien|already|but|and|or))*\W*$",
    re.IGNORECASE,
)
"""That somebody or something is liked, and nobody will know what."""


def lessons(request: TeamRequest, answer: TeamAnswer) -> tuple[NewInsight, ...]:
    """At most ``LESSONS_MAX``, the most important first."""
    match request, answer:
        case FanMessage(), _:
            found = _interest(request)
        case Performance(), PerformanceAnalysis():
            found = _findings(request, answer)
        case SalesWish(), SalesAdvice():
            found = _tactics(request, answer)
        case _:
            found = []
    return tuple(
        one
        for one in found
        if 0 < len(one.text) <= TEXT_CHARACTERS and not screen(one.text).grounds
    )[:LESSONS_MAX]


def _interest(request: FanMessage) -> list[NewInsight]:
    """What the fan says they like, in their words."""
    # All of the message: what makes a contact of half a sentence may stand in the other half.
    if screen(request.message).grounds:
        return []
    found = (said.group() for said in _LIKING.finditer(request.message))
    liked = next((said for said in found if not _is_no_lesson(said)), "")
    if not liked:
        return []
    text = f"{_called(request.fan)} wrote: “{_plain(liked)}”"
    return [
        _insight(
            InsightKind.FAN_PREFERENCE,
            "messaging",
            text,
            SAID,
            request.known,
            people=_people(request.fan),
        )
    ]


def _is_no_lesson(said: str) -> bool:
    return any(way.search(said) for way in (_REFUSED, _NOTHING, _PRIVATE))


def _findings(request: Performance, answer: PerformanceAnalysis) -> list[NewInsight]:
    if not (request.metrics or request.known.figures):
        return []  # nothing that it could have been found in
    kind = _KINDS.get(request.analysis or "", InsightKind.CONTENT_PERFORMANCE)
    ranked = sorted(
        (one for one in answer.insights if one.impact in WEIGHTS),
        key=lambda one: -WEIGHTS[one.impact],
    )
    found = [
        _insight(
            kind, "analytics", one.text, answer.confidence * WEIGHTS[one.impact], request.known
        )
        for one in ranked
    ]
    return found + [
        _insight(
            InsightKind.ENGAGEMENT_PATTERN,
            "analytics",
            f"{one.text} ({one.frequency})",
            answer.confidence * PATTERN_WEIGHT,
            request.known,
        )
        for one in answer.patterns
    ]


def _tactics(request: SalesWish, answer: SalesAdvice) -> list[NewInsight]:
    return [
        _insight(
            InsightKind.SALES_TACTIC,
            "sales",
            f"{used.name}: {used.rationale}",
            answer.confidence * TRIED,
            request.known,
            people=_people(request.fan),
            tags=(used.name,),
        )
        for used in answer.tactics
    ]


def _insight(
    kind: InsightKind,
    source: str,
    text: str,
    confidence: float,
    known: Known,
    *,
    people: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
) -> NewInsight:
    # The fan's words are in the fan's language, an agent's in that which it was told to write in.
    language = known.reader_language or known.creator.language or ""
    return NewInsight(
        kind=kind,
        source=source,
        text=_plain(text),
        confidence=round(confidence, 4),
        language=language,
        people=people,
        tags=tags,
    )


def _called(fan: Fan) -> str:
    return "".join(_people(fan)) or "A fan"


def _people(fan: Fan) -> tuple[str, ...]:
    name = _plain(fan.name or "")[:NAME_CHARACTERS]
    return (name,) if name else ()


def _plain(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())
