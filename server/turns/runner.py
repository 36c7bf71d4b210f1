"""Runs an admitted turn to its only outcome: opens its events, drives the agent, writes the end."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from agents.tokens import count_text
from billing.ledger import HoldClaim, Ledger
from server.domain.clock import Clock
from server.domain.errors import (
    AppError,
    Conflict,
    InsufficientCredits,
    Internal,
    QuotaExceeded,
    ServiceUnavailable,
)
from server.domain.ids import new_id
from server.domain.turn import TurnState
from server.domain.usage import CallOutcome
from server.persistence import turns
from server.persistence.database import Database, Tx
from server.protocol.codec import encode
from server.protocol.events import BalanceChanged, ConversationUpdated, Outcome
from server.telemetry.metrics import Metrics
from server.turns.admission import Admission, Admitted
from server.turns.buffer import TurnBuffer
from server.turns.feed import TurnFeed
from server.turns.journal import Journal
from server.turns.live import LiveTurns
from server.turns.meter import Meter
from server.turns.planning import Plan, payable, step
from server.turns.run import End, Run
from server.turns.settlement import Ending, Settler

log = logging.getLogger(__name__)

FIRST_FENCE = 1
"""A turn's owner writes under this fence until somebody raises it."""

SETTLE_FOR_S = 60.0
SETTLE_AGAIN_S = 0.5


class RunLimits(Struct, frozen=True, kw_only=True):
    turn_s: float
    hold_s: float
    credits_per_usd: int


