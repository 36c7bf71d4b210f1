"""Users: rows and store. Everybody has a personal workspace."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import (
    CheckConstraint,
    Index,
    Row,
    UniqueConstraint,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.entitlements import Entitled
from server.persistence.subscriptions import PLAN_COLUMN


class UserRow(Base):
    """``issuer`` and ``external_id``: whose user this is, and what they are called there; both
    absent: our own, who signs in here with ``email``, which only then is unique. A deleted user
    stays as a tombstone, without anything that names a person."""

    __tablename__ = "users"
    __table_args__ = (
        Index(
            "uq_users_email",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("issuer IS NULL"),
        ),
        UniqueConstraint("issuer", "external_id"),
        CheckConstraint("(issuer IS NULL) = (external_id IS NULL)", name="named_whole"),
        Index(
            "ix_users_leaving",
            "deletion_requested_at",
            postgresql_where=text("deletion_requested_at IS NOT NULL AND deleted_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str | None]
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str | None]
    ai_plan: Mapped[str | None]
    workspace_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]
    issuer: Mapped[str | None]
    external_id: Mapped[str | None]
    suspended_at: Mapped[datetime | None]
    deletion_requested_at: Mapped[datetime | None]
    own_quota_usd: Mapped[int | None]
    own_requests_per_hour: Mapped[int | None]
    own_running_turns: Mapped[int | None]


class NewUser(Struct, frozen=True, kw_only=True):
    """A user to be: ``email`` normalised, ``ai_plan`` None for the plan that nobody chose."""

    id: UUID
    email: str
    name: str
    role: str
    password_hash: str | None
    ai_plan: str | None
    workspace_id: UUID


class User(Entitled, frozen=True, kw_only=True):
    id: UUID
    email: str | None
    name: str
    role: str
    workspace_id: UUID
    created_at: datetime


_COLUMNS = (
    UserRow.id,
    UserRow.email,
    UserRow.name,
    UserRow.role,
    UserRow.workspace_id,
    UserRow.created_at,
    PLAN_COLUMN,
    UserRow.own_quota_usd,
    UserRow.own_requests_per_hour,
    UserRow.own_running_turns,
)


async def insert_user(tx: Tx, user: NewUser) -> bool:
    """False: somebody has that e-mail address already."""
    row = await tx.execute(
        pg_insert(UserRow)
        .values(**structs.asdict(user))
        .on_conflict_do_nothing()
        .returning(UserRow.id)
    )
    return row.first() is not None


async def exist(tx: Tx | Snapshot) -> bool:
    """Whether there has ever been a user, deleted ones included."""
    return bool(await tx.scalar(select(exists(select(UserRow.id)))))


async def find(tx: Tx | Snapshot, user: UUID) -> User | None:
    row = await tx.execute(
        select(*_COLUMNS).where(UserRow.id == user, UserRow.deleted_at.is_(None))
    )
    return _user(row.first())


async def lock(tx: Tx, user: UUID) -> None:
    """Of transactions that count what the user has and add to it, the next one begins here when
    this one has ended, so that each counts what the others added.

    A statement of its own, and before others lock what is the user's.
    """
    await tx.execute(select(UserRow.id).where(UserRow.id == user).with_for_update(key_share=True))


async def find_by_email(tx: Tx | Snapshot, email: str) -> User | None:
    """Whoever of our own signs in with ``email`` (normalised), in whatever case it was written."""
    row = await tx.execute(
        select(*_COLUMNS).where(
            func.lower(UserRow.email) == email,
            UserRow.issuer.is_(None),
            UserRow.deleted_at.is_(None),
        )
    )
    return _user(row.first())


def _user(row: Row[*tuple[Any, ...]] | None) -> User | None:
    return None if row is None else convert(row, User, from_attributes=True)
