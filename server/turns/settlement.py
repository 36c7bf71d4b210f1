"""The end of a turn, in one transaction: outcome, answer, money, usage events. All of it or none.

Whoever ends a turn comes through here: its owner, the shutdown, and the reaper of a lost process.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, convert
from msgspec.structs import asdict

from billing.ledger import Ledger, Settlement
from billing.pricing import charged_usd
from billing.quotalimits import Used
from billing.quotas import Mark, crossed
from server.domain.errors import AppError, Draining, Internal, ServiceUnavailable, WorkerLost
from server.domain.money import MicroCredits, NanoUsd
from server.domain.turn import FinishReason, TurnState
from server.domain.usage import UsageEvent
from server.failpoints import reach
from server.persistence import outbox, results, turns
from server.persistence.database import Database, Tx
from server.persistence.results import Answer, Spent
from server.persistence.turns import NewTurn
from server.protocol.events import (
    Outcome,
    Problem,
    QuotaThreshold,
    TurnCancelled,
    TurnCompleted,
    TurnFailed,
)
from server.protocol.figures import Receipt
from server.turns import receipts, thresholds
from server.turns.counting import UNCOUNTED
from server.turns.meter import Call
from server.turns.receipts import ChargedCall, Worked

OUR_FAULT = (Draining, Internal, ServiceUnavailable, WorkerLost)
"""Failures that are never charged, whatever is done about those of providers."""


class Ending(Struct, frozen=True, kw_only=True):
    """How a turn ended, before money has been looked at. All ids are made before the transaction.

    ``seq`` is that of the newest event; the outcome takes the next. ``error`` is there for a failed
    turn, ``finish_reason`` for a completed one, ``result`` where a structured answer was due.
    """

    turn: NewTurn
    fence: int
    state: TurnState
    seq: int
    text: str
    calls: list[Call]
    at: datetime
    transfer_id: UUID
    finish_reason: FinishReason = FinishReason.STOP
    error: AppError | None = None
    result: Any | UnsetType = UNSET
    worked: list[Worked] = []
    """Where several agents did."""


class Settler:
    """Writes endings. ``charge_failed``: what a provider delivered before it failed is charged.
    ``tell`` hears, after the commit, which marks of their quota a user has passed by it."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        *,
        credits_per_usd: int,
        charge_failed: bool,
        tell: Callable[[UUID, list[QuotaThreshold]], None],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._credits_per_usd = credits_per_usd
        self._charge_failed = charge_failed
        self._tell = tell

    async def settle(self, ending: Ending) -> Outcome | None:
        """Make the ending durable and answer the event that tells of it.

        None: somebody else has ended the turn, and nothing was written. Asked again after a lost
        reply to COMMIT, it answers what that commit wrote.

        Raises:
            ServiceUnavailable: the database does not answer; ask again.
        """

        marks = list[QuotaThreshold]()

        async def work(tx: Tx) -> Outcome | None:
            turn = ending.turn
            marks.clear()
            if not await turns.end(tx, turn.id, ending.fence, ending.state, ending.at):
                return await self._committed_before(tx, ending)
            wanted = self._charges(ending)
            settled = await self._ledger.settle(
                tx,
                turn.id,
                charged=MicroCredits(sum(wanted)),
                transfer_id=ending.transfer_id,
                hold_state="captured",
                credits_per_usd=self._credits_per_usd,
            )
            charged = receipts.cover(ending.calls, wanted, settled.covered, self._credits_per_usd)
            outcome = self._outcome(ending, settled, charged)
            await outbox.append(tx, [self._usage_event(ending, call) for call in charged])
            await results.store(
                tx,
                turn.id,
                seq=outcome.seq,
                outcome=outcome,
                spent=_spent(turn, charged),
                answer=_answer(ending),
                at=ending.at,
            )
            marks.extend(await self._note(tx, ending, settled))
            reach("settlement.writing")
            return outcome

        outcome = await self._database.run(work)
        reach("settlement.committed")
        self._tell(ending.turn.user_id, marks)
        return outcome

    async def _committed_before(self, tx: Tx, ending: Ending) -> Outcome | None:
        stored = await turns.find(tx, ending.turn.id, ending.turn.user_id)
        if stored is None or stored.fence != ending.fence or stored.outcome is None:
            return None
        return outcome_of(stored.outcome)

    async def _note(self, tx: Tx, ending: Ending, settled: Settlement) -> list[QuotaThreshold]:
        """A statement for each mark that this charge has passed; mostly there is none."""
        figures, turn = settled.figures, ending.turn
        spent, limit = figures.quota_spent, figures.quota_limit
        if limit is None:
            return []
        taken = charged_usd(settled.covered, self._credits_per_usd)
        marks: list[Mark] = [*crossed(NanoUsd(spent - taken), spent, limit)]
        is_stopped = ending.finish_reason is FinishReason.QUOTA
        if is_stopped and turn.feature not in UNCOUNTED:
            marks.append(thresholds.USED_UP)
        used = Used(spent, figures.quota_held)
        return await thresholds.note(
            tx, turn.user_id, turn.month, limit, used, marks, now=ending.at
        )

    def _charges(self, ending: Ending) -> list[MicroCredits]:
        failed = ending.state is TurnState.FAILED
        ours = isinstance(ending.error, OUR_FAULT)
        delivered = bool(ending.text) and self._charge_failed and not ours
        return receipts.charge_calls(
            ending.calls,
            ending.worked,
            refund=failed and not delivered,
            charge_failed=delivered,
            credits_per_usd=self._credits_per_usd,
        )

    def _outcome(self, ending: Ending, settled: Settlement, charged: list[ChargedCall]) -> Outcome:
        seq, turn = ending.seq + 1, ending.turn
        told: Receipt = receipts.receipt(settled, charged, turn.feature, ending.worked)
        balance, quota = (
            receipts.balance(settled.figures),
            receipts.quota(settled.figures, turn.month),
        )
        if ending.state is TurnState.COMPLETED:
            return TurnCompleted(
                turn_id=turn.id,
                seq=seq,
                message_id=turn.message_id,
                finish_reason=ending.finish_reason.value,
                result=ending.result,
                receipt=told,
                balance=balance,
                quota=quota,
            )
        if ending.state is TurnState.CANCELLED:
            cancelled = TurnCancelled(
                turn_id=turn.id, seq=seq, receipt=told, balance=balance, quota=quota
            )
            if not ending.text:
                return cancelled
            return TurnCancelled(**{**asdict(cancelled), "message_id": turn.message_id})
        error = ending.error or Internal("The turn failed.")
        return TurnFailed(
            turn_id=turn.id,
            seq=seq,
            error=Problem(
                code=error.code,
                message=error.message,
                retryable=error.retryable,
                retry_after=UNSET if error.retry_after is None else error.retry_after,
            ),
            partial=bool(ending.text),
            receipt=told,
            balance=balance,
            quota=quota,
        )

    def _usage_event(self, ending: Ending, charged: ChargedCall) -> UsageEvent:
        turn, call = ending.turn, charged.call
        # Two hosts' clocks may have written the two moments.
        elapsed = max(call.ended_at - call.started_at, timedelta(0))
        return UsageEvent(
            call_id=call.call_id,
            turn_id=turn.id,
            creator_id=turn.user_id,
            workspace_id=turn.workspace_id,
            feature=turn.feature,
            agent=call.agent,
            provider=call.provider,
            model=call.model,
            usage=call.usage,
            price=call.price,
            cost_usd=call.cost_usd,
            charged=charged.charged,
            charged_usd=charged.charged_usd,
            outcome=call.outcome,
            plan=turn.plan,
            month=turn.month,
            correlation_id=turn.correlation_id,
            duration_ms=int(elapsed.total_seconds() * 1000),
            at=ending.at,
        )


