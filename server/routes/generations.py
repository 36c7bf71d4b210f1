"""The history of what was generated outside conversations: read, judged and forgotten."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from server.accounts.access import Scope
from server.domain.errors import Conflict, NotFound
from server.persistence import generations
from server.persistence.generations import Generation
from server.protocol.events import Problem, TurnCancelled, TurnCompleted, TurnFailed
from server.protocol.figures import Receipt
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation
from server.turns.generation import AgentReport, answering_model, reports
from server.turns.settlement import outcome_of

TAG = "generations"
PATH = "/api/generations"
NOT_FOUND = "There is no such generation."

Kind = Annotated[str, Meta(min_length=1, max_length=50)]


class GenerationView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``kind`` says what was asked for, ``input`` the request itself. ``output``: the structured
    answer, or the text as far as it came; null while it is made, and where nothing was said.
    ``model`` answered; before the end, it is the one that was asked. ``insights``: what the prompt
    told of earlier work, by id; feedback reaches them."""

    id: UUID
    kind: str
    state: str
    model: str
    input: dict[str, Any]
    params: dict[str, Any]
    output: Any
    agents: list[AgentReport]
    insights: tuple[UUID, ...]
    receipt: Receipt | UnsetType = UNSET
    error: Problem | UnsetType = UNSET
    created_at: datetime


class GenerationPage(Page, frozen=True, kw_only=True):
    items: list[GenerationView]


class GenerationsQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Kind | None = None


class Feedback(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the answer ``helped``. It counts once."""

    helped: bool


class Heard(Struct, frozen=True, kw_only=True):
    """``insights``: how many of those that the prompt told were there to learn of it."""

    insights: int


async def list_generations(call: Call) -> GenerationPage:
    caller, query = call.caller, call.query(GenerationsQuery)
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await generations.list_generations(
            tx, caller.user_id, kind=query.kind, before=before, limit=query.limit + 1
        )
    shown, last = cursors.page(found, query.limit)
    return GenerationPage(
        items=[_view(one) for one in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


async def read_generation(call: Call) -> GenerationView:
    return _view(await _find(call))


async def delete_generation(call: Call) -> None:
    """Raises Conflict: it is still being made."""
    generation, user = call.id("generation_id"), call.caller.user_id
    async with call.services.database.transaction() as tx:
        if await generations.forget(tx, generation, user):
            return
        if await generations.find(tx, generation, user) is None:
            raise NotFound(NOT_FOUND)
    raise Conflict("It is still being made; wait for its end.")


async def judge_generation(call: Call) -> Heard:
    body, found, heard = call.body(Feedback), await _find(call), 0
    for insight in found.insights:
        try:
            await call.services.network.note_outcome(
                call.caller.user_id, insight, key=str(found.id), helped=body.helped
            )
        except NotFound:
            continue  # shared by all, or taken back since
        heard += 1
    return Heard(insights=heard)


async def _find(call: Call) -> Generation:
    async with call.services.database.glances() as tx:
        found = await generations.find(tx, call.id("generation_id"), call.caller.user_id)
    if found is None:
        raise NotFound(NOT_FOUND)
    return found


def _view(one: Generation) -> GenerationView:
    view = GenerationView(
        id=one.id,
        kind=one.kind,
        state=one.state,
        model=one.model,
        input=one.input,
        params=one.params,
        output=one.text,
        agents=[],
        insights=one.insights,
        created_at=one.created_at,
    )
    if one.outcome is None:
        return view
    outcome, output = outcome_of(one.outcome), one.text
    alone = AgentReport(agent=one.agent, status="ok")
    error: Problem | UnsetType = UNSET
    match outcome:
        case TurnCompleted(result=result):
            output = output if isinstance(result, UnsetType) else result
        case TurnCancelled():
            alone = structs.replace(alone, status="cancelled")
        case TurnFailed():
            error = outcome.error
            alone = structs.replace(alone, status="failed", error=outcome.error.code)
    return structs.replace(
        view,
        model=answering_model(outcome.receipt, one.agent) or one.model,
        output=output,
        agents=list(reports(outcome.receipt, alone)),
        receipt=outcome.receipt,
        error=error,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        handler=list_generations,
        scope=Scope.READ,
        summary="What was generated outside conversations; newest first.",
        tag=TAG,
        query=GenerationsQuery,
        response=GenerationPage,
    ),
    Operation(
        method="GET",
        path=PATH + "/{generation_id:uuid}",
        handler=read_generation,
        scope=Scope.READ,
        summary="One of them, with its request, its answer and its receipt.",
        tag=TAG,
        response=GenerationView,
        errors=(NotFound,),
    ),
    Operation(
        method="DELETE",
        path=PATH + "/{generation_id:uuid}",
        handler=delete_generation,
        scope=Scope.WRITE,
        summary="Forget one that has ended, request and answer; what it cost stays on record.",
        tag=TAG,
        errors=(NotFound, Conflict),
    ),
    Operation(
        method="POST",
        path=PATH + "/{generation_id:uuid}/feedback",
        handler=judge_generation,
        scope=Scope.WRITE,
        summary="Say whether it helped: the insights that its prompt told learn of it, once.",
        tag=TAG,
        request=Feedback,
        response=Heard,
        errors=(NotFound,),
    ),
)
