"""Trying the default model: one prompt, one metered answer, no conversation."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, to_builtins
from starlette.responses import Response

from billing.windows import Window
from server.accounts.access import Scope
from server.domain.content import Params
from server.routes.answers import ERRORS, Answer, answered, usage_of
from server.routes.calls import Call
from server.routes.operations import Operation
from server.turns.counting import HOUR_S
from server.turns.errands import TEST, Errand
from server.turns.generation import Generated

WITHIN_S = 30.0
"""Seconds for the whole answer (H2)."""


class Trial(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    prompt: Annotated[str, Meta(min_length=1, max_length=10_000)]
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.7
    max_output_tokens: Annotated[int, Meta(ge=1, le=8_192)] = 512


class TrialAnswer(Answer, frozen=True, kw_only=True):
    """``model`` is the one that answered. ``confidence`` 1: the answer is whole; 0.5: it was cut,
    by ``maxOutputTokens`` or by what could be paid."""

    text: str
    model: str


async def try_model(call: Call) -> TrialAnswer | Response:
    body = call.body(Trial)
    errand = Errand(
        prompt=body.prompt,
        feature=TEST,
        params=Params(temperature=body.temperature, max_output_tokens=body.max_output_tokens),
        input=to_builtins(body),
        beside=(
            Window(
                scope="test",
                name=str(call.caller.user_id),
                limit=call.services.settings.rate_test_per_hour,
                seconds=HOUR_S,
            ),
        ),
    )
    return await answered(call, errand, _answer, within_s=WITHIN_S)


def _answer(made: Generated) -> TrialAnswer:
    return TrialAnswer(
        generation_id=made.generation_id,
        text=made.text,
        model=made.model,
        confidence=made.wholeness,
        usage=usage_of(made),
        agents=list(made.agents),
        cached=made.is_cached or UNSET,
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
        errors=ERRORS,
        streams=True,
    ),
)
