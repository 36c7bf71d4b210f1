"""Secrets of mails that let somebody choose a new password: tickets of their own kind."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, insert, select

from server.persistence.credentials import TicketRow
from server.persistence.database import Snapshot, Tx

KIND: Final = "reset"


async def insert_reset(
    tx: Tx, reset: UUID, user: UUID, secret_hash: bytes, expires_at: datetime
) -> None:
    await tx.execute(
        insert(TicketRow).values(
            id=reset, user_id=user, kind=KIND, secret_hash=secret_hash, expires_at=expires_at
        )
    )


async def find_user(tx: Tx | Snapshot, secret_hash: bytes, now: datetime) -> UUID | None:
    """Whose password may be chosen anew; None: unknown, expired or withdrawn."""
    user: UUID | None = await tx.scalar(
        select(TicketRow.user_id).where(
            TicketRow.secret_hash == secret_hash,
            TicketRow.kind == KIND,
            TicketRow.expires_at > now,
        )
    )
    return user


async def withdraw_all(tx: Tx, user: UUID, now: datetime) -> frozenset[bytes]:
    """Let none of the user's mails let anybody in from now on; answers the hashes of the secrets
    that would have, so that of any number that use one at once, one finds it here."""
    rows = await tx.execute(
        delete(TicketRow)
        .where(TicketRow.user_id == user, TicketRow.kind == KIND)
        .returning(TicketRow.secret_hash, TicketRow.expires_at)
    )
    return frozenset(row.secret_hash for row in rows if row.expires_at > now)