class Runner:
    """``on_settled`` is called after each commit that left usage events behind."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        settler: Settler,
        admission: Admission,
        journal: Journal,
        *,
        live: LiveTurns,
        feed: TurnFeed,
        limits: RunLimits,
        clock: Clock,
        metrics: Metrics,
        on_settled: Callable[[], None],
    ) -> None:
        self._metrics = metrics
        self._database = database
        self._ledger = ledger
        self._settler = settler
        self._admission = admission
        self._journal = journal
        self._live = live
        self._feed = feed
        self._limits = limits
        self._clock = clock
        self._on_settled = on_settled

    def open(self, admitted: Admitted, plan: Plan) -> Run:
        """Make the turn visible: ``turn.started`` is ``seq`` 1, and anybody may attach."""
        turn = admitted.turn
        buffer = TurnBuffer(turn.id, turn.conversation_id, turn.user_id)
        buffer.event("turn.started", encode(admitted.started))
        run = Run(
            turn,
            plan,
            buffer,
            Meter(plan.price, count_text, self._clock),
            self._extend,
            self._clock,
        )
        self._live.add(run)
        self._journal.open(buffer, FIRST_FENCE)
        self._feed.turn_started(turn.conversation_id, turn.id)
        return run

    async def run(self, run: Run) -> None:
        """To the end. Raises nothing: what goes wrong is told to the client and to the log."""
        self._metrics.turns_running.inc()
        try:
            end = await self._drive(run)
            outcome = await self._settle(run, end) if end is not None else None
            if outcome is not None:
                self._tell(run, outcome)
        except Exception:
            log.exception("turn.lost", extra={"turn": str(run.turn.id)})
        finally:
            self._metrics.turns_running.dec()
            self._live.retire(run, asyncio.get_running_loop().time())
            run.ended.set()
            await self._admission.free(run.turn)

    async def _drive(self, run: Run) -> End | None:
        """None: another process has ended the turn, there is nothing left to write."""
        try:
            async with self._database.transaction() as tx:
                if not await turns.start_running(tx, run.turn.id, FIRST_FENCE):
                    return None
        except AppError as error:
            return End(error=error)
        run.buffer.state = TurnState.RUNNING
        return await run.drive(self._limits.turn_s)

    async def _settle(self, run: Run, end: End) -> Outcome | None:
        state = TurnState.COMPLETED
        if end.error is not None:
            state = TurnState.FAILED
        elif end.cancelled:
            state = TurnState.CANCELLED
        cut = CallOutcome.FAILED if end.error is not None else CallOutcome.CANCELLED
        run.meter.close(cut)
        ending = Ending(
            turn=run.turn,
            fence=FIRST_FENCE,
            state=state,
            seq=run.buffer.seq,
            text=run.buffer.text,
            calls=run.meter.calls,
            at=self._clock(),
            transfer_id=new_id(),
            finish_reason=end.finish_reason,
            error=end.error,
        )
        outcome = await self._write(ending)
        if outcome is None:
            return None
        run.buffer.end(state, outcome)
        self._on_settled()
        self._record(run, ending, end)
        return outcome

    async def _write(self, ending: Ending) -> Outcome | None:
        """Settle, through an outage of the database if it is a short one."""
        deadline = asyncio.get_running_loop().time() + SETTLE_FOR_S
        while True:
            try:
                return await self._settler.settle(ending)
            except ServiceUnavailable:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                log.warning("turn.settlement_waits", extra={"turn": str(ending.turn.id)})
                await asyncio.sleep(SETTLE_AGAIN_S)

    def _tell(self, run: Run, outcome: Outcome) -> None:
        turn = run.turn
        self._feed.tell_user(turn.user_id, BalanceChanged(balance=outcome.balance))
        self._feed.tell_user(
            turn.user_id,
            ConversationUpdated(conversation_id=turn.conversation_id, change="message"),
        )

    def _record(self, run: Run, ending: Ending, end: End) -> None:
        turn, state = run.turn, ending.state.value
        first = run.first_delta_ms
        self._metrics.turn_ended(
            agent=turn.agent, outcome=state, first_delta_s=None if first is None else first / 1000
        )
        for call in ending.calls:
            self._metrics.call_ended(provider=call.provider, outcome=call.outcome.value)
        log.info(
            f"turn.{state}",
            extra={
                "turn": str(turn.id),
                "user": str(turn.user_id),
                "correlation_id": turn.correlation_id,
                "model": turn.model,
                "agent": turn.agent,
                "input_tokens": sum(call.usage.input_tokens for call in ending.calls),
                "output_tokens": sum(call.usage.output_tokens for call in ending.calls),
                "cost_nano_usd": sum(call.cost_usd for call in ending.calls),
                "first_delta_ms": run.first_delta_ms,
                "finish_reason": end.finish_reason.value,
                "error": end.error.code if end.error else None,
            },
        )

    async def _extend(self, run: Run, tokens: int) -> int:
        """Hold a further step, or what can still be paid of it, while the turn is still ours.

        Raises:
            InsufficientCredits, QuotaExceeded: not even one token more.
        """
        try:
            await self._hold_step(run, tokens)
        except (InsufficientCredits, QuotaExceeded):
            tokens = min(tokens, await self._payable(run))
            if tokens == 0:
                raise
            await self._hold_step(run, tokens)
        return tokens

    async def _payable(self, run: Run) -> int:
        turn, plan = run.turn, run.plan
        async with self._database.snapshot() as tx:
            figures = await self._ledger.figures(
                tx, turn.account_id, turn.user_id, turn.month, plan.quota_limit
            )
        return payable(plan.price, 0, figures, self._limits.credits_per_usd)[0]

    async def _hold_step(self, run: Run, tokens: int) -> None:
        turn, plan = run.turn, run.plan
        wanted = step(
            plan.price,
            input_tokens=0,
            output_tokens=tokens,
            credits_per_usd=self._limits.credits_per_usd,
        )
        claim = HoldClaim(
            id=new_id(),
            turn_id=turn.id,
            step=run.steps + 1,
            account_id=turn.account_id,
            user_id=turn.user_id,
            month=turn.month,
            credits=wanted.credits,
            usd=wanted.usd,
            quota_limit=plan.quota_limit,
            expires_at=self._clock() + timedelta(seconds=self._limits.hold_s),
        )

        async def work(tx: Tx) -> None:
            if not await turns.lock_running(tx, turn.id, FIRST_FENCE):
                raise Conflict("The turn was ended elsewhere.")
            await self._ledger.hold(tx, claim)

        await self._database.run(work)


def fenced(live: LiveTurns) -> Callable[[UUID], None]:
    """What the journal calls when it hears that a turn was taken away from this process."""

    def stop(turn: UUID) -> None:
        run = live.run(turn)
        if run is not None:
            run.stop(Internal("The turn was ended by another process."))

    return stop
