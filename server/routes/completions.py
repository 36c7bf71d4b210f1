"""Completing a prompt: one question to a model, one metered answer, no conversation."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, convert, to_builtins
from starlette.responses import Response

from server.accounts.access import Scope
from server.domain.errors import NotFound, SchemaMismatch
from server.protocol.commands import (
    INSTRUCTIONS_MAX,
    Name,
    ResponseFormat,
    Text,
    TurnParams,
    TurnRequest,
)
from server.protocol.figures import Receipt
from server.routes.answers import ERRORS, Answer, answered, usage_of
from server.routes.calls import Call
from server.routes.operations import Operation
from server.turns.errands import COMPLETION, Errand
from server.turns.generation import Generated
from server.turns.placement import find_preset
from server.turns.request import resolve


class CompletionParams(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """How to answer. What is absent is left to the preset, then the provider."""

    temperature: Annotated[float, Meta(ge=0, le=2)] | UnsetType = UNSET
    top_p: Annotated[float, Meta(gt=0, le=1)] | UnsetType = UNSET
    max_output_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | UnsetType = UNSET
    instructions: Annotated[str, Meta(max_length=INSTRUCTIONS_MAX)] | UnsetType = UNSET
    response_format: ResponseFormat | UnsetType = UNSET


class Prompt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``model`` absent: the preset's, else the default one."""

    prompt: Text
    model: Name | UnsetType = UNSET
    preset_id: UUID | UnsetType = UNSET
    params: CompletionParams = CompletionParams()


class Completion(Answer, frozen=True, kw_only=True, rename="camel"):
    """``model`` is the one that answered; ``result`` the object that ``responseFormat`` asked for.
    ``confidence`` 1: the answer is whole; 0.5: it was cut, by ``maxOutputTokens`` or by what could
    be paid."""

    text: str
    result: Any | UnsetType = UNSET
    model: str
    receipt: Receipt


async def complete(call: Call) -> Completion | Response:
    body, caller = call.body(Prompt), call.caller
    request = TurnRequest(
        text=body.prompt,
        model=body.model,
        preset_id=body.preset_id,
        params=convert(to_builtins(body.params), TurnParams),
        feature=COMPLETION,
    )
    preset = None
    if isinstance(body.preset_id, UUID):
        async with call.services.database.glances() as tx:
            preset = await find_preset(tx, caller.user_id, request, None)
    resolved = resolve(request, preset, None)
    errand = Errand(
        prompt=body.prompt,
        feature=COMPLETION,
        params=resolved.params,
        input=to_builtins(body),
        models=() if resolved.model is None else (resolved.model,),
        instructions="\n\n".join(resolved.instructions),
        output=resolved.form.output,
    )
    return await answered(call, errand, _told, within_s=call.services.settings.turn_seconds)


def _told(made: Generated) -> Completion:
    return Completion(
        generation_id=made.generation_id,
        text=made.text,
        result=made.value,
        model=made.model,
        confidence=made.wholeness,
        usage=usage_of(made),
        agents=list(made.agents),
        receipt=made.receipt,
        cached=made.is_cached or UNSET,
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/ai/completions",
        handler=complete,
        scope=Scope.TURNS,
        summary="Complete a prompt once; counted, held, charged and kept as a generation.",
        tag="ai",
        request=Prompt,
        response=Completion,
        errors=(NotFound, SchemaMismatch, *ERRORS),
        streams=True,
    ),
)
