"""Invitations into workspaces: rows and store. Only hashes of their secrets are stored."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ColumnElement, ForeignKey, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.users import UserRow

KEEP_ENDED = timedelta(days=30)
"""How long somebody's address stays after the invitation has expired."""


class InvitationRow(Base):
    """``role``: what whoever accepts it will be there."""

    __tablename__ = "invitations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str]
    role: Mapped[str]
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class NewInvitation(Struct, frozen=True, kw_only=True):
    id: UUID
    workspace_id: UUID
    email: str
    role: str
    invited_by: UUID
    secret_hash: bytes
    created_at: datetime
    expires_at: datetime


class Invitation(Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    role: str
    invited_by: UUID
    created_at: datetime
    expires_at: datetime


class Accepted(Struct, frozen=True, kw_only=True):
    workspace_id: UUID
    role: str


_COLUMNS = tuple(getattr(InvitationRow, field.name) for field in structs.fields(Invitation))


async def insert_invitation(tx: Tx, invitation: NewInvitation) -> None:
    """Forgets those of the workspace that ended long ago."""
    await tx.execute(
        delete(InvitationRow).where(
            InvitationRow.workspace_id == invitation.workspace_id,
            InvitationRow.expires_at < invitation.created_at - KEEP_ENDED,
        )
    )
    await tx.execute(insert(InvitationRow).values(**structs.asdict(invitation)))


async def list_open(
    tx: Tx | Snapshot, workspace: UUID, now: datetime, *, before: UUID | None, limit: int
) -> list[Invitation]:
    """Those that can still be accepted, newest first, older than ``before``."""
    query = select(*_COLUMNS).where(InvitationRow.workspace_id == workspace, *_open(now))
    if before is not None:
        query = query.where(InvitationRow.id < before)
    rows = await tx.execute(query.order_by(InvitationRow.id.desc()).limit(limit))
    return [convert(row, Invitation, from_attributes=True) for row in rows]


async def workspace_of(tx: Tx | Snapshot, secret_hash: bytes, now: datetime) -> UUID | None:
    """Where an invitation leads that can still be accepted."""
    found: UUID | None = await tx.scalar(
        select(InvitationRow.workspace_id).where(*_acceptable(secret_hash, now))
    )
    return found


async def accept(tx: Tx, secret_hash: bytes, now: datetime) -> Accepted | None:
    """Spend an invitation: of any number that try at once, one succeeds."""
    row = await tx.execute(
        update(InvitationRow)
        .where(*_acceptable(secret_hash, now))
        .values(accepted_at=now)
        .returning(InvitationRow.workspace_id, InvitationRow.role)
    )
    found = row.first()
    return None if found is None else convert(found, Accepted, from_attributes=True)


async def revoke(tx: Tx, workspace: UUID, invitation: UUID, now: datetime) -> bool:
    """False: the workspace has no such invitation that is open."""
    row = await tx.execute(
        update(InvitationRow)
        .where(InvitationRow.id == invitation, InvitationRow.workspace_id == workspace, *_open(now))
        .values(revoked_at=now)
        .returning(InvitationRow.id)
    )
    return row.first() is not None


async def revoke_all(tx: Tx, workspace: UUID, now: datetime, *, by: UUID | None = None) -> None:
    """Those that one user has made, or all."""
    statement = update(InvitationRow).where(InvitationRow.workspace_id == workspace, *_open(now))
    if by is not None:
        statement = statement.where(InvitationRow.invited_by == by)
    await tx.execute(statement.values(revoked_at=now))


def _acceptable(secret_hash: bytes, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Like everything else that somebody has handed out, it leads nowhere while they are
    suspended."""
    suspended = select(UserRow.id).where(
        UserRow.id == InvitationRow.invited_by, UserRow.suspended_at.is_not(None)
    )
    return InvitationRow.secret_hash == secret_hash, ~suspended.exists(), *_open(now)


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        InvitationRow.accepted_at.is_(None),
        InvitationRow.revoked_at.is_(None),
        InvitationRow.expires_at > now,
    )
