"""Answers that creators keep to send again: rows and store."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ForeignKey, UniqueConstraint, delete, func, or_, select
from sqlalchemy import update as sql_update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from server.domain.errors import Conflict
from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.owners import check_room, lock_owner


class QuickReplyRow(Base):
    __tablename__ = "quick_replies"
    __table_args__ = (UniqueConstraint("user_id", "title"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str]
    text: Mapped[str]
    category: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class QuickReplyContent(Struct, frozen=True, kw_only=True):
    title: str
    text: str
    category: str


class QuickReply(QuickReplyContent, frozen=True, kw_only=True):
    id: UUID
    created_at: datetime
    updated_at: datetime


_COLUMNS = tuple(getattr(QuickReplyRow, field.name) for field in structs.fields(QuickReply))


async def add(
    tx: Tx, reply: UUID, user: UUID, content: QuickReplyContent, *, most: int
) -> QuickReply:
    """
    Raises:
        Conflict: the user has ``most``, or one of that title.
    """
    await lock_owner(tx, user)
    await check_room(tx, QuickReplyRow.user_id == user, most=most, things="quick replies")
    rows = await tx.execute(
        insert(QuickReplyRow)
        .values(id=reply, user_id=user, **structs.asdict(content))
        .on_conflict_do_nothing(index_elements=["user_id", "title"])
        .returning(*_COLUMNS)
    )
    made = rows.first()
    if made is None:
        raise _taken()
    return convert(made, QuickReply, from_attributes=True)


async def find(tx: Tx | Snapshot, reply: UUID, user: UUID) -> QuickReply | None:
    """None: there is none, or it is somebody else's."""
    rows = await tx.execute(
        select(*_COLUMNS).where(QuickReplyRow.id == reply, QuickReplyRow.user_id == user)
    )
    found = rows.first()
    return None if found is None else convert(found, QuickReply, from_attributes=True)


async def list_replies(
    tx: Tx | Snapshot,
    user: UUID,
    *,
    search: str | None,
    category: str | None,
    before: UUID | None,
    limit: int,
) -> list[QuickReply]:
    """Newest first, older than ``before``. ``search``: in title or text, whatever its case."""
    query = select(*_COLUMNS).where(QuickReplyRow.user_id == user)
    if search is not None:
        query = query.where(
            or_(
                QuickReplyRow.title.icontains(search, autoescape=True),
                QuickReplyRow.text.icontains(search, autoescape=True),
            )
        )
    if category is not None:
        query = query.where(QuickReplyRow.category == category)
    if before is not None:
        query = query.where(QuickReplyRow.id < before)
    rows = await tx.execute(query.order_by(QuickReplyRow.id.desc()).limit(limit))
    return [convert(row, QuickReply, from_attributes=True) for row in rows]


async def update(tx: Tx, reply: UUID, user: UUID, changes: dict[str, Any]) -> QuickReply | None:
    """Change fields of ``QuickReplyContent``; None: this user has no such reply.

    Raises:
        Conflict: another one has that title.
    """
    if "title" in changes:
        await lock_owner(tx, user)
        other = select(QuickReplyRow.id).where(
            QuickReplyRow.user_id == user,
            QuickReplyRow.title == changes["title"],
            QuickReplyRow.id != reply,
        )
        if await tx.scalar(other) is not None:
            raise _taken()
    rows = await tx.execute(
        sql_update(QuickReplyRow)
        .where(QuickReplyRow.id == reply, QuickReplyRow.user_id == user)
        .values(**changes, updated_at=func.now())
        .returning(*_COLUMNS)
    )
    found = rows.first()
    return None if found is None else convert(found, QuickReply, from_attributes=True)


async def remove(tx: Tx, reply: UUID, user: UUID) -> bool:
    """False: this user has no such reply."""
    rows = await tx.execute(
        delete(QuickReplyRow)
        .where(QuickReplyRow.id == reply, QuickReplyRow.user_id == user)
        .returning(QuickReplyRow.id)
    )
    return rows.first() is not None


def _taken() -> Conflict:
    return Conflict("You have a quick reply of that title.", path="$.title")
