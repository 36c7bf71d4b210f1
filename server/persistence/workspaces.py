"""Workspaces: rows and store. Whoever is in one sees it; to everybody else it is not there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import ForeignKey, Select, func, insert, select, text, update
from sqlalchemy.orm import Mapped, aliased, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx

OWNER, MEMBER = "owner", "member"
"""Roles in a workspace. An owner decides about it, its members and its credits."""


class WorkspaceRow(Base):
    """``pays``: turns of its members in it bill the workspace's own credit account instead of
    theirs. ``requests_per_hour``: of all members together, below what the deployment allows.
    A deleted one stays as a tombstone, for its conversations, its account and the books."""

    __tablename__ = "workspaces"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    personal: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    pays: Mapped[bool] = mapped_column(server_default=text("false"))
    requests_per_hour: Mapped[int | None]
    deleted_at: Mapped[datetime | None]


class MemberRow(Base):
    __tablename__ = "workspace_members"

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str]
    joined_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Workspace(Struct, frozen=True, kw_only=True):
    """A workspace as one of its members sees it: ``role`` is theirs, ``members`` how many."""

    id: UUID
    name: str
    personal: bool
    pays: bool
    requests_per_hour: int | None
    created_at: datetime
    role: str
    members: int

    @property
    def is_owned(self) -> bool:
        return self.role == OWNER


async def insert_workspace(tx: Tx, workspace: UUID, name: str, *, personal: bool) -> None:
    await tx.execute(insert(WorkspaceRow).values(id=workspace, name=name, personal=personal))


async def insert_member(tx: Tx, workspace: UUID, user: UUID, role: str) -> None:
    await tx.execute(insert(MemberRow).values(workspace_id=workspace, user_id=user, role=role))


async def find(tx: Tx | Snapshot, workspace: UUID, user: UUID) -> Workspace | None:
    """None: there is no such workspace of which this user is a member."""
    row = (await tx.execute(_of(user).where(WorkspaceRow.id == workspace))).first()
    return None if row is None else convert(row, Workspace, from_attributes=True)


async def list_workspaces(
    tx: Tx | Snapshot, user: UUID, *, only: UUID | None = None, before: UUID | None, limit: int
) -> list[Workspace]:
    """Of which this user is a member, newest first, older than ``before``."""
    query = _of(user)
    if only is not None:
        query = query.where(WorkspaceRow.id == only)
    if before is not None:
        query = query.where(WorkspaceRow.id < before)
    rows = await tx.execute(query.order_by(WorkspaceRow.id.desc()).limit(limit))
    return [convert(row, Workspace, from_attributes=True) for row in rows]


async def name_of_shared(tx: Tx | Snapshot, workspace: UUID) -> str | None:
    """None: there is no such workspace, or it is somebody's personal one."""
    name: str | None = await tx.scalar(
        select(WorkspaceRow.name).where(
            WorkspaceRow.id == workspace, ~WorkspaceRow.personal, WorkspaceRow.deleted_at.is_(None)
        )
    )
    return name


async def lock(tx: Tx, workspace: UUID) -> None:
    """Let nobody else change it or who is in it until this transaction ends.

    A statement of its own: what is read after it is what the one before has left.
    """
    await tx.execute(
        select(WorkspaceRow.id).where(WorkspaceRow.id == workspace).with_for_update(key_share=True)
    )


async def change(tx: Tx, workspace: UUID, changes: dict[str, Any]) -> None:
    """Set columns: name, pays, requests_per_hour."""
    await tx.execute(update(WorkspaceRow).where(WorkspaceRow.id == workspace).values(**changes))


async def close(tx: Tx, workspace: UUID, now: datetime) -> None:
    await change(tx, workspace, {"deleted_at": now})


async def count_shared(tx: Tx | Snapshot, user: UUID) -> int:
    """Of how many workspaces beside their own a user is a member."""
    query = (
        select(func.count())
        .select_from(MemberRow)
        .join(WorkspaceRow, WorkspaceRow.id == MemberRow.workspace_id)
        .where(MemberRow.user_id == user, ~WorkspaceRow.personal)
    )
    return int(await tx.scalar(query) or 0)


def _of(user: UUID) -> Select[Any]:
    everybody = aliased(MemberRow)
    members = (
        select(func.count())
        .where(everybody.workspace_id == WorkspaceRow.id)
        .scalar_subquery()
        .label("members")
    )
    return (
        select(
            WorkspaceRow.id,
            WorkspaceRow.name,
            WorkspaceRow.personal,
            WorkspaceRow.pays,
            WorkspaceRow.requests_per_hour,
            WorkspaceRow.created_at,
            MemberRow.role,
            members,
        )
        .join(MemberRow, MemberRow.workspace_id == WorkspaceRow.id)
        .where(MemberRow.user_id == user, WorkspaceRow.deleted_at.is_(None))
    )