def _spent(turn: NewTurn, charged: list[ChargedCall]) -> Spent | None:
    if turn.conversation_id is None:
        return None
    return Spent(
        conversation_id=turn.conversation_id,
        cost_usd=sum(call.call.cost_usd for call in charged),
        charged=sum(call.charged for call in charged),
    )


def _answer(ending: Ending) -> Answer | None:
    """The message that is kept: of an end without success only if there is something in it."""
    if not ending.text and ending.state is not TurnState.COMPLETED:
        return None
    turn = ending.turn
    return Answer(
        id=turn.message_id,
        parent_id=turn.user_message_id,
        text=ending.text,
        agent=turn.agent,
        model=_speaker(ending),
        state=message_state(ending),
    )


def _speaker(ending: Ending) -> str:
    """The model that answered, which may be one that stood in; of several agents, that of the
    first whose answer came."""
    told = next((set(one.calls) for one in ending.worked if one.status != "failed"), None)
    models = [call.model for call in ending.calls if told is None or call.call_id in told]
    return models[-1] if models else ending.turn.model


def message_state(ending: Ending) -> str:
    """How a stored answer is marked: complete, partial (stopped early) or failed."""
    if ending.state is TurnState.FAILED:
        return "failed"
    if ending.state is TurnState.CANCELLED:
        return "partial"
    cut_short = ending.finish_reason in {FinishReason.CREDITS, FinishReason.QUOTA}
    return "partial" if cut_short else "complete"


def outcome_of(stored: dict[str, object]) -> Outcome:
    """The terminal event of a turn, as its row keeps it."""
    return convert(stored, Outcome)  # type: ignore[no-any-return]
