"""What to post next."""

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct, field
from starlette.responses import Response

from agents.team.contexts import ContentIdeas, Figure, Known
from server.accounts.access import Scope
from server.routes.answers import Answer
from server.routes.calls import Call
from server.routes.creators.answering import ERRORS, TAG, work
from server.routes.creators.asked import Phrase, Request, Text, Whole, Word, kept
from server.routes.operations import Operation
from server.turns.hostfigures import one_line
from server.turns.jobs import Job

Value: TypeAlias = Phrase | Whole | float | bool | Annotated[tuple[Text, ...], Meta(max_length=20)]

CIRCUMSTANCES = 50
"""Fields of ``context``."""


class ContentIdeasRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``type``: the kind of content, in words. ``context``: what else is to be known, by names of
    your own."""

    type: Word
    context: Annotated[dict[Word, Value], Meta(max_length=CIRCUMSTANCES)] = field(
        default_factory=dict
    )


class PostIdeaView(Struct, frozen=True, kw_only=True):
    title: str
    why: str


class ContentIdeasAnswer(Answer, frozen=True, kw_only=True, rename="camel"):
    """``topPerforming``: what did best so far, by what is known."""

    suggestions: list[PostIdeaView]
    top_performing: list[str]
    recommended_topics: list[str]


async def suggest_content(call: Call) -> ContentIdeasAnswer | Response:
    body = call.body(ContentIdeasRequest)
    return await work(call, body, job_of(body), ContentIdeasAnswer)


def job_of(body: ContentIdeasRequest) -> Job:
    told = tuple(
        Figure(name=name, value=said)
        for name, value in body.context.items()
        if (said := _said(value))
    )

    def context(known: Known) -> ContentIdeas:
        return ContentIdeas(type=body.type, known=known, context=told)

    return Job(
        kind="content_ideas",
        feature="suggestion",
        input=kept(body),
        about=" ".join((body.type, *(figure.value for figure in told))),
        context=context,
    )


def _said(value: Value) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return one_line(", ".join(value))
        case _:
            return one_line(str(value))


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/content/ai/suggestions",
        handler=suggest_content,
        scope=Scope.TURNS,
        summary="What to post next.",
        tag=TAG,
        request=ContentIdeasRequest,
        response=ContentIdeasAnswer,
        errors=ERRORS,
        streams=True,
    ),
)
