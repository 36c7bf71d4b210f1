"""Answers of one-shot turns: waited for, or streamed as Server-Sent Events when asked for."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, structs
from starlette.responses import Response

from server.domain.errors import (
    AppError,
    ContentBlocked,
    Draining,
    InsufficientCredits,
    ModelUnavailable,
    Overloaded,
    Paused,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
    QuotaExceeded,
    RateLimited,
    TooManyTurns,
    Unpriced,
    WorkerLost,
)
from server.domain.money import usd_text
from server.protocol.codec import encode
from server.protocol.events import Problem, TurnCompleted, TurnFailed
from server.routes.calls import Call
from server.routes.presence import while_there
from server.routes.sse import turn_events, wants_events
from server.turns.buffer import Frame, outcome_type
from server.turns.cursor import Cursor
from server.turns.errands import Errand
from server.turns.generation import AgentReport, Begun, Generated, too_late
from server.turns.jobs import Job
from server.turns.run import Run

ERRORS = (
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
    ProviderRateLimited,
    ProviderTimeout,
    ProviderProtocol,
    WorkerLost,
    Draining,
)
"""What every operation can raise that answers by ``answered``."""


class AnswerUsage(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of all provider calls together. ``charged`` are credits, ``chargedUsd`` the same in dollars;
    an answer that was given before costs nothing."""

    input_tokens: int
    output_tokens: int
    cost_usd: str
    charged_usd: str
    charged: str


class Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """What every answer of an agent holds beside its own. ``generationId``: where it stands in the
    history; ``cached``: it was given before, and that is the one."""

    generation_id: UUID
    confidence: float
    usage: AnswerUsage
    agents: list[AgentReport]
    cached: bool | UnsetType = UNSET


Told = TypeVar("Told", bound=Answer)


def usage_of(made: Generated) -> AnswerUsage:
    return AnswerUsage(
        input_tokens=made.usage.input_tokens,
        output_tokens=made.usage.output_tokens,
        cost_usd=usd_text(made.cost_usd),
        charged_usd=made.receipt.charged_usd,
        charged=made.receipt.charged,
    )


async def answered(
    call: Call, work: Errand | Job, make: Callable[[Generated], Told], *, within_s: float
) -> Told | Response:
    """Have ``work`` done for the caller, as a turn of theirs, in ``within_s`` seconds; ``make`` of
    the answer what is told, as JSON or, where ``Accept`` asks for events, as ``result`` of the last
    one. A client that leaves cancels it, and pays for what was said.

    Raises one of ``ERRORS``; once a stream has begun, its outcome tells instead.
    """
    errands, is_streamed = call.services.errands, wants_events(call.request)
    # Not cut short by a client that leaves: what was counted would not be given back.
    begun = await errands.begin(
        call.caller,
        work,
        address=call.address,
        correlation_id=call.request_id,
        told=call.told,
        is_streamed=is_streamed,
    )
    if is_streamed and isinstance(begun.answer, Run):
        return _streamed(call, begun, begun.answer, make, within_s)
    made = await while_there(call.request, errands.end(begun, within_s=within_s))
    return make(made)


def _streamed(
    call: Call, begun: Begun, run: Run, make: Callable[[Generated], Told], within_s: float
) -> Response:
    @contextmanager
    def watched(end: Callable[[], None]) -> Iterator[None]:
        late = asyncio.get_running_loop().call_later(within_s, lambda: run.stop(too_late()))
        try:
            with call.services.accounts.streams.opened(call.caller, end):
                yield
        finally:
            late.cancel()
            run.stop()  # nobody reads it any more, if it has not ended

    async def last(frame: Frame) -> Frame:
        told = run.buffer.outcome
        if told is None:
            raise AssertionError("a stream ends with its turn")
        if isinstance(told, TurnCompleted):
            try:
                made = await call.services.errands.end(begun, within_s=within_s)
                told = structs.replace(told, result=make(made))
            except AppError as error:
                told = _useless(told, error)
        # The frame is a snapshot, where another process has ended the turn.
        return Frame(outcome_type(told), frame.seq, encode(told))

    return turn_events(Cursor(run.buffer, 0), watched=watched, last=last)


def _useless(outcome: TurnCompleted, error: AppError) -> TurnFailed:
    """An answer was given, and paid, that nothing can be made of."""
    return TurnFailed(
        turn_id=outcome.turn_id,
        seq=outcome.seq,
        error=Problem(code=error.code, message=error.message, retryable=error.retryable),
        partial=True,
        receipt=outcome.receipt,
        balance=outcome.balance,
        quota=outcome.quota,
    )
