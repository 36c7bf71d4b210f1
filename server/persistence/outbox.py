"""The outbox: usage events that left with the transaction that settled their turn. Rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


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
