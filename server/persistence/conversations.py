"""Conversations and their messages, which form a tree: rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


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
    __table_args__ = (Index(None, "conversation_id", "parent_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    role: Mapped[str]
    text: Mapped[str]
    parts: Mapped[list[Any] | None]
    agent: Mapped[str | None]
    model: Mapped[str | None]
    turn_id: Mapped[UUID] = mapped_column(index=True)
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
