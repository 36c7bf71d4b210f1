"""Captions and hashtags for posts, as each platform wants them."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response

from agents.rules.platforms import Platform
from agents.team.contexts import CaptionWish, Content, Known, Mood
from server.accounts.access import Scope
from server.routes.answers import Answer
from server.routes.calls import Call
from server.routes.creators.answering import ERRORS, TAG, work
from server.routes.creators.asked import Request, Text, Word, kept
from server.routes.operations import Operation
from server.turns.jobs import Job

Observations = Annotated[tuple[Text, ...], Meta(max_length=20)]


class ContentInfo(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
):
    """``description``: what is seen. ``analyticsInsights``: what is known of how posts do, such as
    the texts of an analysis."""

    type: Content
    description: Text
    mood: Mood | None = None
    target_audience: Word | None = None
    analytics_insights: Observations = ()


class CaptionRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    platform: Platform
    content_info: ContentInfo


class CaptionAnswer(Answer, frozen=True, kw_only=True, rename="camel"):
    caption: str
    hashtags: list[str]
    performance_insights: list[str]


async def write_caption(call: Call) -> CaptionAnswer | Response:
    body = call.body(CaptionRequest)
    return await work(call, body, job_of(body), CaptionAnswer)


def job_of(body: CaptionRequest) -> Job:
    info = body.content_info

    def context(known: Known) -> CaptionWish:
        return CaptionWish(
            platform=body.platform,
            content=info.type,
            description=info.description,
            known=known,
            mood=info.mood,
            audience=info.target_audience,
            performance=info.analytics_insights,
        )

    return Job(
        kind="caption",
        feature="caption",
        input=kept(body),
        about=f"{body.platform} {info.type}: {info.description}",
        context=context,
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/ai/generate-caption",
        handler=write_caption,
        scope=Scope.TURNS,
        summary="A caption and hashtags, as the platform wants them.",
        tag=TAG,
        request=CaptionRequest,
        response=CaptionAnswer,
        errors=ERRORS,
        streams=True,
    ),
)
