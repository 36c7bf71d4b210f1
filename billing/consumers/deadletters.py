"""Usage events that cannot be written: put aside with their reason, replayed by command."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import DecodeError, ValidationError, json
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from billing.tables import DeadLetterRow
from server.persistence.database import Tx

_REPLAY = text("""
WITH letters AS (
    SELECT id, call_id FROM dead_letters
    WHERE replayed_at IS NULL
      AND (CAST(:ids AS bigint[]) IS NULL OR id = ANY(CAST(:ids AS bigint[])))
    ORDER BY id FOR UPDATE
), queued AS (
    UPDATE outbox SET published_at = NULL
    FROM letters WHERE outbox.call_id = letters.call_id AND outbox.applied_at IS NULL
    RETURNING outbox.call_id
), marked AS (
    UPDATE dead_letters SET replayed_at = now()
    FROM queued WHERE dead_letters.call_id = queued.call_id AND replayed_at IS NULL
)
SELECT count(*) FROM queued
""")


async def put_aside(tx: Tx, entry_id: str, payload: bytes, reason: str) -> None:
    """Keep an entry that billing gave up on; the same entry again is kept once."""
    await tx.execute(
        insert(DeadLetterRow)
        .values(entry_id=entry_id, call_id=call_of(payload), payload=payload, reason=reason)
        .on_conflict_do_nothing()
    )


async def replay(tx: Tx, ids: Sequence[int] | None = None) -> int:
    """Send dead letters (None: all) through the outbox again, once their reason is mended.

    The outbox row is the event, so a letter without one (foreign to us, or applied meanwhile)
    stays. One that fails again becomes a new letter. Answers how many were sent.
    """
    sent = await tx.scalar(_REPLAY, {"ids": None if ids is None else list(ids)})
    return int(sent or 0)


def call_of(payload: bytes) -> UUID | None:
    """The call that an unreadable event is about, where at least that can be read."""
    try:
        found: Any = json.decode(payload)
        return UUID(found["callId"])
    except (DecodeError, ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return None
