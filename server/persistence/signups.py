"""Sign-ups that wait for their mail to be answered: rows and store. No user is made before that."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import delete, func, insert
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Tx


class SignUpRow(Base):
    __tablename__ = "sign_ups"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(index=True)


class NewSignUp(Struct, frozen=True, kw_only=True):
    """``email`` is normalised."""

    id: UUID
    email: str
    name: str
    password_hash: str
    secret_hash: bytes
    expires_at: datetime


class SignUp(Struct, frozen=True, kw_only=True):
    """One whose mail has been answered."""

    email: str
    name: str
    password_hash: str


async def insert_sign_up(tx: Tx, sign_up: NewSignUp) -> None:
    await tx.execute(insert(SignUpRow).values(**structs.asdict(sign_up)))


async def take(tx: Tx, secret_hash: bytes, now: datetime) -> SignUp | None:
    """Remove and answer it: of any number that try at once, one succeeds. None: unknown, expired
    or taken."""
    row = await tx.execute(
        delete(SignUpRow)
        .where(SignUpRow.secret_hash == secret_hash, SignUpRow.expires_at > now)
        .returning(SignUpRow.email, SignUpRow.name, SignUpRow.password_hash)
    )
    found = row.first()
    return None if found is None else convert(found, SignUp, from_attributes=True)


async def forget_expired(tx: Tx, now: datetime) -> None:
    await tx.execute(delete(SignUpRow).where(SignUpRow.expires_at <= now))
