"""What is sent to webhooks, at least once: rows and store.

Whoever sends one claims it by moving ``next_at`` ahead: should that process die, the delivery is
due again by itself. Rows of webhooks are locked before those of deliveries.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from server.domain.notices import FOR_ADMINS
from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared, as_json

LOGGED = 40
"""Attempts that are kept of a delivery: those of five rounds."""


class DeliveryRow(Base):
    """One event on its way to one webhook. ``body``: the JSON text that is signed, the same at each
    attempt; ``log``: one entry an attempt. ``state``: waiting, delivered, failed (given up) or
    cancelled (the webhook was disabled meanwhile)."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index(
            "ix_webhook_deliveries_due",
            "next_at",
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    webhook_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True
    )
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    event: Mapped[str]
    body: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    log: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    finished_at: Mapped[datetime | None]


class Attempt(Struct, frozen=True, kw_only=True, rename="camel"):
    """One entry of a log. ``status`` null: no answer came, for the reason in ``error``."""

    at: datetime
    status: int | None
    duration_ms: int
    excerpt: str
    error: str | None


class Delivery(Struct, frozen=True, kw_only=True):
    event_id: UUID
    event: str
    state: str
    attempts: int
    next_at: datetime
    log: list[Attempt]
    created_at: datetime
    finished_at: datetime | None


class Claim(Struct, frozen=True, kw_only=True):
    """What somebody has taken on to send, until ``next_at``. ``attempts``: with this one, since it
    was last asked for; the secrets are sealed."""

    webhook_id: UUID
    event_id: UUID
    event: str
    body: str
    attempts: int
    next_at: datetime
    user_id: UUID
    url: str
    host: str
    secret: bytes
    previous_secret: bytes | None
    previous_until: datetime | None


_COLUMNS = tuple(getattr(DeliveryRow, field.name) for field in structs.fields(Delivery))

_CLAIM = Prepared("""
WITH running AS (
    SELECT * FROM unnest(CAST(:hosts AS text[]), CAST(:counts AS bigint[])) AS busy(host, count)
), due AS (
    SELECT delivery.webhook_id, delivery.event_id, delivery.next_at, coalesce(count, 0)
             + row_number() OVER (PARTITION BY hook.host ORDER BY delivery.next_at) AS place,
           CASE WHEN hook.failing_since IS NULL THEN CAST(:each AS bigint) ELSE 1 END AS places
    FROM webhook_deliveries AS delivery JOIN webhooks AS hook ON hook.id = delivery.webhook_id
      JOIN users ON users.id = hook.user_id LEFT JOIN running ON running.host = hook.host
    WHERE delivery.state = 'waiting' AND delivery.next_at <= :now AND hook.enabled
      AND users.suspended_at IS NULL AND users.deletion_requested_at IS NULL
      AND (users.role = 'admin' OR delivery.event <> ALL(CAST(:for_admins AS text[])))
), chosen AS (
    SELECT delivery.webhook_id, delivery.event_id
    FROM due JOIN webhook_deliveries AS delivery USING (webhook_id, event_id)
    WHERE place <= places AND delivery.state = 'waiting' AND delivery.next_at <= :now
    ORDER BY place, due.next_at LIMIT :most
    FOR UPDATE OF delivery SKIP LOCKED
)
UPDATE webhook_deliveries AS delivery
SET attempts = attempts + 1, next_at = :until
FROM chosen JOIN webhooks AS hook ON hook.id = chosen.webhook_id
WHERE delivery.webhook_id = chosen.webhook_id AND delivery.event_id = chosen.event_id
RETURNING delivery.webhook_id, delivery.event_id, event, body, attempts, delivery.next_at, user_id,
          url, host, secret, previous_secret, previous_until
""")
"""Hosts take turns, so that one with much to get, or one that lets everybody wait, takes its own
places only; one at which nothing arrives has a single one."""

_LOG = Prepared(f"""
UPDATE webhook_deliveries
SET log = jsonb_path_query_array(log || CAST(:attempt AS jsonb), '$[last - {LOGGED - 1} to last]')
WHERE webhook_id = :hook AND event_id = :event_id
""")  # noqa: S608 - a number of ours

_ARRIVED = Prepared("""
UPDATE webhook_deliveries SET state = 'delivered', finished_at = :now
WHERE webhook_id = :hook AND event_id = :event_id
""")

_AGAIN = Prepared("""
UPDATE webhook_deliveries SET next_at = :next_at
WHERE webhook_id = :hook AND event_id = :event_id AND state = 'waiting' AND attempts = :attempts
""")

_GIVE_UP = Prepared("""
UPDATE webhook_deliveries SET state = 'failed', finished_at = :now
WHERE webhook_id = :hook AND event_id = :event_id AND state = 'waiting' AND attempts = :attempts
""")

