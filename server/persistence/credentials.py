"""What proves who somebody is, beside cookie sessions: API keys and tickets: rows and store.

Only hashes of secrets are stored.
"""

from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ColumnElement, ForeignKey, Row, delete, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.cookiesessions import CookieSessionRow
from server.persistence.database import Snapshot, Tx


class ApiKeyRow(Base):
    """``scopes``: what the key is narrowed to; ``["*"]``: everything that its user may do.

    ``workspace_id``: where its turns belong, and who pays for them; absent: the user's own.
    ``issuer``: whose users a service key may name and ask tickets for.
    """

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    prefix: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    workspace_id: Mapped[UUID | None] = mapped_column(ForeignKey("workspaces.id"))
    issuer: Mapped[str | None]


class TicketRow(Base):
    """A secret with a purpose (``kind``), for a short time.

    ``credential_kind`` and ``credential_id`` name what asked for a WebSocket ticket or the bearer
    it was exchanged for: whatever is opened by it may do no more than that, and ends with it, or at
    ``credential_expires_at`` where no row of ours says so.
    """

    __tablename__ = "tickets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    credential_kind: Mapped[str | None]
    credential_id: Mapped[UUID | None]
    credential_expires_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


TicketKind: TypeAlias = Literal["ws", "link", "bearer"]


class NewApiKey(Struct, frozen=True, kw_only=True):
    id: UUID
    user_id: UUID
    name: str
    prefix: str
    secret_hash: bytes
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    workspace_id: UUID | None = None
    issuer: str | None = None


class NewTicket(Struct, frozen=True, kw_only=True):
    id: UUID
    user_id: UUID
    kind: TicketKind
    secret_hash: bytes
    credential_kind: str | None
    credential_id: UUID | None
    expires_at: datetime
    credential_expires_at: datetime | None = None


class ApiKey(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    workspace_id: UUID | None
    issuer: str | None


KEEP_EXPIRED = timedelta(days=7)
"""How long expired secrets stay, so that a question about yesterday's sign-in has an answer."""


async def insert_key(tx: Tx, key: NewApiKey) -> None:
    await tx.execute(insert(ApiKeyRow).values(**structs.asdict(key)))


async def insert_ticket(tx: Tx, ticket: NewTicket) -> None:
    await tx.execute(insert(TicketRow).values(**structs.asdict(ticket)))


async def note_key_use(tx: Tx, key: UUID, now: datetime, unless_since: datetime) -> None:
    """Write the last use down, unless it was written after ``unless_since``."""
    await tx.execute(
        update(ApiKeyRow)
        .where(
            ApiKeyRow.id == key,
            or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at <= unless_since),
        )
        .values(last_used_at=now)
    )


async def use_link(tx: Tx, secret_hash: bytes, now: datetime) -> UUID | None:
    """Spend a sign-in link: of any number that try at once, one is told whose it is."""
    row = await tx.execute(
        update(TicketRow)
        .where(
            TicketRow.secret_hash == secret_hash,
            TicketRow.kind == "link",
            TicketRow.used_at.is_(None),
            TicketRow.expires_at > now,
        )
        .values(used_at=now)
        .returning(TicketRow.user_id)
    )
    return row.scalar_one_or_none()


_KEY_COLUMNS = tuple(getattr(ApiKeyRow, field.name) for field in structs.fields(ApiKey))


async def revoke_key(tx: Tx, key: UUID, user: UUID, now: datetime) -> ApiKey | None:
    """What the key was; None: this user has no such key that is not revoked yet."""
    row = await tx.execute(
        update(ApiKeyRow).where(*_of(key, user)).values(revoked_at=now).returning(*_KEY_COLUMNS)
    )
    return _key(row.first())


async def lock_key(tx: Tx, key: UUID, user: UUID) -> ApiKey | None:
    """The key, which nobody else changes until ``tx`` ends; None: as ``revoke_key``."""
    row = await tx.execute(select(*_KEY_COLUMNS).where(*_of(key, user)).with_for_update())
    return _key(row.first())


async def end_key_by(tx: Tx, key: UUID, at: datetime) -> None:
    """Let a key expire at that moment, if it would live longer."""
    sooner = func.least(ApiKeyRow.expires_at, at)
    await tx.execute(update(ApiKeyRow).where(ApiKeyRow.id == key).values(expires_at=sooner))


async def count_keys(tx: Tx | Snapshot, user: UUID, now: datetime) -> int:
    """Keys that are neither revoked nor expired."""
    query = select(func.count()).where(
        ApiKeyRow.user_id == user,
        ApiKeyRow.revoked_at.is_(None),
        or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > now),
    )
    return int(await tx.scalar(query) or 0)


async def list_keys(
    tx: Tx | Snapshot, user: UUID, *, before: UUID | None, limit: int
) -> list[ApiKey]:
    """Keys that are not revoked, newest first, older than ``before``."""
    query = select(*_KEY_COLUMNS).where(ApiKeyRow.user_id == user, ApiKeyRow.revoked_at.is_(None))
    if before is not None:
        query = query.where(ApiKeyRow.id < before)
    rows = await tx.execute(query.order_by(ApiKeyRow.id.desc()).limit(limit))
    return [convert(row, ApiKey, from_attributes=True) for row in rows]


def _of(key: UUID, user: UUID) -> tuple[ColumnElement[bool], ...]:
    return ApiKeyRow.id == key, ApiKeyRow.user_id == user, ApiKeyRow.revoked_at.is_(None)


def _key(row: Row[*tuple[Any, ...]] | None) -> ApiKey | None:
    return None if row is None else convert(row, ApiKey, from_attributes=True)


async def forget_expired(tx: Tx, user: UUID, now: datetime) -> None:
    """Delete this user's tickets and cookie sessions that ended long ago."""
    for row in (TicketRow, CookieSessionRow):
        await tx.execute(
            delete(row).where(row.user_id == user, row.expires_at < now - KEEP_EXPIRED)
        )
