"""Reports that creators get by themselves: rows and store."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from server.domain.cadence import Cadence
from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared


class ReportScheduleRow(Base):
    """``claimed_until``: somebody makes the one that is due; when that has passed, they have died
    or it is to be tried again. ``last_error``: why the last one was not made, as a code."""

    __tablename__ = "report_schedules"
    __table_args__ = (
        CheckConstraint("cadence IN ('weekly', 'monthly')", name="cadence"),
        Index(None, "next_at"),
    )

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    cadence: Mapped[str]
    next_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    last_generation_id: Mapped[UUID | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Schedule(Struct, frozen=True, kw_only=True):
    """``last_generation_id``: the newest report; ``last_error``: of a later one, that there is
    none."""

    cadence: Cadence
    next_at: datetime
    last_generation_id: UUID | None
    last_error: str | None
    created_at: datetime
    updated_at: datetime


class Due(Struct, frozen=True, kw_only=True):
    """A report that is due, and whoever claimed it makes until ``claimed_until``."""

    user_id: UUID
    cadence: Cadence
    due_at: datetime
    claimed_until: datetime


async def find(tx: Tx | Snapshot, user: UUID) -> Schedule | None:
    return _schedule(await _FIND.row(tx, user=user))


async def put(tx: Tx, user: UUID, cadence: Cadence, next_at: datetime, now: datetime) -> Schedule:
    """The same cadence again changes nothing.

    Raises:
        Forbidden: the user is leaving.
    """
    values = {"user": user, "cadence": cadence.value}
    await _PUT.run(tx, **values, next_at=next_at, now=now)
    return convert(dict(await _FIND.one(tx, user=user)), Schedule)


async def remove(tx: Tx, user: UUID) -> None:
    await _DELETE.run(tx, user=user)


async def claim(tx: Tx, now: datetime, until: datetime) -> Due | None:
    """The one that has been due for longest; nobody else gets it before ``until``. Of users who may
    do nothing, nothing is made. One statement. None: none is due."""
    row = await _CLAIM.row(tx, now=now, until=until)
    return None if row is None else convert(dict(row), Due)


async def keep(tx: Tx, due: Due, until: datetime) -> None:
    """Let nobody have it before ``until``, if it still is whoever's claimed it. One statement."""
    await _KEEP.run(tx, user=due.user_id, claimed=due.claimed_until, until=until)


async def settle(
    tx: Tx, due: Due, next_at: datetime, *, generation: UUID | None, error: str | None
) -> datetime | None:
    """It was made, or will not be; answers when the next one is due. None: it is somebody else's by
    now, or nobody wants it."""
    following: datetime | None = await _SETTLE.value(
        tx,
        user=due.user_id,
        claimed=due.claimed_until,
        due=due.due_at,
        next_at=next_at,
        generation=generation,
        error=error,
    )
    return following


def _schedule(row: Any) -> Schedule | None:
    return None if row is None else convert(dict(row), Schedule)


_FIND = Prepared("""
SELECT cadence, next_at, last_generation_id, last_error, created_at, updated_at
FROM report_schedules WHERE user_id = :user
""")

_PUT = Prepared("""
INSERT INTO report_schedules AS kept (user_id, cadence, next_at, created_at, updated_at)
VALUES (:user, :cadence, :next_at, :now, :now)
ON CONFLICT (user_id) DO UPDATE
SET cadence = excluded.cadence, next_at = excluded.next_at, updated_at = excluded.updated_at
WHERE kept.cadence <> excluded.cadence
""")

_DELETE = Prepared("DELETE FROM report_schedules WHERE user_id = :user")

_CLAIM = Prepared("""
UPDATE report_schedules SET claimed_until = CAST(:until AS timestamptz)
WHERE user_id = (
    SELECT user_id FROM report_schedules JOIN users ON users.id = user_id
    WHERE next_at <= :now AND (claimed_until IS NULL OR claimed_until <= :now)
      AND suspended_at IS NULL AND deletion_requested_at IS NULL AND deleted_at IS NULL
    ORDER BY next_at LIMIT 1 FOR UPDATE OF report_schedules SKIP LOCKED)
RETURNING user_id, cadence, next_at AS due_at, claimed_until
""")

_KEEP = Prepared("""
UPDATE report_schedules SET claimed_until = :until
WHERE user_id = :user AND claimed_until = :claimed
""")

_SETTLE = Prepared("""
UPDATE report_schedules
SET claimed_until = NULL,
    next_at = CASE WHEN next_at = :due THEN CAST(:next_at AS timestamptz) ELSE next_at END,
    last_generation_id = coalesce(CAST(:generation AS uuid), last_generation_id),
    last_error = CAST(:error AS text)
WHERE user_id = :user AND claimed_until = :claimed
RETURNING next_at
""")
"""Who has chosen another cadence meanwhile has chosen the next moment."""
