"""What the creator's agents answer: each a schema for the model and a type for whoever asked.

Prices are decimal strings. Only bounds that vendors can promise to keep stand here, so that all of
them take the schemas in their strict form: lengths of texts are none of them.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from agents.checks.compliance import Outcome

Tactic: TypeAlias = Literal[
    "personalisation",
    "scarcity",
    "social proof",
    "reciprocity",
    "authority",
    "urgency",
    "exclusivity",
    "emotional appeal",
]

Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Price: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{1,2})?$")]


class TacticUsed(Struct, frozen=True, kw_only=True):
    name: Tactic
    rationale: str


class Upsell(Struct, frozen=True, kw_only=True):
    text: str
    price: Price | None


class FanReply(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to answer a fan."""

    response: str
    upsell_suggestions: Annotated[tuple[Upsell, ...], Meta(max_length=5)]
    tactics: Annotated[tuple[TacticUsed, ...], Meta(max_length=8)]
    confidence: Share


class Offer(Struct, frozen=True, kw_only=True):
    """What a fan may be offered now; nothing, where the moment is not right."""

    offers: Annotated[tuple[Upsell, ...], Meta(max_length=3)]
    tactics: Annotated[tuple[TacticUsed, ...], Meta(max_length=8)]
    confidence: Share


class PostCaption(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to write under a post, and why it should work."""

    caption: str
    hashtags: Annotated[tuple[str, ...], Meta(max_length=30)]
    performance_insights: Annotated[tuple[str, ...], Meta(max_length=5)]
    confidence: Share


class Insight(Struct, frozen=True, kw_only=True):
    text: str
    impact: Literal["high", "medium", "low"]


class Recommendation(Struct, frozen=True, kw_only=True):
    action: str
    priority: Literal["high", "medium", "low"]


class Pattern(Struct, frozen=True, kw_only=True):
    text: str
    frequency: str


class Prediction(Struct, frozen=True, kw_only=True):
    text: str
    confidence: Share


class PerformanceAnalysis(Struct, frozen=True, kw_only=True):
    """What figures mean, and what to do."""

    insights: Annotated[tuple[Insight, ...], Meta(max_length=10)]
    recommendations: Annotated[tuple[Recommendation, ...], Meta(max_length=10)]
    patterns: Annotated[tuple[Pattern, ...], Meta(max_length=10)]
    predictions: Annotated[tuple[Prediction, ...], Meta(max_length=10)]
    confidence: Share


class SalesAdvice(Struct, frozen=True, kw_only=True, rename="camel"):
    """A sales message, better. ``expected_conversion_rate`` is a share of those who read it."""

    message: str
    tactics: Annotated[tuple[TacticUsed, ...], Meta(max_length=8)]
    suggested_price: Price | None
    expected_conversion_rate: Share
    alternative_messages: Annotated[tuple[str, ...], Meta(max_length=3)]
    confidence: Share


class ReplyIdea(Struct, frozen=True, kw_only=True):
    text: str
    tone: str
    why: str


class ReplySuggestions(Struct, frozen=True, kw_only=True):
    """Ways to answer a fan, of which the creator takes one."""

    suggestions: Annotated[tuple[ReplyIdea, ...], Meta(max_length=5)]
    confidence: Share


class PostIdea(Struct, frozen=True, kw_only=True):
    title: str
    why: str


class ContentSuggestions(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to post next. ``top_performing``: what did best so far, by what is known."""

    suggestions: Annotated[tuple[PostIdea, ...], Meta(max_length=10)]
    top_performing: Annotated[tuple[str, ...], Meta(max_length=10)]
    recommended_topics: Annotated[tuple[str, ...], Meta(max_length=10)]
    confidence: Share


class Moderation(Struct, frozen=True, kw_only=True):
    """Whether a text may go out. ``text``: what may, empty where nothing does; ``reasons`` are for
    the creator, empty where it is allowed as it is."""

    verdict: Outcome
    reasons: Annotated[tuple[str, ...], Meta(max_length=10)]
    text: str
    confidence: Share


TeamAnswer: TypeAlias = (
    FanReply
    | PostCaption
    | PerformanceAnalysis
    | SalesAdvice
    | ReplySuggestions
    | ContentSuggestions
)
"""What the team answers: one type for each kind of ``TeamRequest``, in the same order."""
