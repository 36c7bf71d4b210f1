"""Ways to answer a fan, of which the creator takes one."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response

from agents.team.contexts import Fan, Known, ReplyIdeas
from server.accounts.access import Scope
from server.routes.answers import Answer
from server.routes.calls import Call
from server.routes.creators.answering import ERRORS, TAG, work
from server.routes.creators.asked import FanId, Request, Text, dollars, kept
from server.routes.operations import Operation
from server.turns.jobs import Job


class ReplyIdeasRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``messageCount``: how many messages there were so far. ``fanValueCents``: what the fan has
    spent, in cents of a dollar."""

    fan_id: FanId
    last_message: Text
    message_count: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    fan_value_cents: Annotated[int, Meta(ge=0, lt=10**11)] | None = None


class ReplyIdeaView(Struct, frozen=True, kw_only=True):
    text: str
    tone: str
    why: str


class ReplyIdeasAnswer(Answer, frozen=True, kw_only=True, rename="camel"):
    suggestions: list[ReplyIdeaView]


async def suggest_replies(call: Call) -> ReplyIdeasAnswer | Response:
    body = call.body(ReplyIdeasRequest)
    return await work(call, body, job_of(body), ReplyIdeasAnswer)


async def suggest_onlyfans_replies(call: Call) -> ReplyIdeasAnswer | Response:
    body = call.body(ReplyIdeasRequest)
    return await work(call, body, job_of(body), ReplyIdeasAnswer)


def job_of(body: ReplyIdeasRequest) -> Job:
    cents = body.fan_value_cents
    spent = None if cents is None else dollars(f"{cents // 100}.{cents % 100:02}")

    def context(known: Known) -> ReplyIdeas:
        return ReplyIdeas(
            last_message=body.last_message,
            known=known,
            fan=Fan(lifetime_value=spent),
            message_count=body.message_count,
        )

    return Job(
        kind="reply_ideas",
        feature="suggestion",
        input=kept(body),
        about=body.last_message,
        fan_texts=(body.last_message,),
        context=context,
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/ai/suggestions",
        handler=suggest_replies,
        scope=Scope.TURNS,
        summary="Ways to answer a fan's last message.",
        tag=TAG,
        request=ReplyIdeasRequest,
        response=ReplyIdeasAnswer,
        errors=ERRORS,
        streams=True,
    ),
    Operation(
        method="POST",
        path="/api/onlyfans/ai/suggestions",
        handler=suggest_onlyfans_replies,
        scope=Scope.TURNS,
        summary="The same, at the address that pages of OnlyFans know.",
        tag=TAG,
        request=ReplyIdeasRequest,
        response=ReplyIdeasAnswer,
        errors=ERRORS,
        streams=True,
    ),
)
