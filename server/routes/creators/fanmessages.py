"""What to answer a fan."""

from msgspec import Struct
from starlette.responses import Response

from agents.team.contexts import Engagement, FanMessage, Known
from server.accounts.access import Scope
from server.routes.answers import Answer
from server.routes.calls import Call
from server.routes.creators.answering import ERRORS, TAG, work
from server.routes.creators.asked import (
    FanId,
    History,
    PurchaseHistory,
    Request,
    Text,
    by_fan,
    kept,
    purchases,
    said,
)
from server.routes.operations import Operation
from server.turns.jobs import Job


class FanContext(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
):
    engagement_level: Engagement | None = None
    purchase_history: PurchaseHistory = PurchaseHistory()
    history: History = ()


class FanMessageRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``history``: what was said before, the newest last. Amounts are dollars."""

    fan_id: FanId
    message: Text
    context: FanContext = FanContext()


class UpsellView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``price``: dollars, as a decimal string; only one that the creator has named."""

    text: str
    price: str | None = None


class TacticView(Struct, frozen=True, kw_only=True):
    name: str
    rationale: str


class FanMessageAnswer(Answer, frozen=True, kw_only=True, rename="camel"):
    """Nothing was sent: ``response`` is for the creator to send."""

    response: str
    upsell_suggestions: list[UpsellView]
    tactics: list[TacticView]


async def answer_fan(call: Call) -> FanMessageAnswer | Response:
    body = call.body(FanMessageRequest)
    return await work(call, body, job_of(body), FanMessageAnswer)


def job_of(body: FanMessageRequest) -> Job:
    asked = body.context

    def context(known: Known) -> FanMessage:
        return FanMessage(
            message=body.message,
            known=known,
            history=said(asked.history),
            engagement=asked.engagement_level,
            purchases=purchases(asked.purchase_history),
        )

    return Job(
        kind="fan_message",
        feature="fan_message",
        input=kept(body),
        about=body.message,
        fan_texts=(*by_fan(asked.history), body.message),
        context=context,
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/ai/chat",
        handler=answer_fan,
        scope=Scope.TURNS,
        summary="What to answer a fan, with what may be offered; nothing is sent.",
        tag=TAG,
        request=FanMessageRequest,
        response=FanMessageAnswer,
        errors=ERRORS,
        streams=True,
    ),
)
