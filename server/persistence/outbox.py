"""The outbox: usage events that leave with the transaction that settled their turn. Rows, store.

The row is the event: sent until it is applied, and applied once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from server.domain.usage import UsageEvent
from server.persistence.base import Base
from server.persistence.database import Tx
from server.persistence.prepared import Prepared, as_json

REQUEUE_AFTER_S = 60
"""Seconds on the stream without being applied, after which an event is sent again: longer than a
worker's crash and the claim of its entries take."""

SWEEP_MOST = 5_000
"""Rows that one sweep touches: some 50 ms of locks."""


class OutboxRow(Base):
    """``payload`` is a ``UsageEvent``. ``published_at``: the relay has put it on the stream (again
    null: send it again); ``applied_at``: billing has written it, in the same transaction."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_unpublished", "id", postgresql_where=text("published_at IS NULL")),
        Index("ix_outbox_unapplied", "id", postgresql_where=text("applied_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    call_id: Mapped[UUID] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]


class Queued(Struct, frozen=True, kw_only=True, gc=False):
    """An outbox row on its way to the stream; ``payload`` is the event as JSON."""

    id: int
    payload: bytes


_APPEND = Prepared("""
INSERT INTO outbox (call_id, payload)
SELECT call_id, payload::jsonb
FROM unnest(CAST(:calls AS uuid[]), CAST(:payloads AS text[])) AS event (call_id, payload)
""")

_CLAIM = Prepared("""
SELECT id, payload::text AS payload FROM outbox WHERE published_at IS NULL
ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
""")

_PUBLISHED = Prepared("UPDATE outbox SET published_at = now() WHERE id = ANY(:ids)")

_APPLIED = Prepared("""
WITH locked AS (
    SELECT id FROM outbox WHERE call_id = ANY(:calls) AND applied_at IS NULL
    ORDER BY id FOR UPDATE)
UPDATE outbox SET applied_at = now() FROM locked WHERE outbox.id = locked.id
""")


async def append(tx: Tx, events: Sequence[UsageEvent]) -> None:
    """Let events leave with this transaction: they are sent if, and only if, it commits.

    Raises:
        ValueError: there is something in one that no JSON has.
    """
    if events:
        await _APPEND.run(
            tx,
            calls=[event.call_id for event in events],
            payloads=[as_json(event) for event in events],
        )


async def claim(tx: Tx, limit: int) -> list[Queued]:
    """The oldest rows that wait to be sent and that no other relay is sending.

    By state and never by "id above the last one seen": ids become visible out of their order, as
    transactions commit, so a position would skip rows.
    """
    rows = await _CLAIM.rows(tx, most=limit)
    return [Queued(id=row["id"], payload=row["payload"].encode()) for row in rows]


async def mark_published(tx: Tx, ids: Sequence[int]) -> None:
    """The rows are on the stream; it may happen that they are put there again."""
    await _PUBLISHED.run(tx, ids=ids)


async def mark_applied(tx: Tx, calls: Sequence[UUID]) -> None:
    """Billing has written these calls, in this very transaction.

    Rows are locked in one order, so that two workers with the same calls never wait in a circle.
    """
    await _APPLIED.run(tx, calls=calls)


async def requeue_unapplied(
    tx: Tx, *, waiting_since: datetime | None, older_than_s: float = REQUEUE_AFTER_S
) -> list[UUID]:
    """Send again what was sent and never written: after a flush, a failover, a lost group.

    ``waiting_since``: whatever was sent after this moment lies on the stream unread
    (``usage_stream.waiting_since``), so it is left there, or a worker that is away for a night
    would find each event a thousand times. None: nothing is sure to be there.

    What lies among the dead letters stays there until it is replayed. Answers the calls, some
    thousand at most.
    """
    calls = await tx.scalars(
        _REQUEUE,
        {
            "age": timedelta(seconds=older_than_s),
            "since": waiting_since,
            "most": SWEEP_MOST,
        },
    )
    return list(calls.all())


async def prune(tx: Tx, older_than_days: float) -> int:
    """Forget rows written long ago, ``SWEEP_MOST`` at a time. Answers the number of rows."""
    result = await tx.execute(_PRUNE, {"age": timedelta(days=older_than_days), "most": SWEEP_MOST})
    return result.rowcount


_REQUEUE = text("""
UPDATE outbox SET published_at = NULL
WHERE id IN (
    SELECT id FROM outbox
    WHERE applied_at IS NULL AND published_at < now() - CAST(:age AS interval)
      AND (CAST(:since AS timestamptz) IS NULL
           OR published_at < CAST(:since AS timestamptz))
      AND NOT EXISTS (SELECT FROM dead_letters
                      WHERE dead_letters.call_id = outbox.call_id AND replayed_at IS NULL)
    ORDER BY id LIMIT CAST(:most AS bigint)
    FOR UPDATE SKIP LOCKED)
RETURNING call_id
""")

_PRUNE = text("""
WITH oldest AS (
    SELECT id, applied_at FROM outbox WHERE applied_at IS NOT NULL
    ORDER BY id LIMIT CAST(:most AS bigint)
    FOR UPDATE SKIP LOCKED)
DELETE FROM outbox USING oldest
WHERE outbox.id = oldest.id AND oldest.applied_at < now() - CAST(:age AS interval)
""")
"""Among the oldest rows only: a search by the moment, which no index answers, would read the whole
table whenever there is nothing to forget."""
