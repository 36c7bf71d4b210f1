"""Users as far as signing in concerns them: our own, with a password or without one."""

from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import Row, func, or_, select, update

from server.persistence.database import Snapshot, Tx
from server.persistence.subscriptions import PLAN_COLUMN
from server.persistence.users import UserRow


class Login(Struct, frozen=True, kw_only=True):
    """``is_barred``: suspended, or about to be deleted. ``issuer``: of the host application by
    which alone this user signs in; None: our own. ``plan``: the one that holds, None: starter."""

    user_id: UUID
    email: str | None
    name: str
    role: str
    plan: str | None
    password_hash: str | None
    issuer: str | None
    is_barred: bool


_LOGIN = select(
    UserRow.id.label("user_id"),
    UserRow.email,
    UserRow.name,
    UserRow.role,
    PLAN_COLUMN,
    UserRow.password_hash,
    UserRow.issuer,
    or_(UserRow.suspended_at.is_not(None), UserRow.deletion_requested_at.is_not(None)).label(
        "is_barred"
    ),
).where(UserRow.deleted_at.is_(None))


async def find_by_email(tx: Tx | Snapshot, email: str) -> Login | None:
    """Whoever of our own signs in with ``email`` (normalised). What a host application says of its
    users' addresses makes none of them somebody here."""
    row = await tx.execute(
        _LOGIN.where(func.lower(UserRow.email) == email, UserRow.issuer.is_(None))
    )
    return _login(row.first())


async def find(tx: Tx | Snapshot, user: UUID) -> Login | None:
    row = await tx.execute(_LOGIN.where(UserRow.id == user))
    return _login(row.first())


async def hold(tx: Tx, user: UUID) -> Login | None:
    """The user as of now, who stays so until ``tx`` ends: whoever changes the password meanwhile
    waits, and then finds every session that was opened by the old one."""
    row = await tx.execute(_LOGIN.where(UserRow.id == user).with_for_update(read=True))
    return _login(row.first())


async def set_password(tx: Tx, user: UUID, password_hash: str, *, instead_of: str | None) -> bool:
    """False: the password is another one than ``instead_of`` by now."""
    row = await tx.execute(
        update(UserRow)
        .where(UserRow.id == user, UserRow.password_hash.is_not_distinct_from(instead_of))
        .values(password_hash=password_hash)
        .returning(UserRow.id)
    )
    return row.first() is not None


def _login(row: Row[*tuple[Any, ...]] | None) -> Login | None:
    return None if row is None else convert(row, Login, from_attributes=True)
