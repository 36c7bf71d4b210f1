"""Workspaces and who is in them: rows and store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, func, insert, text
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Tx


class WorkspaceRow(Base):
    """``pays``: turns of its members in it bill the workspace's own credit account instead of
    theirs. ``requests_per_hour``: of all members together, below what the deployment allows."""

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


async def insert_workspace(tx: Tx, workspace: UUID, name: str, *, personal: bool) -> None:
    await tx.execute(insert(WorkspaceRow).values(id=workspace, name=name, personal=personal))


async def insert_member(tx: Tx, workspace: UUID, user: UUID, role: str) -> None:
    await tx.execute(insert(MemberRow).values(workspace_id=workspace, user_id=user, role=role))
