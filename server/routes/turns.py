"""Turns over HTTP: what one stands at, its events, and stopping it (S11)."""

from functools import partial
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType
from starlette.responses import Response

from server.accounts.access import Scope
from server.domain.errors import Invalid, NotFound
from server.persistence import turns
from server.routes.calls import Call
from server.routes.operations import Operation
from server.routes.sse import turn_events
from server.turns.cursor import Cursor

TAG = "turns"
NOT_FOUND = "There is no such turn."


class TurnView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``seq`` and ``text`` are the newest, also while it runs; ``outcome`` is its last event."""

    id: UUID
    conversation_id: UUID
    state: str
    seq: int
    text: str
    outcome: dict[str, Any] | UnsetType = UNSET


class CancelView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``state`` at the moment of asking; ``cancelled`` follows when the provider is closed."""

    turn_id: UUID
    state: str


def turn_view(cursor: Cursor, conversation: UUID) -> TurnView:
    return TurnView(
        id=cursor.turn_id,
        conversation_id=conversation,
        state=cursor.state.value,
        seq=cursor.seq,
        text=cursor.text,
        outcome=UNSET if cursor.outcome is None else cursor.outcome,
    )


async def read_turn(call: Call) -> TurnView:
    caller, turn_id = call.caller, call.id("turn_id")
    async with call.services.database.snapshot() as tx:
        turn = await turns.find(tx, turn_id, caller.user_id)
    if turn is None or turn.conversation_id is None:
        raise NotFound(NOT_FOUND)
    attached = await call.services.engine.attach(caller, turn_id, 0)
    return turn_view(attached.cursor, turn.conversation_id)


async def read_events(call: Call) -> Response:
    caller = call.caller
    after = call.request.headers.get("last-event-id", "0").strip() or "0"
    if not (after.isascii() and after.isdigit() and len(after) <= 15):
        raise Invalid("Last-Event-ID is the seq of an event.", path="$header.Last-Event-ID")
    attached = await call.services.engine.attach(caller, call.id("turn_id"), int(after))
    watched = partial(call.services.accounts.streams.opened, caller)
    return turn_events(attached.cursor, watched=watched)


async def cancel_turn(call: Call) -> CancelView:
    turn_id = call.id("turn_id")
    state = await call.services.engine.cancel(call.caller, turn_id)
    return CancelView(turn_id=turn_id, state=state.value)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/turns/{turn_id:uuid}",
        handler=read_turn,
        scope=Scope.READ,
        summary="A turn as it stands, running or ended.",
        tag=TAG,
        response=TurnView,
        errors=(NotFound,),
    ),
    Operation(
        method="GET",
        path="/api/turns/{turn_id:uuid}/events",
        handler=read_events,
        scope=Scope.READ,
        summary="A turn's events as Server-Sent Events; Last-Event-ID resumes after that one.",
        tag=TAG,
        errors=(NotFound,),
        enveloped=False,
        media="text/event-stream",
        streams=True,
    ),
    Operation(
        method="POST",
        path="/api/turns/{turn_id:uuid}/cancel",
        handler=cancel_turn,
        scope=Scope.TURNS,
        summary="Stop a turn; what was delivered is charged, the rest released.",
        tag=TAG,
        response=CancelView,
        errors=(NotFound,),
    ),
)