_HAND_BACK = Prepared("""
UPDATE webhook_deliveries SET attempts = attempts - 1, next_at = :now
WHERE webhook_id = :hook AND event_id = :event_id AND state = 'waiting' AND attempts = :attempts
  AND next_at = :until
""")

_ASK = Prepared("""
UPDATE webhook_deliveries
SET attempts = CASE state WHEN 'waiting' THEN attempts ELSE 0 END, state = 'waiting',
    next_at = :now, finished_at = NULL
WHERE webhook_id = :hook AND event_id = :event_id
RETURNING event_id
""")

_CANCEL = Prepared("""
UPDATE webhook_deliveries SET state = 'cancelled', finished_at = now()
WHERE webhook_id = :hook AND state = 'waiting'
""")

_ADD = Prepared("""
INSERT INTO webhook_deliveries (webhook_id, event_id, event, body, state, next_at, created_at)
VALUES (:hook, :event_id, :event, :body, 'waiting', :now, :now)
""")

_FORGET = Prepared("DELETE FROM webhook_deliveries WHERE created_at < :before")


async def claim(
    tx: Tx, now: datetime, until: datetime, *, running: Mapping[str, int], each: int, most: int
) -> list[Claim]:
    """Take on what is due, ``each`` of one host at most and ``most`` in all; ``running``: how many
    of a host the caller is sending already. Nobody else takes them before ``until``."""
    rows = await _CLAIM.rows(
        tx,
        hosts=list(running),
        counts=list(running.values()),
        each=each,
        now=now,
        for_admins=[event.value for event in FOR_ADMINS],
        most=most,
        until=until,
    )
    return [convert(dict(row), Claim) for row in rows]


async def note(
    tx: Tx, claimed: Claim, attempt: Attempt, *, success: bool, next_at: datetime | None
) -> None:
    """What came of an attempt, and when the next is made; None: none is. Of an attempt that was
    taken for lost and made again meanwhile, only its success counts."""
    which = {"hook": claimed.webhook_id, "event_id": claimed.event_id}
    await _LOG.run(tx, **which, attempt=as_json(attempt))
    if success:
        await _ARRIVED.run(tx, **which, now=attempt.at)
    elif next_at is not None:
        await _AGAIN.run(tx, **which, attempts=claimed.attempts, next_at=next_at)
    else:
        await _GIVE_UP.run(tx, **which, attempts=claimed.attempts, now=attempt.at)


async def hand_back(tx: Tx, claims: Iterable[Claim], now: datetime) -> None:
    """These were not sent, or not to their end: they are due, and it was no attempt. What somebody
    has written down meanwhile, or taken on, stays as it is."""
    for claimed in sorted(claims, key=lambda claimed: (claimed.webhook_id, claimed.event_id)):
        await _HAND_BACK.run(
            tx,
            hook=claimed.webhook_id,
            event_id=claimed.event_id,
            attempts=claimed.attempts,
            until=claimed.next_at,
            now=now,
        )


async def add(tx: Tx, hook: UUID, event_id: UUID, event: str, body: str, now: datetime) -> None:
    """Send this there, whatever the webhook has asked for."""
    await _ADD.run(tx, hook=hook, event_id=event_id, event=event, body=body, now=now)


async def ask(tx: Tx, hook: UUID, event_id: UUID, now: datetime) -> bool:
    """Send it at once: again, where that has ended. False: there is no such delivery."""
    return await _ASK.value(tx, hook=hook, event_id=event_id, now=now) is not None


async def cancel_waiting(tx: Tx, hook: UUID) -> None:
    """Send nothing of what waits for this webhook."""
    await _CANCEL.run(tx, hook=hook)


async def list_deliveries(
    tx: Tx | Snapshot, hook: UUID, *, before: UUID | None, limit: int
) -> list[Delivery]:
    """Newest event first, older than ``before``."""
    query = select(*_COLUMNS).where(DeliveryRow.webhook_id == hook)
    if before is not None:
        query = query.where(DeliveryRow.event_id < before)
    rows = await tx.execute(query.order_by(DeliveryRow.event_id.desc()).limit(limit))
    return [_delivery(row) for row in rows]


async def find(tx: Tx | Snapshot, hook: UUID, event_id: UUID) -> Delivery | None:
    row = await tx.execute(
        select(*_COLUMNS).where(DeliveryRow.webhook_id == hook, DeliveryRow.event_id == event_id)
    )
    found = row.first()
    return None if found is None else _delivery(found)


async def forget(tx: Tx, before: datetime) -> None:
    """Those of events before then, also where they never arrived."""
    await _FORGET.run(tx, before=before)


def _delivery(row: Any) -> Delivery:
    return convert(row, Delivery, from_attributes=True)
