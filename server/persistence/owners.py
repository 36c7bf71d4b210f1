"""Of some things a user may have so many and no more, however many requests make them at once."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text

from server.domain.errors import Conflict
from server.persistence.database import Tx

_LOCK = text("SELECT FROM users WHERE id = :user FOR NO KEY UPDATE")


async def lock_owner(tx: Tx, user: UUID) -> None:
    """Whoever else makes or renames something of this user's waits until ``tx`` is over."""
    await tx.execute(_LOCK, {"user": user})


async def check_room(tx: Tx, theirs: ColumnElement[bool], *, most: int, things: str) -> None:
    """``theirs``: which rows count. Call it with the owner locked.

    Raises:
        Conflict: there are ``most`` of them.
    """
    if int(await tx.scalar(select(func.count()).where(theirs)) or 0) >= most:
        raise Conflict(
            f"You have as many {things} as one may have ({most}): delete one before.",
            metadata={"limit": most, "scope": things},
        )
