"""Runs an admitted turn to its only outcome: opens its events, drives the agent, writes the end."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from agents.events import CallStarted
from billing.pauses import PauseBook
from server.domain.clock import Clock
from server.domain.errors import AppError, Internal
from server.domain.ids import new_id
from server.domain.turn import TurnState
from server.domain.usage import CallOutcome
from server.persistence import turns
from server.persistence.database import Database, Tx
from server.persistence.turns import NewTurn
from server.protocol.codec import encode
from server.protocol.events import Outcome, TurnStarted
from server.telemetry.logs import fields
from server.telemetry.metrics import Metrics
from server.turns.buffer import TurnBuffer, outcome_type
from server.turns.callnotes import CallNotes
from server.turns.closing import Closer
from server.turns.counting import Counting
from server.turns.extension import Extender
from server.turns.feed import TurnFeed
from server.turns.following import OUTCOMES
from server.turns.journal import Journal
from server.turns.live import LiveTurns
from server.turns.meter import Meter
from server.turns.plan import Plan
from server.turns.pot import Pot
from server.turns.recall import Recall
from server.turns.record import Recorder, said_something
from server.turns.run import FIRST_FENCE, End, Run
from server.turns.settlement import Ending

log = logging.getLogger(__name__)


class Runner:
    """``on_settled`` is called after each commit that left usage events behind."""

    def __init__(
        self,
        database: Database,
        extender: Extender,
        closer: Closer,
        counting: Counting,
        journal: Journal,
        recall: Recall,
        pauses: PauseBook,
        *,
        live: LiveTurns,
        feed: TurnFeed,
        turn_s: float,
        credits_per_usd: int,
        clock: Clock,
        metrics: Metrics,
        recorder: Recorder,
        on_settled: Callable[[], None],
    ) -> None:
        self._metrics = metrics
        self._recorder = recorder
        self._database = database
        self._extender = extender
        self._closer = closer
        self._counting = counting
        self._journal = journal
        self._recall = recall
        self._pauses = pauses
        self._notes = CallNotes(database)
        self._live = live
        self._feed = feed
        self._turn_s = turn_s
        self._credits_per_usd = credits_per_usd
        self._clock = clock
        self._on_settled = on_settled
        self.on_ended: tuple[Callable[[Run, Outcome], None], ...] = ()
        """Hear of each turn that ended here, once its end is written."""

    def open(self, turn: NewTurn, started: TurnStarted | None, plan: Plan) -> Run:
        """Make the turn visible: ``turn.started`` is ``seq`` 1, and anybody may attach.

        Of one without a conversation nobody is told; it has no ``started`` either.
        """
        buffer = TurnBuffer(turn.id, turn.conversation_id, turn.user_id)
        if started is not None:
            buffer.event("turn.started", encode(started))
        run = Run(
            turn,
            plan,
            buffer,
            Meter(plan.tariff, self._clock),
            Pot(
                partial(self._extender.extend, turn, FIRST_FENCE),
                plan.shares(self._credits_per_usd),
            ),
            self._clock,
            credits_per_usd=self._credits_per_usd,
            load=self._recall.load,
            note=self._notes.write,
            check=self._check,
        )
        self._live.add(run)
        if turn.conversation_id is not None:
            self._journal.open(buffer, run.fence)
            self._feed.turn_started(turn.user_id, turn.conversation_id, turn.id)
            self._feed.tell_user(turn.user_id, said_something(turn.conversation_id))
        return run

    async def run(self, run: Run) -> None:
        """To the end. Raises nothing: what goes wrong is told to the client and to the log.

        A turn whose end is not written here is lost (``LiveTurns``), and ends as the database says.
        """
        self._metrics.turns_running.inc()
        try:
            end = await self._drive(run)
            outcome = await self._settle(run, end) if end is not None else None
            if outcome is None:
                log.warning("turn.taken_away", extra=fields(turn=str(run.turn.id)))
        except Exception:
            log.exception("turn.lost", extra=fields(turn=str(run.turn.id)))
        finally:
            self._metrics.turns_running.dec()
            self._live.retire(run, asyncio.get_running_loop().time())
            run.ended.set()
            await self._counting.free(run.turn)

    def _check(self, call: CallStarted) -> None:
        self._pauses.check_call(agent=call.agent, model=call.model, provider=call.provider)

    def hurry(self) -> None:
        """This process is about to end: an end that the database does not take goes to disk."""
        self._closer.hurry()

    async def _drive(self, run: Run) -> End | None:
        """None: another process has ended the turn, there is nothing left to write."""

        async def begin(tx: Tx) -> bool:
            return await turns.start_running(tx, run.turn.id, run.fence)

        try:
            if not await self._database.single(begin):
                return None
        except AppError as error:
            return End(error=error)
        except SQLAlchemyError:
            log.exception("turn.not_begun", extra=fields(turn=str(run.turn.id)))
            return End(error=Internal("The turn could not be begun."))
        run.buffer.state = TurnState.RUNNING
        return await run.drive(self._turn_s)

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
            fence=run.fence,
            state=state,
            seq=run.buffer.seq,
            text=run.buffer.text,
            calls=run.meter.calls,
            at=self._clock(),
            transfer_id=new_id(),
            finish_reason=end.finish_reason,
            error=end.error,
            result=run.result,
            worked=run.branches.worked(end.error),
        )
        outcome, ending = await self._closer.close(ending)
        if outcome is None:
            return None
        run.buffer.end(OUTCOMES[outcome_type(outcome)], outcome)
        self._on_settled()
        self._recorder.ended(ending, outcome, first_delta_ms=run.first_delta_ms)
        for hear in self.on_ended:
            hear(run, outcome)
        return outcome


def fenced(live: LiveTurns) -> Callable[[UUID], None]:
    """What the journal calls when it hears that a turn was taken away from this process."""

    def stop(turn: UUID) -> None:
        run = live.run(turn)
        if run is not None:
            run.stop(Internal("The turn was ended by another process."))

    return stop
