"""Turns: rows. Every change of state is one statement guarded by the state before it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


class TurnRow(Base):
    """One turn from admission to its only outcome.

    ``tip_id`` is the message that the turn continues from (null: the root): one live turn a tip.
    ``fence`` is raised by whoever takes the turn away from its owner. ``outcome`` is the terminal
    event as it was sent; ``seq`` that of the outcome once the turn has ended. ``price`` and ``month``
    are pinned at admission; ``input_tokens`` is what was counted then.
    """

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("user_id", "client_message_id"),
        Index(
            "uq_turns_live_tip",
            "conversation_id",
            "tip_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("state IN ('admitted', 'running')"),
        ),
        Index(
            "ix_turns_live_user",
            "user_id",
            postgresql_where=text("state IN ('admitted', 'running')"),
        ),
        Index(
            "ix_turns_live_boot",
            "boot_id",
            postgresql_where=text("state IN ('admitted', 'running')"),
        ),
        Index(None, "conversation_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    workspace_id: Mapped[UUID]
    account_id: Mapped[UUID]
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    client_message_id: Mapped[UUID | None]
    request_hash: Mapped[bytes]
    tip_id: Mapped[UUID | None]
    user_message_id: Mapped[UUID]
    message_id: Mapped[UUID]
    state: Mapped[str]
    fence: Mapped[int] = mapped_column(server_default="1")
    boot_id: Mapped[UUID]
    agent: Mapped[str]
    provider: Mapped[str]
    model: Mapped[str]
    feature: Mapped[str]
    plan: Mapped[str]
    month: Mapped[date]
    correlation_id: Mapped[str]
    input_tokens: Mapped[int]
    price: Mapped[dict[str, Any]]
    started: Mapped[dict[str, Any]]
    seq: Mapped[int] = mapped_column(server_default="0")
    outcome: Mapped[dict[str, Any] | None]
    cancel_requested_at: Mapped[datetime | None]
    admitted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class WorkerRow(Base):
    """One run of one process, and when it last said that it lives."""

    __tablename__ = "workers"

    boot_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    heartbeat_at: Mapped[datetime] = mapped_column(server_default=func.now())
    draining: Mapped[bool] = mapped_column(server_default=text("false"))
