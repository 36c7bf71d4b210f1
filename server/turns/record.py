"""What is said of a turn's end beside its own events: to the user's sessions, log and metrics."""

import logging
from uuid import UUID

from server.accounts.access import own_account
from server.domain.money import parse_credits, parse_usd
from server.protocol.events import BalanceChanged, ConversationUpdated, Outcome
from server.telemetry.logs import fields
from server.telemetry.metrics import Metrics
from server.turns.feed import TurnFeed
from server.turns.settlement import Ending

log = logging.getLogger(__name__)


class Recorder:
    """Called once for each turn, by whoever has made its end durable."""

    def __init__(self, feed: TurnFeed, metrics: Metrics) -> None:
        self._feed = feed
        self._metrics = metrics

    def ended(self, ending: Ending, outcome: Outcome, *, first_delta_ms: int | None = None) -> None:
        """``first_delta_ms``: None where no text came, or nobody is left who knows when."""
        turn, state = ending.turn, ending.state.value
        if turn.account_id == own_account(turn.user_id):  # else it is a workspace's balance
            self._feed.tell_user(turn.user_id, BalanceChanged(balance=outcome.balance))
        if turn.conversation_id is not None:
            self._feed.tell_user(turn.user_id, said_something(turn.conversation_id))
        self._metrics.turn_ended(
            agent=turn.agent,
            outcome=state,
            first_delta_s=None if first_delta_ms is None else first_delta_ms / 1000,
        )
        for call in outcome.receipt.calls:
            self._metrics.call_ended(
                provider=call.provider,
                feature=call.feature,
                outcome=call.outcome,
                input_tokens=call.input_tokens,
                output_tokens=call.output_tokens,
                cost=parse_usd(call.cost_usd),
                charged=parse_credits(call.charged),
            )
        log.info(
            f"turn.{state}",
            extra=fields(
                turn=str(turn.id),
                user=str(turn.user_id),
                correlation_id=turn.correlation_id,
                model=turn.model,
                agent=turn.agent,
                input_tokens=sum(call.usage.input_tokens for call in ending.calls),
                output_tokens=sum(call.usage.output_tokens for call in ending.calls),
                cost_nano_usd=sum(call.cost_usd for call in ending.calls),
                first_delta_ms=first_delta_ms,
                finish_reason=ending.finish_reason.value,
                error=ending.error.code if ending.error else None,
            ),
        )


def said_something(conversation: UUID) -> ConversationUpdated:
    """A question was stored, or its answer: lists and other pages show it at once."""
    return ConversationUpdated(conversation_id=conversation, change="message")
