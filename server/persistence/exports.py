"""Exports of one's own data: what was asked for and how far it is: rows and store.

As with media, a row comes before its bytes and goes after them. Whoever makes one holds it as long
as it renews ``changed_at``; then somebody else takes it over.
"""

import enum
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared

STALE_S = 60.0
"""Without a renewal, after which its maker is dead: a dozen renewals."""

ATTEMPTS = 3
"""Makers that may die of one export, before it is not made at all."""


class ExportState(enum.StrEnum):
    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"
    LEAVING = "leaving"
    """Nobody sees it any more; its bytes are being removed."""


OPEN = "state IN ('waiting', 'working')"
"""Of which a user has one at a time."""


class ExportRow(Base):
    """``done`` of ``total`` messages and uploads are in the archive, which has ``size`` bytes. Its
    bytes lie in the media storage under its id. ``boot_id``: who may be writing them."""

    __tablename__ = "exports"
    __table_args__ = (
        Index(None, "user_id", "id"),
        Index("uq_exports_open", "user_id", unique=True, postgresql_where=text(OPEN)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # Without CASCADE: whoever deletes a user sees to it that the bytes go too.
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str]
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    size: Mapped[int] = mapped_column(server_default="0")
    boot_id: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Export(Struct, frozen=True, kw_only=True):
    id: UUID
    user_id: UUID
    state: ExportState
    done: int
    total: int
    size: int
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether it is still to become ready."""
        return self.state in {ExportState.WAITING, ExportState.WORKING}


_NAMES = ", ".join(field.name for field in structs.fields(Export))
_COLUMNS = tuple(getattr(ExportRow, field.name) for field in structs.fields(Export))

_INSERT = Prepared(f"""
INSERT INTO exports (id, user_id, state, created_at, expires_at)
SELECT CAST(:id AS uuid), CAST(:user AS uuid), 'waiting', CAST(:now AS timestamptz),
       CAST(:expires AS timestamptz)
WHERE NOT EXISTS (SELECT FROM exports WHERE user_id = CAST(:user AS uuid) AND state <> 'failed'
                  AND (created_at > :since OR {OPEN}))
ON CONFLICT DO NOTHING
RETURNING {_NAMES}
""")  # noqa: S608 - the columns are ours

_CLAIM = Prepared(f"""
UPDATE exports
SET state = CASE WHEN attempts < {ATTEMPTS} THEN 'working' ELSE 'failed' END,
    boot_id = CASE WHEN attempts < {ATTEMPTS} THEN CAST(:boot AS uuid) END,
    attempts = attempts + 1, changed_at = now(), done = 0, total = 0
WHERE id = (
    SELECT id FROM exports
    WHERE {OPEN} AND (state = 'waiting' OR changed_at < now() - make_interval(secs => {STALE_S}))
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING {_NAMES}
""")  # noqa: S608

_RENEW = Prepared("""
UPDATE exports SET changed_at = now(), done = :done, total = :total
WHERE id = :id AND boot_id = :boot AND state = 'working'
RETURNING id
""")

_END = Prepared("""
UPDATE exports
SET state = 'ready', size = :size, done = :done, total = :total, boot_id = NULL, changed_at = now(),
    finished_at = now(), expires_at = :expires
WHERE id = :id AND boot_id = :boot AND state = 'working'
RETURNING id
""")

_LET_GO = Prepared("""
UPDATE exports
SET boot_id = NULL, attempts = attempts - 1,
    state = CASE state WHEN 'working' THEN 'waiting' ELSE state END
WHERE id = :id AND boot_id = :boot
""")

_DISMISS = Prepared("""
UPDATE exports SET state = 'leaving'
WHERE user_id = :user AND (id = :id OR CAST(:id AS uuid) IS NULL) AND state <> 'leaving'
RETURNING id
""")

_EXPIRE = Prepared(f"""
UPDATE exports SET state = 'leaving' WHERE expires_at <= :now AND NOT {OPEN} AND state <> 'leaving'
""")  # noqa: S608

_LEFT = Prepared(f"""
SELECT id FROM exports
WHERE state = 'leaving' AND (user_id = :user OR CAST(:user AS uuid) IS NULL)
  AND (boot_id IS NULL OR changed_at < now() - make_interval(secs => {STALE_S}))
""")  # noqa: S608

_FORGET = Prepared("""
DELETE FROM exports USING users
WHERE exports.id = :id AND state = 'leaving' AND users.id = exports.user_id
  AND (exports.created_at <= :since OR users.deletion_requested_at IS NOT NULL)
""")


async def ask(
    tx: Tx, export: UUID, user: UUID, now: datetime, *, every: timedelta, kept: timedelta
) -> Export | None:
    """None: there is one that is being made, or that was asked for less than ``every`` ago."""
    row = await _INSERT.row(
        tx, id=export, user=user, now=now, expires=now + kept, since=now - every
    )
    return _export(row)


async def newest(tx: Tx | Snapshot, user: UUID) -> Export | None:
    """The one that counts: dismissed ones do, failed ones do not."""
    row = await tx.execute(
        select(*_COLUMNS)
        .where(ExportRow.user_id == user, ExportRow.state != ExportState.FAILED)
        .order_by(ExportRow.id.desc())
        .limit(1)
    )
    found = row.first()
    return None if found is None else convert(found, Export, from_attributes=True)


async def find(tx: Tx | Snapshot, export: UUID, user: UUID) -> Export | None:
    row = await tx.execute(
        select(*_COLUMNS).where(
            ExportRow.id == export,
            ExportRow.user_id == user,
            ExportRow.state != ExportState.LEAVING,
        )
    )
    found = row.first()
    return None if found is None else convert(found, Export, from_attributes=True)


async def list_exports(
    tx: Tx | Snapshot, user: UUID, *, before: UUID | None, limit: int
) -> list[Export]:
    """Newest first, older than ``before``."""
    query = select(*_COLUMNS).where(
        ExportRow.user_id == user, ExportRow.state != ExportState.LEAVING
    )
    if before is not None:
        query = query.where(ExportRow.id < before)
    rows = await tx.execute(query.order_by(ExportRow.id.desc()).limit(limit))
    return [convert(row, Export, from_attributes=True) for row in rows]


async def claim(tx: Tx, boot: UUID) -> Export | None:
    """Take the oldest that nobody makes; a failed one has been taken too often. None: there is
    nothing to do."""
    return _export(await _CLAIM.row(tx, boot=boot))


async def renew(tx: Tx, export: UUID, boot: UUID, *, done: int, total: int) -> bool:
    """False: it is not ours any more; somebody has dismissed it or taken it over."""
    return await _RENEW.value(tx, id=export, boot=boot, done=done, total=total) is not None


async def end(
    tx: Tx, export: UUID, boot: UUID, *, done: int, total: int, size: int, expires: datetime
) -> bool:
    """Its maker has stored its bytes. False: as ``renew``."""
    figures = {"done": done, "total": total, "size": size}
    return await _END.value(tx, id=export, boot=boot, expires=expires, **figures) is not None


async def let_go(tx: Tx, export: UUID, boot: UUID) -> None:
    """We write no more of it; somebody else may, and it was no failure."""
    await _LET_GO.run(tx, id=export, boot=boot)


async def dismiss(tx: Tx, user: UUID, export: UUID | None = None) -> bool:
    """Hide one, or all of a user. False: there is none."""
    return await _DISMISS.value(tx, user=user, id=export) is not None


async def dismiss_expired(tx: Tx, now: datetime) -> None:
    await _EXPIRE.run(tx, now=now)


async def left(tx: Tx | Snapshot, user: UUID | None = None) -> list[UUID]:
    """Dismissed ones of this user, or of all, that nobody is writing: their bytes may be
    removed."""
    return [row["id"] for row in await _LEFT.rows(tx, user=user)]


async def forget(tx: Tx, export: UUID, since: datetime) -> None:
    """Its bytes are gone. One asked for after ``since`` stays, hidden, so that it counts."""
    await _FORGET.run(tx, id=export, since=since)


def _export(row: Any) -> Export | None:
    return None if row is None else convert(dict(row), Export)
