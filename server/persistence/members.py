"""Who is in a workspace, and what their leaving takes along: store.

Whoever changes memberships has locked the workspace (``workspaces.lock``).
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from server.persistence.credentials import ApiKeyRow
from server.persistence.database import Snapshot, Tx
from server.persistence.presets import PresetRow
from server.persistence.users import UserRow
from server.persistence.workspaces import OWNER, MemberRow


class Member(Struct, frozen=True, kw_only=True):
    user_id: UUID
    name: str
    email: str | None
    role: str
    joined_at: datetime


async def find(tx: Tx | Snapshot, workspace: UUID, user: UUID) -> Member | None:
    row = (await tx.execute(_MEMBERS.where(*_one(workspace, user)))).first()
    return None if row is None else convert(row, Member, from_attributes=True)


async def list_members(
    tx: Tx | Snapshot, workspace: UUID, *, after: UUID | None, limit: int
) -> list[Member]:
    """By user, the oldest first, after that one."""
    query = _MEMBERS.where(MemberRow.workspace_id == workspace)
    if after is not None:
        query = query.where(MemberRow.user_id > after)
    rows = await tx.execute(query.order_by(MemberRow.user_id).limit(limit))
    return [convert(row, Member, from_attributes=True) for row in rows]


async def join(tx: Tx, workspace: UUID, user: UUID, role: str) -> bool:
    """False: they are a member already."""
    row = await tx.execute(
        insert(MemberRow)
        .values(workspace_id=workspace, user_id=user, role=role)
        .on_conflict_do_nothing()
        .returning(MemberRow.user_id)
    )
    return row.first() is not None


async def set_role(tx: Tx, workspace: UUID, user: UUID, role: str) -> bool:
    """False: nobody else would be an owner."""
    statement = update(MemberRow).where(*_one(workspace, user))
    if role != OWNER:
        statement = statement.where(_spare(workspace, user))
    row = await tx.execute(statement.values(role=role).returning(MemberRow.user_id))
    return row.first() is not None


async def remove(tx: Tx, workspace: UUID, user: UUID) -> bool:
    """False: nobody else would be an owner."""
    row = await tx.execute(
        delete(MemberRow)
        .where(*_one(workspace, user), _spare(workspace, user))
        .returning(MemberRow.user_id)
    )
    return row.first() is not None


async def clear(tx: Tx, workspace: UUID) -> None:
    """Everybody leaves at once: the workspace is deleted."""
    await tx.execute(delete(MemberRow).where(MemberRow.workspace_id == workspace))


async def owners(tx: Tx | Snapshot, workspace: UUID) -> list[UUID]:
    query = select(MemberRow.user_id).where(
        MemberRow.workspace_id == workspace, MemberRow.role == OWNER
    )
    return list(await tx.scalars(query.order_by(MemberRow.user_id)))


async def hand_over_presets(tx: Tx, workspace: UUID, user: UUID) -> None:
    """What somebody who has left shared there becomes that of the owner who has been there longest:
    colleagues go on using it, and no stranger can change it. The rest they take along."""
    heir = (
        select(MemberRow.user_id)
        .join(UserRow, UserRow.id == MemberRow.user_id)
        .where(
            MemberRow.workspace_id == workspace,
            MemberRow.user_id != user,
            MemberRow.role == OWNER,
            UserRow.deletion_requested_at.is_(None),
        )
        .order_by(MemberRow.joined_at, MemberRow.user_id)
        .limit(1)
        .scalar_subquery()
    )
    theirs = and_(PresetRow.workspace_id == workspace, PresetRow.user_id == user)
    await tx.execute(
        update(PresetRow).where(theirs, PresetRow.shared, heir.is_not(None)).values(user_id=heir)
    )
    await _take_home(tx, theirs)


async def take_presets_home(tx: Tx, workspace: UUID) -> None:
    """What was shared there becomes its authors' own again."""
    await _take_home(tx, PresetRow.workspace_id == workspace)


async def _take_home(tx: Tx, which: ColumnElement[bool]) -> None:
    home = select(UserRow.workspace_id).where(UserRow.id == PresetRow.user_id).scalar_subquery()
    await tx.execute(update(PresetRow).where(which).values(workspace_id=home, shared=False))


class EndedKey(Struct, frozen=True):
    user_id: UUID
    key_id: UUID


async def revoke_keys(
    tx: Tx, workspace: UUID, now: datetime, *, user: UUID | None = None
) -> list[EndedKey]:
    """Of one user, or of everybody: keys that are bound to the workspace."""
    statement = update(ApiKeyRow).where(
        ApiKeyRow.workspace_id == workspace, ApiKeyRow.revoked_at.is_(None)
    )
    if user is not None:
        statement = statement.where(ApiKeyRow.user_id == user)
    rows = await tx.execute(
        statement.values(revoked_at=now).returning(ApiKeyRow.user_id, ApiKeyRow.id)
    )
    return [EndedKey(user_id, key_id) for user_id, key_id in rows]


async def count(tx: Tx | Snapshot, workspace: UUID) -> int:
    query = select(func.count()).where(MemberRow.workspace_id == workspace)
    return int(await tx.scalar(query) or 0)


_MEMBERS = select(
    MemberRow.user_id, UserRow.name, UserRow.email, MemberRow.role, MemberRow.joined_at
).join(UserRow, UserRow.id == MemberRow.user_id)


def _one(workspace: UUID, user: UUID) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return MemberRow.workspace_id == workspace, MemberRow.user_id == user


def _spare(workspace: UUID, user: UUID) -> ColumnElement[bool]:
    """Whether the workspace has an owner without that member, who is not leaving for good."""
    other = aliased(MemberRow)
    return or_(
        MemberRow.role != OWNER,
        exists().where(
            other.workspace_id == workspace,
            other.user_id != user,
            other.role == OWNER,
            UserRow.id == other.user_id,
            UserRow.deletion_requested_at.is_(None),
        ),
    )
