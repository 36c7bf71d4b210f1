"""Each invariant of turns, outcomes and messages goes red when what it guards is broken."""

import pytest

from billing.invariants.turns import TURNS
from server.persistence.database import Database
from tests.billing.invariants.broken import broken_by

ONE_MORE = (
    "INSERT INTO messages (id, conversation_id, role, text, turn_id, state)"
    " SELECT gen_random_uuid(), conversation_id, '{role}', '', id, 'complete' FROM turns"
    " WHERE state = 'completed'"
)
RECEIPT_OF_ANOTHER = """
UPDATE turns SET outcome = jsonb_set(turns.outcome, '{receipt,calls,0,callId}',
    another.outcome->'receipt'->'calls'->0->'callId')
FROM turns AS another WHERE turns.state = 'completed' AND another.state = 'cancelled'
"""

BREAKS = [
    ("UPDATE turns SET ended_at = NULL WHERE state = 'completed'", {"I3 ends"}),
    ("UPDATE turns SET ended_at = now() WHERE state = 'admitted'", {"I3 ends"}),
    ("UPDATE turns SET outcome = NULL WHERE state = 'failed'", {"I3 ends", "I4 calls"}),
    ("UPDATE turns SET seq = seq - 1 WHERE state = 'completed'", {"I3 outcome"}),
    ("UPDATE turns SET state = 'cancelled' WHERE state = 'completed'", {"I3 outcome"}),
    (
        "UPDATE turns SET outcome = jsonb_set(outcome, '{turnId}', to_jsonb(gen_random_uuid()))"
        " WHERE state = 'failed'",
        {"I3 outcome"},
    ),
    ("UPDATE holds SET state = 'released' WHERE state = 'captured'", {"I3 resolved"}),
    ("UPDATE holds SET state = 'captured' WHERE state = 'released'", {"I3 resolved"}),
    (
        "DELETE FROM holds WHERE state = 'released'",
        {"I3 holds", "I4 receipt"},
    ),
    ("DELETE FROM messages WHERE state = 'complete' AND role = 'assistant'", {"I8 answers"}),
    ("DELETE FROM messages WHERE state = 'failed'", {"I8 answers"}),
    ("DELETE FROM messages WHERE state = 'partial'", {"I8 answers"}),
    ("UPDATE messages SET turn_id = gen_random_uuid() WHERE role = 'assistant'", {"I8 answers"}),
    ("UPDATE messages SET parent_id = NULL WHERE role = 'assistant'", {"I8 answers"}),
    (
        "UPDATE turns SET outcome = jsonb_set(outcome, '{messageId}', '\"another\"')"
        " WHERE state = 'completed'",
        {"I8 answers"},
    ),
    (ONE_MORE.format(role="user"), {"I9 messages"}),
    (ONE_MORE.format(role="assistant"), {"I9 messages"}),
    (
        "DELETE FROM messages USING turns WHERE turns.state = 'admitted'"
        " AND messages.id = user_message_id",
        {"I9 messages"},
    ),
    (
        "UPDATE messages SET role = 'assistant' FROM turns WHERE turns.state = 'admitted'"
        " AND messages.id = user_message_id",
        {"I9 messages"},
    ),
    (RECEIPT_OF_ANOTHER, {"I9 calls", "I4 calls"}),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "broken"), BREAKS)
async def test_what_is_broken_is_found(
    database: Database, statements: str, broken: set[str]
) -> None:
    assert await broken_by(database, statements) == broken


def test_every_invariant_is_broken_once() -> None:
    assert {name for _, broken in BREAKS for name in broken} >= {one.name for one in TURNS}
