"""One turn while it runs: the agent's events in, deltas out, the hold growing as the answer does.

Nothing here touches the database between two deltas; a further hold is asked for beside the stream.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from agents.agent import AgentRequest
from agents.events import (
    AgentEvent,
    Branched,
    BranchEnded,
    CallFinished,
    CallStarted,
    Learned,
    Notice,
    Partial,
    ReasoningDelta,
    Spoken,
    Structured,
    TextDelta,
    UnsaidDelta,
)
from server.domain.clock import Clock
from server.domain.content import ChatMessage
from server.domain.errors import AppError, Internal, ProviderTimeout
from server.domain.insights import NewInsight
from server.domain.money import MicroCredits
from server.domain.turn import FinishReason
from server.persistence.turns import NewTurn
from server.protocol.codec import encode
from server.protocol.events import TurnNotice, TurnPartial, TurnReasoning
from server.telemetry.logs import fields
from server.turns.branches import Branches, Check
from server.turns.buffer import TurnBuffer, outcome_type, pieces
from server.turns.callnotes import told
from server.turns.growth import HoldGrowth
from server.turns.meter import Call, Meter, Strand
from server.turns.plan import Plan
from server.turns.pot import Pot, Purse
from server.turns.receipts import owed_for
from server.turns.steps import spendable

log = logging.getLogger(__name__)

FIRST_FENCE = 1
"""A turn's owner writes under this fence until somebody raises it."""

