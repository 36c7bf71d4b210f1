"""Webhooks of users: rows and store. What is sent to them: ``deliveries``."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ARRAY, ForeignKey, Index, Text, delete, func, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.deliveries import cancel_waiting
from server.persistence.owners import lock_owner

GONE, FAILING, BY_OWNER = "gone", "failing", "owner"
"""Why one is disabled: the receiver said 410; nothing has arrived for days; its owner wished it."""


class WebhookRow(Base):
    """``secret`` is sealed; the ``previous_secret`` signs too, until ``previous_until``. ``host``
    is that of ``url``: deliveries to one host wait for each other. ``failing_since``: when the
    first delivery failed after which none has succeeded. ``asked_at``: when its owner last had
    something sent."""

    __tablename__ = "webhooks"
    __table_args__ = (Index(None, "user_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    url: Mapped[str]
    host: Mapped[str]
    description: Mapped[str]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    secret: Mapped[bytes]
    previous_secret: Mapped[bytes | None]
    previous_until: Mapped[datetime | None]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    disabled_reason: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Webhook(Struct, frozen=True, kw_only=True):
    """Without its secrets."""

    id: UUID
    url: str
    description: str
    events: list[str]
    previous_until: datetime | None
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime


class Sealed(Struct, frozen=True, kw_only=True):
    """The secret that signs now. One before it has a week at most, and is not worth keeping."""

    id: UUID
    secret: bytes


SEALED = 500
"""Read at once."""

_COLUMNS = tuple(getattr(WebhookRow, field.name) for field in structs.fields(Webhook))

_COUNT = select(func.count()).select_from(WebhookRow)


async def add(
    tx: Tx,
    hook: UUID,
    user: UUID,
    *,
    url: str,
    host: str,
    description: str,
    events: list[str],
    secret: bytes,
    most: int,
) -> Webhook | None:
    """None: the user has as many as one may have. Two that are made at once wait for each other."""
    await lock_owner(tx, user)
    if int(await tx.scalar(_COUNT.where(WebhookRow.user_id == user)) or 0) >= most:
        return None
    row = await tx.execute(
        insert(WebhookRow)
        .values(
            id=hook,
            user_id=user,
            url=url,
            host=host,
            description=description,
            events=events,
            secret=secret,
        )
        .returning(*_COLUMNS)
    )
    return _webhook(row.one())


async def list_webhooks(
    tx: Tx | Snapshot, user: UUID, *, before: UUID | None, limit: int
) -> list[Webhook]:
    """Newest first, older than ``before``."""
    query = select(*_COLUMNS).where(WebhookRow.user_id == user)
    if before is not None:
        query = query.where(WebhookRow.id < before)
    rows = await tx.execute(query.order_by(WebhookRow.id.desc()).limit(limit))
    return [_webhook(row) for row in rows]


async def find(tx: Tx | Snapshot, hook: UUID, user: UUID) -> Webhook | None:
    """None: there is none, or it is somebody else's."""
    row = await tx.execute(select(*_COLUMNS).where(*_own(hook, user)))
    found = row.first()
    return None if found is None else _webhook(found)


async def change(tx: Tx, hook: UUID, user: UUID, changes: dict[str, Any]) -> Webhook | None:
    """Set those columns. One that is enabled, or leads elsewhere, begins anew; of one that is
    disabled nothing is sent any more that waits. None: as ``find``."""
    if not changes:
        return await find(tx, hook, user)
    if "url" in changes:
        changes = {**changes, "failing_since": None}
    if changes.get("enabled"):
        changes = {**changes, "disabled_reason": None, "failing_since": None}
    elif "enabled" in changes:
        changes = {**changes, "disabled_reason": BY_OWNER}
    row = await tx.execute(
        update(WebhookRow).where(*_own(hook, user)).values(**changes).returning(*_COLUMNS)
    )
    found = row.first()
    if found is None:
        return None
    if not found.enabled:
        await cancel_waiting(tx, hook)
    return _webhook(found)


async def rotate(
    tx: Tx, hook: UUID, user: UUID, secret: bytes, *, previous_until: datetime
) -> Webhook | None:
    """From now on ``secret`` signs; until then the one before does as well. None: as ``find``."""
    row = await tx.execute(
        update(WebhookRow)
        .where(*_own(hook, user))
        .values(secret=secret, previous_secret=WebhookRow.secret, previous_until=previous_until)
        .returning(*_COLUMNS)
    )
    found = row.first()
    return None if found is None else _webhook(found)


async def sealed(tx: Tx | Snapshot, *, after: UUID) -> list[Sealed]:
    """Some of all users' secrets, in the order of their ids."""
    rows = await tx.execute(
        select(WebhookRow.id, WebhookRow.secret)
        .where(WebhookRow.id > after)
        .order_by(WebhookRow.id)
        .limit(SEALED)
    )
    return [convert(row, Sealed, from_attributes=True) for row in rows]


async def exchange(tx: Tx, old: Sealed, secret: bytes) -> None:
    """Keep ``secret`` in the place of ``old``, unless it was rotated meanwhile."""
    await tx.execute(
        update(WebhookRow)
        .where(WebhookRow.id == old.id, WebhookRow.secret == old.secret)
        .values(secret=secret)
    )


async def remove(tx: Tx, hook: UUID, user: UUID) -> bool:
    """With all that was sent to it. False: as ``find``."""
    row = await tx.execute(delete(WebhookRow).where(*_own(hook, user)).returning(WebhookRow.id))
    return row.first() is not None


async def ask(tx: Tx, hook: UUID, now: datetime, *, since: datetime) -> bool:
    """Note that its owner has something sent. False: they did so after ``since`` already."""
    row = await tx.execute(
        update(WebhookRow)
        .where(
            WebhookRow.id == hook, WebhookRow.asked_at.is_(None) | (WebhookRow.asked_at <= since)
        )
        .values(asked_at=now)
        .returning(WebhookRow.id)
    )
    return row.first() is not None


async def succeeded(tx: Tx, hook: UUID) -> None:
    """Something has arrived there."""
    await tx.execute(
        update(WebhookRow)
        .where(WebhookRow.id == hook, WebhookRow.failing_since.is_not(None))
        .values(failing_since=None)
    )


async def failed(tx: Tx, hook: UUID, now: datetime) -> datetime | None:
    """Something has not. Answers since when nothing has; None: the webhook is gone."""
    since: datetime | None = await tx.scalar(
        update(WebhookRow)
        .where(WebhookRow.id == hook)
        .values(failing_since=func.coalesce(WebhookRow.failing_since, now))
        .returning(WebhookRow.failing_since)
    )
    return since


async def disable(tx: Tx, hook: UUID, reason: str) -> bool:
    """Send nothing there any more. False: it was disabled, or removed, before."""
    row = await tx.execute(
        update(WebhookRow)
        .where(WebhookRow.id == hook, WebhookRow.enabled)
        .values(enabled=False, disabled_reason=reason)
        .returning(WebhookRow.id)
    )
    if row.first() is None:
        return False
    await cancel_waiting(tx, hook)
    return True


def _own(hook: UUID, user: UUID) -> tuple[Any, Any]:
    return WebhookRow.id == hook, WebhookRow.user_id == user


def _webhook(row: Any) -> Webhook:
    return convert(row, Webhook, from_attributes=True)
