"""Usage events that cannot be written: put aside with their reason, replayed by command."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import DecodeError, Struct, ValidationError, convert, json
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from billing.tables import DeadLetterRow
from server.persistence.database import Snapshot, Tx

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
    RETURNING dead_letters.id
)
SELECT id FROM marked ORDER BY id
""")
"""All letters about one call go together: the event is sent once."""

_WHY_NOT = text("""
SELECT dead_letters.id,
       CASE WHEN replayed_at IS NOT NULL THEN 'replayed before'
            WHEN outbox.call_id IS NULL THEN 'its event is not in the outbox'
            ELSE 'its event has been billed meanwhile' END AS reason
FROM dead_letters LEFT JOIN outbox ON outbox.call_id = dead_letters.call_id
WHERE NOT dead_letters.id = ANY(CAST(:sent AS bigint[]))
  AND CASE WHEN CAST(:ids AS bigint[]) IS NULL THEN replayed_at IS NULL
           ELSE dead_letters.id = ANY(CAST(:ids AS bigint[])) END
ORDER BY dead_letters.id
""")


class DeadLetter(Struct, frozen=True, kw_only=True, rename="camel"):
    """An event that was put aside. ``call_id`` None: not even that could be read."""

    id: int
    call_id: UUID | None
    reason: str
    at: datetime
    replayed_at: datetime | None


class Replay(Struct, frozen=True, kw_only=True):
    """Which letters were sent again, and why others were not, by their id."""

    sent: list[int]
    refused: dict[int, str]


async def put_aside(tx: Tx, entry_id: str, payload: bytes, reason: str) -> None:
    """Keep an entry that billing gave up on; the same entry again is kept once."""
    await tx.execute(
        insert(DeadLetterRow)
        .values(entry_id=entry_id, call_id=call_of(payload), payload=payload, reason=reason)
        .on_conflict_do_nothing()
    )


async def letters(tx: Tx | Snapshot) -> list[DeadLetter]:
    """All there are, oldest first."""
    columns = [getattr(DeadLetterRow, field) for field in DeadLetter.__struct_fields__]
    rows = await tx.execute(select(*columns).order_by(DeadLetterRow.id))
    return [convert(row, DeadLetter, from_attributes=True) for row in rows]


async def replay(tx: Tx, ids: Sequence[int] | None = None) -> Replay:
    """Send dead letters (None: all that wait) through the outbox again, once their reason is
    mended.

    The outbox row is the event, so a letter without one (foreign to us, or applied meanwhile)
    stays. One that fails again becomes a new letter.
    """
    named = None if ids is None else list(ids)
    sent = list((await tx.scalars(_REPLAY, {"ids": named})).all())
    refused = dict.fromkeys(named or (), "there is no such dead letter")
    for id_, reason in await tx.execute(_WHY_NOT, {"ids": named, "sent": sent}):
        refused[id_] = reason
    for id_ in sent:
        refused.pop(id_, None)
    return Replay(sent=sent, refused=refused)


def call_of(payload: bytes) -> UUID | None:
    """The call that an unreadable event is about, where at least that can be read."""
    try:
        found: Any = json.decode(payload)
        return UUID(found["callId"])
    except (
        DecodeError,
        ValidationError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
    ):
        return None
