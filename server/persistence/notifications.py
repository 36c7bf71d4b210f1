"""Notifications of users: rows and store. They are written by ``notices``."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ForeignKey, Index, UniqueConstraint, Update, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from server.domain.notices import Notice, Severity
from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx


class NotificationRow(Base):
    """``event`` is a ``Notice``; ``data`` its figures as JSON. ``key`` makes it happen once."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index(None, "user_id", "id"),
        Index(
            "ix_notifications_unread",
            "user_id",
            "id",
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    event: Mapped[str]
    severity: Mapped[str]
    data: Mapped[dict[str, Any]]
    key: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    read_at: Mapped[datetime | None]


class Notification(Struct, frozen=True, kw_only=True):
    id: UUID
    event: str
    severity: Severity
    data: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


_COLUMNS = tuple(getattr(NotificationRow, field.name) for field in structs.fields(Notification))


async def list_notifications(
    tx: Tx | Snapshot,
    user: UUID,
    *,
    unread: bool,
    before: UUID | None,
    limit: int,
    kind: str | None = None,
) -> list[Notification]:
    """Newest first, older than ``before``; ``unread``: those alone; ``kind``: those alone whose
    event is called ``kind.…``."""
    query = select(*_COLUMNS).where(NotificationRow.user_id == user)
    if unread:
        query = query.where(NotificationRow.read_at.is_(None))
    if kind is not None:
        query = query.where(NotificationRow.event.startswith(f"{kind}.", autoescape=True))
    if before is not None:
        query = query.where(NotificationRow.id < before)
    rows = await tx.execute(query.order_by(NotificationRow.id.desc()).limit(limit))
    return [convert(row, Notification, from_attributes=True) for row in rows]


async def count_unread(tx: Tx | Snapshot, user: UUID) -> int:
    query = select(func.count()).where(
        NotificationRow.user_id == user, NotificationRow.read_at.is_(None)
    )
    return int(await tx.scalar(query) or 0)


async def exists(tx: Tx | Snapshot, notification: UUID, user: UUID) -> bool:
    """False: there is none, or it is somebody else's."""
    query = select(NotificationRow.id).where(
        NotificationRow.id == notification, NotificationRow.user_id == user
    )
    return await tx.scalar(query) is not None


async def read(tx: Tx, notification: UUID, user: UUID, now: datetime) -> None:
    """That one has been read; when, only the first time says."""
    await tx.execute(_unread(user, now).where(NotificationRow.id == notification))


async def read_up_to(tx: Tx, last: UUID, user: UUID, now: datetime) -> None:
    """All that the user had when ``last`` came, and it."""
    await tx.execute(_unread(user, now).where(NotificationRow.id <= last))


async def read_event(tx: Tx, event: Notice, user: UUID, now: datetime) -> None:
    """All that told of such an event: it holds no more."""
    await tx.execute(_unread(user, now).where(NotificationRow.event == event))


def _unread(user: UUID, now: datetime) -> Update:
    return (
        update(NotificationRow)
        .where(NotificationRow.user_id == user, NotificationRow.read_at.is_(None))
        .values(read_at=now)
    )
