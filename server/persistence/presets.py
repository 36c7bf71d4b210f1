"""Presets: named ways of answering: rows and store."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    text,
)
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.owners import check_room, lock_owner
from server.persistence.workspaces import MemberRow


class PresetRow(Base):
    __tablename__ = "presets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    category: Mapped[str]
    description: Mapped[str]
    agent: Mapped[str | None]
    model: Mapped[str | None]
    params: Mapped[dict[str, Any]]
    instructions: Mapped[str]
    shared: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PresetContent(Struct, frozen=True, kw_only=True):
    """What its author decides. ``params`` is a ``TurnParams`` as JSON."""

    name: str
    category: str
    description: str
    agent: str | None
    model: str | None
    params: dict[str, Any]
    instructions: str
    shared: bool


class Preset(PresetContent, frozen=True, kw_only=True):
    id: UUID
    user_id: UUID
    workspace_id: UUID
    created_at: datetime
    updated_at: datetime


_COLUMNS = tuple(getattr(PresetRow, field.name) for field in structs.fields(Preset))


async def make_room(tx: Tx, user: UUID, *, most: int) -> None:
    """Before another preset of this user's, in its transaction. Raises Conflict: there are
    ``most``."""
    await lock_owner(tx, user)
    await check_room(tx, PresetRow.user_id == user, most=most, things="presets")


async def insert_preset(
    tx: Tx, preset: UUID, user: UUID, workspace: UUID, content: PresetContent
) -> Preset:
    row = await tx.execute(
        insert(PresetRow)
        .values(id=preset, user_id=user, workspace_id=workspace, **structs.asdict(content))
        .returning(*_COLUMNS)
    )
    return convert(row.one(), Preset, from_attributes=True)


async def find(tx: Tx | Snapshot, preset: UUID, user: UUID) -> Preset | None:
    """One's own preset, or one that is shared in a workspace of which one is a member."""
    row = await tx.execute(select(*_COLUMNS).where(PresetRow.id == preset, _visible(user)))
    found = row.first()
    return None if found is None else convert(found, Preset, from_attributes=True)


async def list_presets(
    tx: Tx | Snapshot,
    user: UUID,
    *,
    category: str | None,
    before: UUID | None,
    limit: int,
) -> list[Preset]:
    """Newest first, older than ``before``."""
    query = select(*_COLUMNS).where(_visible(user))
    if category is not None:
        query = query.where(PresetRow.category == category)
    if before is not None:
        query = query.where(PresetRow.id < before)
    rows = await tx.execute(query.order_by(PresetRow.id.desc()).limit(limit))
    return [convert(row, Preset, from_attributes=True) for row in rows]


async def categories(tx: Tx | Snapshot, user: UUID) -> list[tuple[str, int]]:
    """Every category that has a visible preset, and how many."""
    rows = await tx.execute(
        select(PresetRow.category, func.count())
        .where(_visible(user))
        .group_by(PresetRow.category)
        .order_by(PresetRow.category)
    )
    return [(category, count) for category, count in rows]


async def update(tx: Tx, preset: UUID, user: UUID, changes: dict[str, Any]) -> Preset | None:
    """Change fields of ``PresetContent``; None: this user has no such preset of their own."""
    row = await tx.execute(
        sql_update(PresetRow)
        .where(PresetRow.id == preset, PresetRow.user_id == user)
        .values(**changes, updated_at=func.now())
        .returning(*_COLUMNS)
    )
    found = row.first()
    return None if found is None else convert(found, Preset, from_attributes=True)


async def remove(tx: Tx, preset: UUID, user: UUID) -> bool:
    """False: this user has no such preset of their own."""
    row = await tx.execute(
        delete(PresetRow)
        .where(PresetRow.id == preset, PresetRow.user_id == user)
        .returning(PresetRow.id)
    )
    return row.first() is not None


def _visible(user: UUID) -> ColumnElement[bool]:
    mine = select(MemberRow.workspace_id).where(MemberRow.user_id == user).scalar_subquery()
    # As an array, so that it is asked once, and both sides find their rows by an index.
    is_seen = PresetRow.workspace_id == func.any(func.array(mine))
    return or_(PresetRow.user_id == user, and_(PresetRow.shared, is_seen))
