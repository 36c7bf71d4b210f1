"""Exports of one's own data: what was asked for and how far it is: rows and store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


class ExportRow(Base):
    """``state``: waiting, working, ready, failed. ``done`` of ``total`` things are in the archive;
    ``size`` in bytes. Whoever works on it renews ``changed_at``. Its bytes lie in the media storage
    under its id, until ``expires_at``."""

    __tablename__ = "exports"
    __table_args__ = (
        Index(None, "user_id", "id"),
        Index(
            "ix_exports_open",
            "changed_at",
            postgresql_where=text("state IN ('waiting', 'working')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str]
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    size: Mapped[int] = mapped_column(server_default="0")
    boot_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
