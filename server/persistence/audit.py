"""The audit log: who changed what, from what to what. Only ever added to: rows and store."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


class AuditRow(Base):
    """``actor_id`` None: somebody at the command line. No foreign keys: it outlives what it is
    about."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "target_id", "id"),
        Index(None, "actor_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    target_kind: Mapped[str]
    target_id: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    address: Mapped[str]
    request_id: Mapped[str]
