"""Cookie sessions, what a browser holds after signing in: rows and store. Secrets are hashed."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ForeignKey, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx


class CookieSessionRow(Base):
    """``address``: where it was opened from."""

    __tablename__ = "cookie_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    user_agent: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(server_default="")
    last_seen_at: Mapped[datetime | None]


class NewCookieSession(Struct, frozen=True, kw_only=True):
    id: UUID
    user_id: UUID
    secret_hash: bytes
    user_agent: str
    address: str
    last_seen_at: datetime
    expires_at: datetime


class CookieSession(Struct, frozen=True, kw_only=True):
    """An open one, as its user may see it."""

    id: UUID
    user_agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime | None
    expires_at: datetime


async def insert_session(tx: Tx, session: NewCookieSession) -> None:
    await tx.execute(insert(CookieSessionRow).values(**structs.asdict(session)))


async def list_open(
    tx: Tx | Snapshot, user: UUID, now: datetime, *, before: UUID | None, limit: int
) -> list[CookieSession]:
    """Sessions that are neither ended nor expired, newest first, older than ``before``."""
    query = select(
        CookieSessionRow.id,
        CookieSessionRow.user_agent,
        CookieSessionRow.address,
        CookieSessionRow.created_at,
        CookieSessionRow.last_seen_at,
        CookieSessionRow.expires_at,
    ).where(
        CookieSessionRow.user_id == user,
        CookieSessionRow.revoked_at.is_(None),
        CookieSessionRow.expires_at > now,
    )
    if before is not None:
        query = query.where(CookieSessionRow.id < before)
    rows = await tx.execute(query.order_by(CookieSessionRow.id.desc()).limit(limit))
    return [convert(row, CookieSession, from_attributes=True) for row in rows]


async def revoke(tx: Tx, session: UUID, user: UUID, now: datetime) -> bool:
    """False: this user has no such session that is not ended yet."""
    row = await tx.execute(
        update(CookieSessionRow)
        .where(
            CookieSessionRow.id == session,
            CookieSessionRow.user_id == user,
            CookieSessionRow.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(CookieSessionRow.id)
    )
    return row.first() is not None


async def revoke_all(tx: Tx, user: UUID, now: datetime, *, but: UUID | None = None) -> list[UUID]:
    """End every session of the user except ``but``; answers those that this has ended."""
    query = update(CookieSessionRow).where(
        CookieSessionRow.user_id == user,
        CookieSessionRow.revoked_at.is_(None),
        CookieSessionRow.expires_at > now,
    )
    if but is not None:
        query = query.where(CookieSessionRow.id != but)
    rows = await tx.execute(query.values(revoked_at=now).returning(CookieSessionRow.id))
    return [row.id for row in rows]


async def note_seen(tx: Tx, session: UUID, now: datetime, unless_since: datetime) -> None:
    """Write the last use down, unless it was written after ``unless_since``."""
    await tx.execute(
        update(CookieSessionRow)
        .where(
            CookieSessionRow.id == session,
            or_(
                CookieSessionRow.last_seen_at.is_(None),
                CookieSessionRow.last_seen_at <= unless_since,
            ),
        )
        .values(last_seen_at=now)
    )
