"""Media: what was uploaded, whose it is and where it stands; the bytes lie elsewhere.

A row comes before its bytes and goes after them, so whatever bytes there are, a row names them.
Readers see only what is kept.
"""

import enum
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ForeignKey, Index, delete, func, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx


class MediaState(enum.StrEnum):
    ARRIVING = "arriving"
    """Its bytes are being written."""
    KEPT = "kept"
    LEAVING = "leaving"
    """Nobody sees it any more; its bytes are being removed."""


UNSETTLED = "state <> 'kept'"
"""Written out, so that the index serves: it is no parameter's."""


class MediaRow(Base):
    """``kind``: image or file. ``width`` and ``height`` of a picture in pixels, else 0."""

    __tablename__ = "media"
    __table_args__ = (
        Index(None, "user_id", "id"),
        Index("ix_media_unsettled", "changed_at", postgresql_where=text(UNSETTLED)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # Without CASCADE: whoever deletes a user sees to it that the bytes go too.
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    kind: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[bytes]
    name: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class NewMedia(Struct, frozen=True, kw_only=True):
    """``size`` in bytes."""

    id: UUID
    user_id: UUID
    workspace_id: UUID
    kind: str
    media_type: str
    size: int
    sha256: bytes
    name: str
    width: int
    height: int


class Media(NewMedia, frozen=True, kw_only=True):
    created_at: datetime


_COLUMNS = tuple(getattr(MediaRow, field.name) for field in structs.fields(Media))


async def add(tx: Tx, new: NewMedia) -> None:
    """Announce bytes that are about to be written."""
    await tx.execute(insert(MediaRow).values(**structs.asdict(new), state=MediaState.ARRIVING))


async def keep(tx: Tx, media: UUID) -> Media | None:
    """Its bytes are there. None: it took so long that somebody has begun to clear it away."""
    row = await tx.execute(
        update(MediaRow)
        .where(MediaRow.id == media, MediaRow.state == MediaState.ARRIVING)
        .values(state=MediaState.KEPT, changed_at=func.now())
        .returning(*_COLUMNS)
    )
    found = row.first()
    return None if found is None else convert(found, Media, from_attributes=True)


async def find(tx: Tx | Snapshot, media: UUID, user: UUID) -> Media | None:
    return (await find_all(tx, [media], user)).get(media)


async def find_all(tx: Tx | Snapshot, ids: Collection[UUID], user: UUID) -> dict[UUID, Media]:
    """Those of ``ids`` that are there and this user's."""
    rows = await tx.execute(
        select(*_COLUMNS).where(
            MediaRow.id.in_(list(ids)),
            MediaRow.user_id == user,
            MediaRow.state == MediaState.KEPT,
        )
    )
    found = [convert(row, Media, from_attributes=True) for row in rows]
    return {media.id: media for media in found}


async def total_bytes(tx: Tx | Snapshot, user: UUID) -> int:
    """Of everything that this user keeps, or is about to."""
    total = await tx.scalar(
        select(func.coalesce(func.sum(MediaRow.size), 0)).where(
            MediaRow.user_id == user, MediaRow.state != MediaState.LEAVING
        )
    )
    return int(total or 0)


async def dismiss(tx: Tx, media: UUID, user: UUID) -> bool:
    """Hide it for good; its bytes may now be removed. False: this user has no such media."""
    row = await tx.execute(
        update(MediaRow)
        .where(MediaRow.id == media, MediaRow.user_id == user, MediaRow.state != MediaState.LEAVING)
        .values(state=MediaState.LEAVING, changed_at=func.now())
        .returning(MediaRow.id)
    )
    return row.first() is not None


async def dismiss_left(tx: Tx, age: timedelta, limit: int) -> list[UUID]:
    """What somebody should have kept or removed ``age`` ago, and did not live to: it is hidden, and
    its bytes are to be removed."""
    left = (
        select(MediaRow.id)
        .where(text(UNSETTLED), MediaRow.changed_at <= func.now() - age)
        .order_by(MediaRow.changed_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    # Found first, in a statement of its own: inside the update PostgreSQL may look for it once a
    # row, and each time skip what it has locked itself.
    found = list((await tx.execute(left)).scalars())
    await tx.execute(
        update(MediaRow)
        .where(MediaRow.id.in_(found))
        .values(state=MediaState.LEAVING, changed_at=func.now())
    )
    return found


async def forget(tx: Tx, media: UUID) -> None:
    """Its bytes are gone."""
    await tx.execute(
        delete(MediaRow).where(MediaRow.id == media, MediaRow.state == MediaState.LEAVING)
    )
