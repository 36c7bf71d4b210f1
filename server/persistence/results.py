"""What a turn leaves behind: its outcome, its answer, and what its conversation has cost so far."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from server.domain.ids import MessageId
from server.persistence.database import Tx
from server.persistence.prepared import Prepared, as_json


class Answer(Struct, frozen=True, kw_only=True, gc=False):
    """``state``: complete, partial (cancelled or stopped early) or failed."""

    id: MessageId
    parent_id: MessageId
    text: str
    agent: str
    model: str
    state: str


class Spent(Struct, frozen=True, kw_only=True, gc=False):
    """Nano-dollars and micro-credits of one turn in its conversation."""

    conversation_id: UUID
    cost_usd: int
    charged: int


_OUTCOME = Prepared("""
UPDATE turns SET seq = :seq, outcome = CAST(:outcome AS jsonb) WHERE id = :turn
""")

_GENERATED = Prepared("""
WITH ended AS (
    UPDATE turns SET seq = :seq, outcome = CAST(:outcome AS jsonb)
    WHERE id = CAST(:turn AS uuid)
)
UPDATE generations SET text = :text WHERE id = CAST(:turn AS uuid)
""")

_BOOK = Prepared("""
WITH ended AS (
    UPDATE turns SET seq = :seq, outcome = CAST(:outcome AS jsonb)
    WHERE id = CAST(:turn AS uuid)
)
UPDATE conversations
SET cost_usd = cost_usd + CAST(:cost_usd AS bigint), charged = charged + CAST(:charged AS bigint),
    updated_at = now()
WHERE id = CAST(:conversation AS uuid)
""")

_ANSWER = Prepared("""
WITH ended AS (
    UPDATE turns SET seq = :seq, outcome = CAST(:outcome AS jsonb)
    WHERE id = CAST(:turn AS uuid)
), answer AS (
    INSERT INTO messages (id, conversation_id, parent_id, role, text, agent, model, turn_id, state,
                          created_at)
    VALUES (CAST(:answer AS uuid), CAST(:conversation AS uuid), :parent, 'assistant', :text, :agent,
            :model, CAST(:turn AS uuid), :state, :at)
)
UPDATE conversations
SET leaf_message_id = CAST(:answer AS uuid), message_count = message_count + 1,
    cost_usd = cost_usd + CAST(:cost_usd AS bigint), charged = charged + CAST(:charged AS bigint),
    updated_at = now()
WHERE id = CAST(:conversation AS uuid)
""")


async def store(
    tx: Tx,
    turn: UUID,
    *,
    seq: int,
    outcome: Any,
    spent: Spent | None = None,
    answer: Answer | None = None,
    at: datetime,
) -> None:
    """The terminal event, in the transaction that ended the turn; ``spent`` where it belongs to a
    conversation, whose new tip is ``answer``. Without one its text is for the history, if it is
    kept there. One statement.

    Raises:
        ValueError: there is something in it that no JSON has.
    """
    ended = {"turn": turn, "seq": seq, "outcome": as_json(outcome)}
    if spent is None:
        if answer is None:
            await _OUTCOME.run(tx, **ended)
        else:
            await _GENERATED.run(tx, **ended, text=answer.text)
        return
    ended |= {
        "conversation": spent.conversation_id,
        "cost_usd": spent.cost_usd,
        "charged": spent.charged,
    }
    if answer is None:
        await _BOOK.run(tx, **ended)
        return
    await _ANSWER.run(
        tx,
        **ended,
        answer=answer.id,
        parent=answer.parent_id,
        text=answer.text,
        agent=answer.agent,
        model=answer.model,
        state=answer.state,
        at=at,
    )
