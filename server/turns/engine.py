"""The turn engine: the one place where agents, money, storage, protocol and the journal meet.

A turn is admitted in one transaction, runs without touching the database, and ends in another. It
belongs to nobody's connection: whoever asked may go, and any number may follow.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from msgspec import Struct

from billing.ledger import Ledger
from billing.plans import Plans
from billing.windows import Told, untold
from server.accounts.access import Principal, require
from server.domain.clock import Clock, month_of
from server.domain.errors import AppError, Draining, NotFound
from server.domain.money import MicroCredits
from server.domain.turn import TurnState
from server.persistence import messages, turns
from server.persistence.database import Database
from server.persistence.turns import NewTurn, Turn
from server.protocol.commands import StartTurnBody, TurnRequest
from server.protocol.events import RunningTurn, TurnStarted
from server.protocol.figures import Amount, Balance, Quota
from server.turns import receipts
from server.turns.admission import Admission
from server.turns.attaching import Attacher
from server.turns.cancelling import Canceller
from server.turns.cursor import Cursor
from server.turns.feed import TurnFeed
from server.turns.live import LiveTurns
from server.turns.load import LoadGuard
from server.turns.places import Places
from server.turns.plan import Plan
from server.turns.planning import Planner
from server.turns.run import Run
from server.turns.runner import Runner
from server.turns.steps import LIKELY_TOKENS

log = logging.getLogger(__name__)

PLACES = 6
"""Turns that are admitted at once; more queue, in order. Of the database's ten connections the rest
are for turns that run: with all of them taken by who wants in, those could not begin or end."""

FINISH_S = 20.0
"""How long shutting down waits for turns to write their end."""


class Started(Struct, frozen=True):
    """``event`` without ``re``; ``cursor`` stands behind it; ``existing``: it was running."""

    event: TurnStarted
    cursor: Cursor
    existing: bool


class Attached(Struct, frozen=True):
    seq: int
    state: TurnState
    cursor: Cursor


class Estimate(Struct, frozen=True):
    input_tokens: int
    likely: Amount
    at_most: Amount
    affordable: bool


class TurnEngine:
    """What sockets and routes ask of turns. Every turn's task belongs to ``tasks``."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        plans: Plans,
        planner: Planner,
        admission: Admission,
        runner: Runner,
        attacher: Attacher,
        canceller: Canceller,
        *,
        live: LiveTurns,
        guard: LoadGuard,
        feed: TurnFeed,
        tasks: asyncio.TaskGroup,
        clock: Clock,
        credits_per_usd: int,
        on_refused: Callable[[AppError], None],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._plans = plans
        self._planner = planner
        self._admission = admission
        self._runner = runner
        self._attacher = attacher
        self.canceller = canceller
        self._tasks = tasks
        self._clock = clock
        self._credits_per_usd = credits_per_usd
        self.on_refused = on_refused
        self._beginning: set[asyncio.Task[Started]] = set()
        self._arriving = 0
        self._running: set[asyncio.Task[None]] = set()
        self.places = Places(PLACES)
        self.live = live
        self.guard = guard
        self.feed = feed
        self.is_draining = False
        self._is_finishing = False

    async def start(
        self,
        caller: Principal,
        request: StartTurnBody,
        *,
        address: str,
        correlation_id: str,
        told: Told = untold,
    ) -> Started:
        """Admit a turn and set it running. ``told`` hears how the caller's limits stand.

        Raises:
            Refused: what ``Admission.admit`` refuses; nothing is left behind.
            Draining: this process admits nothing any more.
            Overloaded: it has too much to do, or the user more than a fair share of it.
        """
        if self.is_draining:
            raise Draining("The server is restarting; try again.", retry_after=1)
        user, message = caller.user_id, request.client_message_id
        is_new = not self.live.knows(user, message)  # a repeat of what runs here adds nothing
        if is_new:
            self.check_load(user)
            self.live.enter(user, message)
            self._arriving += 1
        # A client that goes now must not leave a turn behind that was admitted and never run.
        begun = asyncio.create_task(
            self._begin(caller, request, address=address, correlation_id=correlation_id, told=told)
        )
        self._beginning.add(begun)
        begun.add_done_callback(self._beginning.discard)
        if is_new:
            begun.add_done_callback(lambda _: self._arrived(user, message))
        begun.add_done_callback(self._look_at)
        return await asyncio.shield(begun)

    def check_load(self, user: UUID) -> None:
        """Raises Overloaded: this user may start nothing here at present."""
        self.guard.check_turn(self.live.standing(user), self._arriving)

    def _arrived(self, user: UUID, message: UUID) -> None:
        self._arriving -= 1
        self.live.leave(user, message)

    def _look_at(self, begun: asyncio.Task[Started]) -> None:
        """A refusal counts, and where nobody waits for it any more is no news."""
        if not begun.cancelled() and isinstance(error := begun.exception(), AppError):
            self.on_refused(error)

    async def _begin(self, caller: Principal, request: StartTurnBody, **asked: Any) -> Started:
        async with self.places.one():
            admitted = await self._admission.admit(caller, request, **asked)
        if admitted.plan is None:
            cursor = await self._attacher.attach(caller, admitted.turn.id, 1)
            return Started(admitted.started, cursor, True)
        run = self.run(admitted.turn, admitted.started, admitted.plan)
        return Started(admitted.started, Cursor(run.buffer, 1), False)

    def run(self, turn: NewTurn, started: TurnStarted | None, plan: Plan) -> Run:
        """Set a turn running whose money is held, in a task of its own."""
        run = self._runner.open(turn, started, plan)
        task = self._tasks.create_task(self._runner.run(run))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if self._is_finishing:  # since the question came in; a drain gives it its grace
            run.stop(Draining("The server was restarted."))
        return run

    async def estimate(self, caller: Principal, request: TurnRequest) -> Estimate:
        """What the turn would probably and at most cost. Nothing is admitted or counted."""
        require(caller, "turns")
        plan = await self._planner.plan(caller, request)
        if isinstance(plan, Turn):
            raise AssertionError("a plan without a client message is never a turn")
        likely, most = (
            MicroCredits(sum(plan.shares(self._credits_per_usd, tokens)))
            for tokens in (LIKELY_TOKENS, plan.output_cap)
        )
        first = plan.first_step(self._credits_per_usd)
        figures, limit = plan.figures, plan.figures.quota_limit
        within = limit is None or limit >= figures.quota_spent + figures.quota_held + first.usd
        affordable = within and figures.spendable >= first.credits
        return Estimate(
            plan.fitted.input_tokens + sum(plan.beside),
            receipts.amount(likely, self._credits_per_usd),
            receipts.amount(most, self._credits_per_usd),
            affordable,
        )

    async def cancel(self, caller: Principal, turn_id: UUID) -> TurnState:
        """As ``Canceller.cancel``."""
        return await self.canceller.cancel(caller, turn_id)

    async def attach(
        self, caller: Principal, turn_id: UUID, after_seq: int, *, is_news: bool = False
    ) -> Attached:
        """As ``Attacher.attach``. Raises NotFound: no such turn of this user."""
        cursor = await self._attacher.attach(caller, turn_id, after_seq, is_news=is_news)
        return Attached(cursor.seq, cursor.state, cursor)

    async def running(
        self, caller: Principal, conversation_id: UUID | None = None
    ) -> list[RunningTurn]:
        """The caller's live turns, of every process; in one conversation, if it is named.

        Raises:
            NotFound: no such conversation of this user.
        """
        async with self._database.snapshot() as tx:
            if conversation_id is not None:
                place = await messages.find_place(tx, conversation_id, caller.user_id)
                if place is None:
                    raise NotFound("There is no such conversation.", path="$.conversationId")
            found = await turns.live_of(tx, caller.user_id, conversation_id)
        return [
            RunningTurn(
                turn_id=turn.id,
                conversation_id=turn.conversation_id,
                seq=buffer.seq if (buffer := self.live.buffer(turn.id)) else 0,
            )
            for turn in found
            if turn.conversation_id is not None
        ]

    async def figures(self, caller: Principal) -> tuple[Balance, Quota]:
        """What the caller has left, of credits and of this month."""
        month = month_of(self._clock())
        limit = self._plans.of(caller.plan, caller.own_limits).quota_usd
        async with self._database.snapshot() as tx:
            figures = await self._ledger.figures(
                tx, caller.account_id, caller.user_id, month, limit
            )
        return receipts.balance(figures), receipts.quota(figures, month)

    async def read(self, caller: Principal, turn_id: UUID) -> tuple[TurnState, int, str]:
        """State, newest ``seq`` and text of a turn, running or not. Raises NotFound."""
        cursor = await self._attacher.attach(caller, turn_id, 0)
        return cursor.state, cursor.seq, cursor.text

    async def end_of(self, cursor: Cursor) -> dict[str, Any]:
        """Wait for a turn's outcome and answer the terminal event as JSON values."""
        news = asyncio.Event()
        cursor.wake_with(news.set)
        try:
            while (outcome := cursor.outcome) is None:
                await news.wait()
                news.clear()
        finally:
            cursor.close()
        return outcome

    async def cancel_conversation(self, user: UUID, conversation: UUID) -> None:
        """As ``Canceller.cancel_all``."""
        await self.canceller.cancel_all(user, conversation)

    async def wait_idle(self, within_s: float) -> None:
        """Wait until no turn runs here or is on its way in, or ``within_s`` have passed."""
        ends = asyncio.get_running_loop().time() + within_s
        for tasks in (self._beginning, self._running):
            left_s = ends - asyncio.get_running_loop().time()
            if tasks:
                await asyncio.wait(set(tasks), timeout=max(left_s, 0))

    async def finish(self) -> None:
        """End what still runs as failed (``draining``), refunded, and wait until it is written."""
        self.is_draining = self._is_finishing = True
        self._runner.hurry()
        for run in self.live:
            run.stop(Draining("The server was restarted."))
        # First those that are on their way in: each becomes a turn that is stopped at once.
        for tasks in (self._beginning, self._running):
            if tasks:
                await asyncio.wait(set(tasks), timeout=FINISH_S)
        for task in self._running:
            # The database is away. Whoever starts next ends what this process could not, with the
            # help of what the task leaves on disk when it is cancelled.
            log.warning("turn.left_behind")
            task.cancel()
