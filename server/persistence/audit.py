"""The audit log: who changed what, from what to what. Only ever added to: rows and store."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import Index, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from server.domain.ids import new_id
from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx

COMMAND_LINE = "command line"
"""The address of whoever acts from a terminal of the deployment, where no request has one."""


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


class Entry(Struct, frozen=True, kw_only=True):
    """``before`` and ``after`` hold what the action changed of its target, and nothing else of it;
    None: there was no target yet, or there is none any more, or nothing to tell."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    action: str
    target_kind: str
    target_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str
    request_id: str


_COLUMNS = tuple(getattr(AuditRow, field.name) for field in structs.fields(Entry))


async def note(
    tx: Tx,
    *,
    actor: UUID | None,
    action: str,
    target_kind: str,
    target_id: UUID | str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    address: str,
    request_id: str,
) -> None:
    """Write down what ``tx`` does: so it is told if and only if it happened.

    ``action`` is ``target.verb`` (``user.role``); ``before`` and ``after`` hold JSON values, never
    a secret, nor what names a person: entries outlive their users. ``actor`` None: somebody at the
    command line, whose ``address`` is COMMAND_LINE.
    """
    await tx.execute(
        insert(AuditRow).values(
            id=new_id(),
            actor_id=actor,
            action=action,
            target_kind=target_kind,
            target_id=str(target_id),
            before=before,
            after=after,
            address=address,
            request_id=request_id,
        )
    )


async def list_entries(
    tx: Tx | Snapshot,
    *,
    actor: UUID | None,
    target: str | None,
    action: str | None,
    before: UUID | None,
    limit: int,
    begin: datetime | None = None,
    end: datetime | None = None,
) -> list[Entry]:
    """Entries that fit every filter that is not None, newest first, older than ``before``.
    ``begin`` is part of the time, ``end`` is not."""
    query = select(*_COLUMNS)
    if actor is not None:
        query = query.where(AuditRow.actor_id == actor)
    if target is not None:
        query = query.where(AuditRow.target_id == target)
    if action is not None:
        query = query.where(AuditRow.action == action)
    if begin is not None:
        query = query.where(AuditRow.at >= begin)
    if end is not None:
        query = query.where(AuditRow.at < end)
    if before is not None:
        query = query.where(AuditRow.id < before)
    rows = await tx.execute(query.order_by(AuditRow.id.desc()).limit(limit))
    return [convert(row, Entry, from_attributes=True) for row in rows]
