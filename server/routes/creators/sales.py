"""Sales messages, made better."""

from msgspec import Struct
from starlette.responses import Response

from agents.team.contexts import Engagement, Known, SalesWish
from server.accounts.access import Scope
from server.routes.answers import Answer
from server.routes.calls import Call
from server.routes.creators.answering import ERRORS, TAG, work
from server.routes.creators.asked import (
    Amount,
    FanId,
    FanProfile,
    PurchaseHistory,
    Request,
    Text,
    Word,
    dollars_if_known,
    fan,
    kept,
    purchases,
)
from server.routes.creators.fanmessages import TacticView
from server.routes.operations import Operation
from server.turns.jobs import Job


class SalesContext(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
):
    current_message: Text
    fan_profile: FanProfile = FanProfile()
    purchase_history: PurchaseHistory = PurchaseHistory()
    engagement_level: Engagement | None = None
    content_type: Word | None = None
    price_point: Amount | None = None


class SalesRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Amounts are dollars. ``pricePoint``: what the offer costs."""

    fan_id: FanId
    context: SalesContext


class SalesAnswer(Answer, frozen=True, kw_only=True, rename="camel"):
    """``message`` claims nothing that the request does not. ``suggestedPrice``: dollars, as a
    decimal string, for the creator to consider. ``expectedConversionRate``: a share of 0-1."""

    message: str
    tactics: list[TacticView]
    suggested_price: str | None
    expected_conversion_rate: float
    alternative_messages: list[str]


async def optimize_sales(call: Call) -> SalesAnswer | Response:
    body = call.body(SalesRequest)
    return await work(call, body, job_of(body), SalesAnswer)


def job_of(body: SalesRequest) -> Job:
    asked = body.context

    def context(known: Known) -> SalesWish:
        return SalesWish(
            message=asked.current_message,
            known=known,
            fan=fan(asked.fan_profile),
            purchases=purchases(asked.purchase_history),
            engagement=asked.engagement_level,
            content_type=asked.content_type,
            price_point=dollars_if_known(asked.price_point),
        )

    return Job(
        kind="sales",
        feature="sales",
        input=kept(body),
        about=asked.current_message,
        fan_texts=(asked.current_message,),  # it is written to the fan, in the fan's language
        context=context,
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/ai/optimize-sales",
        handler=optimize_sales,
        scope=Scope.TURNS,
        summary="A sales message made better, with nothing in it that is not so.",
        tag=TAG,
        request=SalesRequest,
        response=SalesAnswer,
        errors=ERRORS,
        streams=True,
    ),
)
