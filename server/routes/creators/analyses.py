"""What figures of a creator's posts and sales mean, and what to do about them."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct
from starlette.responses import Response

from agents.team.contexts import Analysis, Figure, Known, Performance
from server.accounts.access import Scope
from server.domain.texts import HostId
from server.routes.answers import Answer
from server.routes.calls import Call
from server.routes.creators.answering import ERRORS, TAG, work
from server.routes.creators.asked import Amount, Phrase, Request, Whole, Word, dollars, kept
from server.routes.operations import Operation
from server.turns.hostfigures import one_line
from server.turns.jobs import Job

Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]
Words: TypeAlias = Annotated[tuple[Word, ...], Meta(max_length=20)]
Value: TypeAlias = Phrase | Whole | float
Level: TypeAlias = Literal["high", "medium", "low"]

GROUPS = 50
"""Platforms with revenue, or groups of an audience, in one request."""


class EngagementData(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    likes: Count | None = None
    comments: Count | None = None
    shares: Count | None = None
    views: Count | None = None


class AudienceData(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """``demographics``: groups, or groups of groups, with any figure or word each: ``{"age":
    {"18-24": 0.4}}``."""

    followers: Count | None = None
    demographics: Annotated[
        dict[Word, Value | Annotated[dict[Word, Value], Meta(max_length=GROUPS)]],
        Meta(max_length=GROUPS),
    ] = {}


class Metrics(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
):
    """``timeframe`` in words, such as ``last 30 days``. ``revenueData``: dollars by platform."""

    platforms: Annotated[Words, Meta(min_length=1)]
    content_types: Words
    timeframe: Word
    engagement_data: EngagementData = EngagementData()
    revenue_data: Annotated[dict[Word, Amount], Meta(max_length=GROUPS)] = {}
    audience_data: AudienceData = AudienceData()


class AnalysisRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``analysis``: what to look at above all. ``accountId``: of which account the figures are, so
    that the summary of that account finds the answer."""

    metrics: Metrics
    analysis: Analysis | None = None
    account_id: HostId | None = None


class InsightView(Struct, frozen=True, kw_only=True):
    text: str
    impact: Level


class RecommendationView(Struct, frozen=True, kw_only=True):
    action: str
    priority: Level


class PatternView(Struct, frozen=True, kw_only=True):
    text: str
    frequency: str


class PredictionView(Struct, frozen=True, kw_only=True):
    text: str
    confidence: float


class AnalysisAnswer(Answer, frozen=True, kw_only=True, rename="camel"):
    insights: list[InsightView]
    recommendations: list[RecommendationView]
    patterns: list[PatternView]
    predictions: list[PredictionView]


async def analyze_performance(call: Call) -> AnalysisAnswer | Response:
    body = call.body(AnalysisRequest)
    return await work(call, body, job_of(body), AnalysisAnswer)


def job_of(body: AnalysisRequest) -> Job:
    metrics = body.metrics

    def context(known: Known) -> Performance:
        return Performance(
            platforms=metrics.platforms,
            content_types=metrics.content_types,
            timeframe=metrics.timeframe,
            metrics=figures(metrics),
            known=known,
            analysis=body.analysis,
        )

    input = kept(body)
    if body.account_id is not None:
        input["accountId"] = str(body.account_id)  # as a query, which has no numbers, asks for it
    asked = (body.analysis or "performance", *metrics.platforms, *metrics.content_types)
    return Job(
        kind="analysis",
        feature="analysis",
        input=input,
        about=" ".join(asked),
        context=context,
    )


def figures(metrics: Metrics) -> tuple[Figure, ...]:
    """All that ``metrics`` holds, each with a name that says what it is."""
    return tuple(Figure(name=name, value=value) for name, value in _named(metrics))


def _named(metrics: Metrics) -> Iterator[tuple[str, str]]:
    engagement, audience = metrics.engagement_data, metrics.audience_data
    for name in engagement.__struct_fields__:
        count = getattr(engagement, name)
        if count is not None:
            yield name, str(count)
    for platform, amount in metrics.revenue_data.items():
        yield f"revenue on {platform}", dollars(amount)
    if audience.followers is not None:
        yield "followers", str(audience.followers)
    for group, value in audience.demographics.items():
        if isinstance(value, dict):
            for part, share in value.items():
                yield f"audience, {group} {part}", one_line(str(share))
        else:
            yield f"audience, {group}", one_line(str(value))


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/ai/analyze-performance",
        handler=analyze_performance,
        scope=Scope.TURNS,
        summary="What figures mean, and what to do about them; kept for the summary.",
        tag=TAG,
        request=AnalysisRequest,
        response=AnalysisAnswer,
        errors=ERRORS,
        streams=True,
    ),
)