Load = Callable[[tuple[ChatMessage, ...]], Awaitable[tuple[ChatMessage, ...]]]
Note = Callable[[NewTurn, int, Sequence[Call], str, Sequence[CallStarted]], Awaitable[None]]


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
        pot: Pot,
        clock: Clock,
        *,
        credits_per_usd: int,
        load: Load,
        note: Note,
        check: Check,
    ) -> None:
        """``load`` fetches pictures; ``note`` writes down calls that have ended and, of several
        agents, those that run; ``check`` asks whether one of these may be made."""
        self.turn = turn
        self.plan = plan
        self.buffer = buffer
        self.meter = meter
        self.first_delta_ms: int | None = None
        self.fence = FIRST_FENCE
        self.stopped_by: AppError | None = None
        self.result: Any | UnsetType = UNSET
        """The structured answer, where one was asked for and given."""
        self.learned: tuple[NewInsight, ...] = ()
        """What its agents found worth remembering, if it succeeds."""
        self.ended = asyncio.Event()
        """Set when the turn's end is written, or is somebody else's to write."""
        self.branches = Branches(
            plan, meter, pot, self._count, self._say, check, credits_per_usd=credits_per_usd
        )
        self._main = meter.main
        self._pot = pot
        self._growth = HoldGrowth(Purse(pot), cap=plan.output_cap, credits_per_usd=credits_per_usd)
        self._clock = clock
        self._credits_per_usd = credits_per_usd
        self._load = load
        self._note = note
        self._began_at = clock()
        self._agent: asyncio.Task[FinishReason] | None = None
        self._is_stopped = False
        self._finish = FinishReason.STOP
        self._short_of = plan.short_of
        self._told_calls = 0

    @property
    def held(self) -> MicroCredits:
        """Credits that are set aside for it."""
        return self._pot.held

    def stop(self, reason: AppError | None = None) -> None:
        """End the agent now: as cancelled, or as failed for ``reason``. The provider's connection
        is closed before ``drive`` returns. A turn that is past its agent goes on to its end; the
        first reason counts."""
        if self._is_stopped or (self._agent is not None and not self._agent.cancel()):
            return
        self._is_stopped, self.stopped_by = True, reason

    async def drive(self, turn_s: float) -> End:
        """Run the agent to its end, at most ``turn_s`` seconds.

        The agent has a task of its own, so that stopping it cancels nothing else. Raises nothing
        but a cancellation of whoever drives, and then the agent has ended too.
        """
        if self._is_stopped:
            return self._stopped()
        agent = self._agent = asyncio.create_task(self._listen(turn_s))
        try:
            await asyncio.wait({agent})
        finally:
            if agent.cancel():
                await asyncio.wait({agent})
            await self._growth.finish()
            await self.branches.finish()
        return self._end_of(agent)

    def _stopped(self) -> End:
        if self.stopped_by is not None:
            return End(error=self.stopped_by)
        return End(cancelled=True)

    def _end_of(self, agent: asyncio.Task[FinishReason]) -> End:
        if self._is_stopped and (agent.cancelled() or agent.exception() is not None):
            return self._stopped()  # whatever it raised, it raised while it was being closed
        if agent.cancelled():
            return self._crashed(asyncio.CancelledError())
        match agent.exception():
            case None:
                return End(finish_reason=agent.result())
            case AppError() as error:
                out = self.branches.ran_out  # then no failure has cut the answer: it is paid
                return End(finish_reason=out) if out else End(error=self.branches.meant(error))
            case error:
                return self._crashed(error)

    def _crashed(self, error: BaseException) -> End:
        log.error("turn.crashed", exc_info=error, extra=fields(turn=str(self.turn.id)))
        return End(error=Internal("Something went wrong on our side."))

    async def _listen(self, turn_s: float) -> FinishReason:
        try:
            async with asyncio.timeout(turn_s) as scope:
                return await self._converse()
        except TimeoutError:
            if not scope.expired():
                raise
            minutes = f"{turn_s / 60:g} minutes"
            raise ProviderTimeout(f"The answer took longer than {minutes}.") from None

    async def _converse(self) -> FinishReason:
        plan = self.plan
        request = AgentRequest(
            models=(plan.model.id, *plan.stand_ins),
            messages=await self._load(plan.fitted.messages),
            instructions=plan.instructions,
            params=plan.params,
            input_tokens=plan.fitted.input_tokens,
            correlation_id=self.turn.correlation_id,
            budget=self._affords,
            branch_budget=self.branches.budget,
            tools=plan.tools,
            output=plan.output,
            wants_partials=plan.wants_partials,
            wants_reasoning=plan.wants_reasoning,
        )
        if plan.fitted.dropped:
            self._tell(Notice(kind="history_cut", detail={"dropped": plan.fitted.dropped}))
        async with aclosing(plan.agent.run(request)) as events:
            async for event in events:
                refused = await self._hear(event)
                if refused is not None:
                    return refused
        if self._finish is FinishReason.LENGTH and self._short_of is not None:
            return self._short_of  # the provider met the limit of what could be paid
        return self.branches.cut or self._finish

    async def _hear(self, event: AgentEvent) -> FinishReason | None:
        """Pass on or note one event. Answers what ran out, when something did."""
        match event:
            case TextDelta(text=text):
                for piece in pieces(text):
                    self._say(piece)
                    self._main.delivered(piece)
                    refused = await self._growth.cover(self._main.output_tokens)
                    if refused is not None:
                        return refused
            case ReasoningDelta() | UnsaidDelta():
                self._overhear(event)
                return await self._growth.cover(self._main.output_tokens)
            case CallStarted():
                return await self._begin(event)
            case CallFinished():
                self._main.finished(event)
                self._finish = event.finish_reason or self._finish
            case Structured(value=value):
                self.result = value
            case Partial() | Notice():
                self._tell(event)
            case Learned(insights=insights):
                self.learned += insights
            case Branched() | BranchEnded() | Spoken():
                await self.branches.hear(event)
        return None

    async def _begin(self, call: CallStarted) -> FinishReason | None:
        """Hold what the call will take before it is made. None: make it."""
        price = self.plan.tariff.price(call.model, call.input_tokens)
        due = owed_for(self._main.calls, self._credits_per_usd)
        refused = await self._growth.begin(
            price, call.input_tokens, owed=due, said=self._main.said_before
        )
        if refused is None:
            await self._count(self._main, call)
        return refused

    async def _count(self, strand: Strand, call: CallStarted) -> None:
        """The call is about to be made: what the turn's row does not tell yet is noted first."""
        ended = self.meter.calls
        running = [] if strand is self._main else [*self.meter.open, call]
        if ended or len(running) > 1 or (running and call.model != self.plan.model.id):
            await self._note(self.turn, self.fence, ended, call.model, running)
            for before in ended[self._told_calls :]:
                self._tell(told(before))
            self._told_calls = len(ended)
        strand.started(call)

    def _affords(self, model: str, input_tokens: int) -> int:
        """The ``Budget`` of this turn. Whoever asks last makes the call."""
        tokens = self.plan.affords(
            model,
            input_tokens,
            held=self.held,
            owed=owed_for(self._main.calls, self._credits_per_usd) + self.branches.held,
            credits_per_usd=self._credits_per_usd,
        )
        left = self.plan.output_cap - self._main.said_before
        # What was told to begin with went by the first model's price, whoever answers.
        is_short = tokens < left or self.plan.short_of is not None
        short_of = spendable(self.plan.figures, self._credits_per_usd)[1]
        self._short_of = short_of if is_short else None
        return tokens

    def _say(self, text: str) -> None:
        """Text of the answer, whoever says it."""
        if self.first_delta_ms is None:
            elapsed = self._clock() - self._began_at
            self.first_delta_ms = int(elapsed.total_seconds() * 1000)
        self.buffer.delta(text)

    def _overhear(self, event: ReasoningDelta | UnsaidDelta) -> None:
        """Output that is no part of the answer."""
        if isinstance(event, UnsaidDelta):
            self._main.unsaid(event.text)
            return
        for piece in pieces(event.text):
            self._tell(ReasoningDelta(piece))
        self._main.reasoned(event.text)

    def _tell(self, event: ReasoningDelta | Partial | Notice) -> None:
        turn_id, seq = self.buffer.turn_id, self.buffer.seq + 1
        told: TurnReasoning | TurnPartial | TurnNotice
        match event:
            case ReasoningDelta(text=text):
                told = TurnReasoning(turn_id=turn_id, seq=seq, text=text)
            case Partial(value=value):
                told = TurnPartial(turn_id=turn_id, seq=seq, value=value)
            case Notice(kind=kind, detail=detail):
                told = TurnNotice(turn_id=turn_id, seq=seq, kind=kind, detail=detail)
        self.buffer.event(outcome_type(told), encode(told))
