"""Conversations and their messages, which form a tree: rows, and the store of readers."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx

NEW_TITLE = "New conversation"
"""Of one that nobody has named: its first message does."""


class ConversationRow(Base):
    """``leaf_message_id`` is the newest leaf: the tip that a turn without a parent continues."""

    __tablename__ = "conversations"
    __table_args__ = (Index(None, "user_id", "updated_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    title: Mapped[str]
    agent: Mapped[str | None]
    model: Mapped[str | None]
    preset_id: Mapped[UUID | None]
    leaf_message_id: Mapped[UUID | None]
    message_count: Mapped[int] = mapped_column(server_default="0")
    cost_usd: Mapped[int] = mapped_column(server_default="0")
    charged: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]


class MessageRow(Base):
    """``state`` of an answer: complete, partial (cancelled or stopped early) or failed."""

    __tablename__ = "messages"
    __table_args__ = (
        Index(None, "conversation_id", "parent_id"),
        Index(
            "ix_messages_text_trigrams",
            "text",
            postgresql_using="gin",
            postgresql_ops={"text": "gin_trgm_ops"},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    parent_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[str]
    text: Mapped[str]
    parts: Mapped[list[Any] | None]
    agent: Mapped[str | None]
    model: Mapped[str | None]
    turn_id: Mapped[UUID] = mapped_column(index=True)
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Conversation(Struct, frozen=True, kw_only=True):
    """``cost_usd`` in nano-dollars, ``charged`` in micro-credits: sums over its turns."""

    id: UUID
    title: str
    agent: str | None
    model: str | None
    preset_id: UUID | None
    leaf_message_id: UUID | None
    message_count: int
    cost_usd: int
    charged: int
    created_at: datetime
    updated_at: datetime


class Position(NamedTuple):
    """A place in the list of conversations: what the last one read was sorted by."""

    updated_at: datetime
    id: UUID


_COLUMNS = tuple(getattr(ConversationRow, field.name) for field in structs.fields(Conversation))


def columns() -> Select[Any]:
    """A query for all that a ``Conversation`` tells."""
    return select(*_COLUMNS)


async def insert_conversation(
    tx: Tx,
    conversation: UUID,
    user: UUID,
    workspace: UUID,
    *,
    title: str,
    agent: str | None,
    model: str | None,
    preset: UUID | None,
) -> Conversation:
    row = await tx.execute(
        insert(ConversationRow)
        .values(
            id=conversation,
            user_id=user,
            workspace_id=workspace,
            title=title,
            agent=agent,
            model=model,
            preset_id=preset,
        )
        .returning(*_COLUMNS)
    )
    return convert(row.one(), Conversation, from_attributes=True)


async def find(tx: Tx | Snapshot, conversation: UUID, user: UUID) -> Conversation | None:
    row = await tx.execute(select(*_COLUMNS).where(*_own(conversation, user)))
    found = row.first()
    return None if found is None else convert(found, Conversation, from_attributes=True)


async def list_conversations(
    tx: Tx | Snapshot, user: UUID, *, search: str | None, after: Position | None, limit: int
) -> list[Conversation]:
    """Last changed first. ``search`` is looked for in titles and in what was said.

    One that changes while a reader pages moves to the front: it is seen again there, and none of
    the others is skipped or repeated.
    """
    query = select(*_COLUMNS).where(
        ConversationRow.user_id == user, ConversationRow.deleted_at.is_(None)
    )
    if search:
        said = exists().where(
            MessageRow.conversation_id == ConversationRow.id,
            MessageRow.text.icontains(search, autoescape=True),
        )
        query = query.where(or_(ConversationRow.title.icontains(search, autoescape=True), said))
    if after is not None:
        query = query.where(
            tuple_(ConversationRow.updated_at, ConversationRow.id)
            < tuple_(literal(after.updated_at), literal(after.id))
        )
    rows = await tx.execute(
        query.order_by(ConversationRow.updated_at.desc(), ConversationRow.id.desc()).limit(limit)
    )
    return [convert(row, Conversation, from_attributes=True) for row in rows]


async def rename(
    tx: Tx, conversation: UUID, user: UUID, title: str, *, expected: str | None = None
) -> Conversation | None:
    """None: this user has no such conversation, or it is not called ``expected`` any more. Its
    place in the list stays."""
    statement = update(ConversationRow).where(*_own(conversation, user))
    if expected is not None:
        statement = statement.where(ConversationRow.title == expected)
    row = await tx.execute(statement.values(title=title).returning(*_COLUMNS))
    found = row.first()
    return None if found is None else convert(found, Conversation, from_attributes=True)


async def remove(tx: Tx, conversation: UUID, user: UUID, now: datetime) -> bool:
    """Hide it for good; False: this user has no such conversation."""
    row = await tx.execute(
        update(ConversationRow)
        .where(*_own(conversation, user))
        .values(deleted_at=now)
        .returning(ConversationRow.id)
    )
    return row.first() is not None


def _own(conversation: UUID, user: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        ConversationRow.id == conversation,
        ConversationRow.user_id == user,
        ConversationRow.deleted_at.is_(None),
    )
