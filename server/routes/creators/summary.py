"""The last analysis of a creator's figures, as it was answered: nothing is asked anew."""

from datetime import datetime
from typing import Any

from msgspec import Struct, UnsetType, convert

from server.accounts.access import Scope
from server.domain.texts import HostName
from server.persistence import generations
from server.persistence.generations import Generation
from server.protocol.events import TurnCompleted
from server.protocol.figures import Receipt
from server.routes.answers import AnswerUsage
from server.routes.calls import Call
from server.routes.creators.analyses import AnalysisAnswer
from server.routes.creators.answering import TAG
from server.routes.creators.asked import Word
from server.routes.operations import Operation
from server.turns.generation import AgentReport, reports
from server.turns.settlement import outcome_of


class SummaryQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``period`` is the ``timeframe`` that was asked for, ``accountId`` the account."""

    account_id: HostName | None = None
    period: Word | None = None


class SummaryView(AnalysisAnswer, frozen=True, kw_only=True, rename="camel"):
    """``usage`` is what it took then."""

    created_at: datetime
    period: str
    account_id: str | None
    platforms: list[str]


async def read_summary(call: Call) -> SummaryView | None:
    """None: nothing of that was analysed yet."""
    query = call.query(SummaryQuery)
    holding: dict[str, Any] = {}
    if query.account_id is not None:
        holding["accountId"] = query.account_id
    if query.period is not None:
        holding["metrics"] = {"timeframe": query.period}
    async with call.services.database.snapshot() as tx:
        found = await generations.newest(tx, call.caller.user_id, "analysis", holding)
    if found is None or found.outcome is None:
        return None
    outcome = outcome_of(found.outcome)
    if not isinstance(outcome, TurnCompleted) or isinstance(outcome.result, UnsetType):
        return None
    return _view(found, outcome.result, outcome.receipt)


def _view(found: Generation, result: dict[str, Any], receipt: Receipt) -> SummaryView:
    metrics = found.input["metrics"]
    beside = {
        "generationId": found.id,
        "usage": _usage(receipt),
        "agents": list(reports(receipt, AgentReport(agent=found.agent, status="ok"))),
        "createdAt": found.created_at,
        "period": metrics["timeframe"],
        "accountId": found.input.get("accountId"),
        "platforms": metrics["platforms"],
    }
    return convert({**result, **beside}, SummaryView)


def _usage(receipt: Receipt) -> AnswerUsage:
    return AnswerUsage(
        input_tokens=sum(call.input_tokens for call in receipt.calls),
        output_tokens=sum(call.output_tokens for call in receipt.calls),
        cost_usd=receipt.cost_usd,
        charged_usd=receipt.charged_usd,
        charged=receipt.charged,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/analytics/ai/summary",
        handler=read_summary,
        scope=Scope.READ,
        summary="The last analysis, as it was answered; null: there is none.",
        tag=TAG,
        query=SummaryQuery,
        response=SummaryView | None,
    ),
)
