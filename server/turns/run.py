"""One turn while it runs: the agent's events in, deltas out, the hold growing as the answer does.

Nothing here touches the database between two deltas; a further hold is asked for beside the stream.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from msgspec import Struct

from agents.agent import AgentRequest
from agents.events import CallFinished, CallStarted, Notice, ReasoningDelta, TextDelta
from server.domain.clock import Clock
from server.domain.errors import (
    AppError,
    InsufficientCredits,
    Internal,
    ProviderTimeout,
    QuotaExceeded,
)
from server.domain.turn import FinishReason
from server.persistence.turns import NewTurn
from server.protocol.codec import encode
from server.protocol.events import TurnNotice, TurnReasoning
from server.turns.buffer import TurnBuffer, outcome_type
from server.turns.meter import Meter
from server.turns.planning import STEP_TOKENS, Plan

log = logging.getLogger(__name__)

EXTEND_AT = 0.75
"""Part of the held output at which the next step is asked for: reliability.md §2."""

Extend = Callable[["Run", int], Awaitable[int]]
"""Holds a further step of at most so many output tokens, and answers how many; raises why none."""


class End(Struct, frozen=True, kw_only=True):
    """How the agent's part of a turn ended. ``cancelled``: somebody asked for it."""

    finish_reason: FinishReason = FinishReason.STOP
    error: AppError | None = None
    cancelled: bool = False


class Run:
    """The moving parts of one turn. ``stop`` may be called from any task of the loop."""

    def __init__(
        self,
        turn: NewTurn,
        plan: Plan,
        buffer: TurnBuffer,
        meter: Meter,
        extend: Extend,
        clock: Clock,
    ) -> None:
        self.turn = turn
        self.plan = plan
        self.buffer = buffer
        self.meter = meter
        self.first_delta_ms: int | None = None
        self.held_tokens = min(STEP_TOKENS, plan.output_cap)
        self.steps = 1
        self.stopped_by: AppError | None = None
        self.ended = asyncio.Event()
        """Set when the turn's end is written, or cannot be."""
        self._clock = clock
        self._began_at = clock()
        self._extend = extend
        self._extension: asyncio.Task[FinishReason | None] | None = None
        self._driver: asyncio.Task[object] | None = None
        self._stop_asked = False

    def stop(self, reason: AppError | None = None) -> None:
        """End the agent now: as cancelled, or as failed for ``reason``. The provider's connection
        is closed before ``drive`` returns. A turn that is past its agent goes on to its end."""
        if self._stop_asked:
            return
        self._stop_asked, self.stopped_by = True, reason
        if self._driver is not None:
            self._driver.cancel()

    async def drive(self, turn_s: float) -> End:
        """Run the agent to its end, at most ``turn_s`` seconds. Raises nothing but a cancellation
        that ``stop`` did not ask for."""
        if self._is_stopping():
            return self._stopped()
        self._driver = asyncio.current_task()
        try:
            async with asyncio.timeout(turn_s):
                return End(finish_reason=await self._listen())
        except asyncio.CancelledError:
            if not self._is_stopping() or self._driver is None:
                raise
            self._driver.uncancel()
            return self._stopped()
        except AppError as error:
            return End(error=error)
        except TimeoutError:
            minutes = f"{turn_s / 60:g} minutes"
            return End(error=ProviderTimeout(f"The answer took longer than {minutes}."))
        except Exception:
            log.exception("turn.crashed", extra={"turn": str(self.turn.id)})
            return End(error=Internal("Something went wrong on our side."))
        finally:
            self._driver = None
            await self._finish_extension()

    def _is_stopping(self) -> bool:
        return self._stop_asked

    def _stopped(self) -> End:
        if self.stopped_by is not None:
            return End(error=self.stopped_by)
        return End(cancelled=True)

    async def _listen(self) -> FinishReason:
        plan, finish = self.plan, FinishReason.STOP
        request = AgentRequest(
            model=plan.model.id,
            messages=plan.fitted.messages,
            instructions=plan.instructions,
            params=plan.params,
            input_tokens=plan.fitted.input_tokens,
            correlation_id=self.turn.correlation_id,
        )
        if plan.fitted.dropped:
            self._tell(Notice(kind="history_cut", detail={"dropped": plan.fitted.dropped}))
        async with aclosing(plan.agent.run(request)) as events:
            async for event in events:
                match event:
                    case TextDelta(text=text):
                        self._deliver(text)
                        if self.meter.output_tokens >= self.held_tokens * EXTEND_AT:
                            refused = await self._grow()
                            if refused is not None:
                                return refused
                    case CallStarted():
                        self.meter.started(event)
                    case CallFinished():
                        self.meter.finished(event)
                        finish = event.finish_reason or finish
                    case ReasoningDelta() | Notice():
                        self._tell(event)
        if finish is FinishReason.LENGTH and plan.short_of is not None:
            return plan.short_of  # the provider met the limit of what could be paid
        return finish

    def _deliver(self, text: str) -> None:
        if self.first_delta_ms is None:
            elapsed = self._clock() - self._began_at
            self.first_delta_ms = int(elapsed.total_seconds() * 1000)
        self.buffer.delta(text)
        self.meter.delivered(text)

    def _tell(self, event: ReasoningDelta | Notice) -> None:
        turn_id, seq = self.buffer.turn_id, self.buffer.seq + 1
        told: TurnReasoning | TurnNotice
        match event:
            case ReasoningDelta(text=text):
                told = TurnReasoning(turn_id=turn_id, seq=seq, text=text)
            case Notice(kind=kind, detail=detail):
                told = TurnNotice(turn_id=turn_id, seq=seq, kind=kind, detail=detail)
        self.buffer.event(outcome_type(told), encode(told))

    async def _grow(self) -> FinishReason | None:
        """Ask for the next step; wait for the answer only once the held output is used up.

        None: go on. Otherwise what ran out.
        """
        if self.held_tokens >= self.plan.output_cap:
            return None  # the provider stops there by itself
        if self._extension is None:
            self._extension = asyncio.create_task(self._ask_for_step())
        if self._extension.done() or self.meter.output_tokens >= self.held_tokens:
            refused = await asyncio.shield(self._extension)
            if refused is not None:
                return refused if self.meter.output_tokens >= self.held_tokens else None
            self._extension = None
        return None

    async def _ask_for_step(self) -> FinishReason | None:
        tokens = min(STEP_TOKENS, self.plan.output_cap - self.held_tokens)
        try:
            held = await self._extend(self, tokens)
        except InsufficientCredits:
            return FinishReason.CREDITS
        except QuotaExceeded:
            return FinishReason.QUOTA
        self.steps += 1
        self.held_tokens += held
        return None

    async def _finish_extension(self) -> None:
        """A hold that is on its way must be known before the turn is settled."""
        if self._extension is not None:
            await asyncio.wait({self._extension})
