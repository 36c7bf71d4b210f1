"""Saying something over HTTP: the same turn as over a socket, awaited or streamed (S11)."""

from functools import partial
from uuid import UUID

from msgspec import UnsetType, structs
from starlette.responses import Response

from server.accounts.access import Scope
from server.domain.errors import (
    Conflict,
    IdempotencyMismatch,
    InsufficientCredits,
    Invalid,
    ModelUnavailable,
    NotFound,
    Overloaded,
    Paused,
    QuotaExceeded,
    RateLimited,
    TooManyTurns,
    Unpriced,
    Unsupported,
)
from server.protocol.commands import StartTurnBody
from server.routes.calls import Call
from server.routes.operations import Operation
from server.routes.sse import turn_events, wants_events
from server.routes.turns import TurnView, turn_view


async def post_message(call: Call) -> TurnView | Response:
    request = _within(call.body(StartTurnBody), call.id("conversation_id"))
    engine = call.services.engine
    started = await engine.start(
        call.caller,
        request,
        address=call.address,
        correlation_id=call.request_id,
        told=call.told,
    )
    if wants_events(call.request):
        watched = partial(call.services.accounts.streams.opened, call.caller)
        return turn_events(started.cursor, started.event, watched=watched)
    # A client that leaves now leaves the turn alone: it goes on, and asking again finds it.
    await engine.end_of(started.cursor)
    return turn_view(started.cursor, started.event.conversation_id)


def _within(request: StartTurnBody, conversation: UUID) -> StartTurnBody:
    named = request.conversation_id
    if not isinstance(named, UnsetType) and named != conversation:
        raise Invalid("The path names another conversation.", path="$.conversationId")
    return structs.replace(request, conversation_id=conversation)


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/conversations/{conversation_id:uuid}/messages",
        handler=post_message,
        scope=Scope.TURNS,
        summary="Start a turn and wait for its end, or stream it; 200 whatever its outcome.",
        tag="turns",
        request=StartTurnBody,
        response=TurnView,
        errors=(
            NotFound,
            Conflict,
            IdempotencyMismatch,
            InsufficientCredits,
            QuotaExceeded,
            RateLimited,
            TooManyTurns,
            Paused,
            Overloaded,
            ModelUnavailable,
            Unpriced,
            Unsupported,
        ),
        streams=True,
    ),
)
