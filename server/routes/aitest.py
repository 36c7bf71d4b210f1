"""Trying the default model: one prompt, one metered answer, no conversation."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from billing.windows import Window
from server.accounts.access import Scope
from server.domain.content import Params
from server.domain.errors import (
    ContentBlocked,
    InsufficientCredits,
    ModelUnavailable,
    Overloaded,
    Paused,
    ProviderError,
    ProviderTimeout,
    QuotaExceeded,
    RateLimited,
    TooManyTurns,
    Unpriced,
)
from server.domain.money import usd_text
from server.routes.calls import Call
from server.routes.operations import Operation
from server.routes.presence import while_there
from server.turns.counting import HOUR_S
from server.turns.errands import TEST, Errand

WITHIN_S = 30.0
"""Seconds for the whole answer (H2)."""


class Trial(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    prompt: Annotated[str, Meta(min_length=1, max_length=10_000)]
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.7
    max_output_tokens: Annotated[int, Meta(ge=1, le=8_192)] = 512


class AnswerUsage(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of all provider calls together. ``charged`` are credits, ``chargedUsd`` the same in dollars;
    an answer that was given before costs nothing."""

    input_tokens: int
    output_tokens: int
    cost_usd: str
    charged_usd: str
    charged: str


class AgentReport(Struct, frozen=True, kw_only=True, rename="camel"):
    agent: str
    status: Literal["ok"]


class TrialAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """``model`` is the one that answered. ``confidence`` 1: the answer is whole; 0.5: it was cut,
    by ``maxOutputTokens`` or by what could be paid."""

    text: str
    model: str
    confidence: float
    usage: AnswerUsage
    agents: list[AgentReport]


async def try_model(call: Call) -> TrialAnswer:
    body, services = call.body(Trial), call.services
    errand = Errand(
        prompt=body.prompt,
        feature=TEST,
        params=Params(temperature=body.temperature, max_output_tokens=body.max_output_tokens),
        beside=(
            Window(
                scope="test",
                name=str(call.caller.user_id),
                limit=services.settings.rate_test_per_hour,
                seconds=HOUR_S,
            ),
        ),
    )
    # Not cut short by a client that leaves: what was counted would not be given back.
    begun = await services.errands.begin(
        call.caller,
        errand,
        address=call.address,
        correlation_id=call.request_id,
        told=call.told,
    )
    made = await while_there(call.request, services.errands.end(begun, within_s=WITHIN_S))
    return TrialAnswer(
        text=made.text,
        model=made.model,
        confidence=1.0 if made.finish_reason == "stop" else 0.5,
        usage=AnswerUsage(
            input_tokens=made.usage.input_tokens,
            output_tokens=made.usage.output_tokens,
            cost_usd=usd_text(made.cost_usd),
            charged_usd=made.receipt.charged_usd,
            charged=made.receipt.charged,
        ),
        agents=[AgentReport(agent=TEST, status="ok")],
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/ai/test",
        handler=try_model,
        scope=Scope.TURNS,
        summary="Ask the default model once; counted, held and charged as a turn is.",
        tag="ai",
        request=Trial,
        response=TrialAnswer,
        errors=(
            InsufficientCredits,
            QuotaExceeded,
            RateLimited,
            TooManyTurns,
            Paused,
            Overloaded,
            ModelUnavailable,
            Unpriced,
            ContentBlocked,
            ProviderError,
            ProviderTimeout,
        ),
    ),
)
