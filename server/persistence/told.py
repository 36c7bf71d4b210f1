"""Which notices a user has had, by the keys under which they are told once."""

from collections.abc import Sequence
from uuid import UUID

from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared

_TOLD = Prepared("""
SELECT key FROM notifications WHERE user_id = :user AND key = ANY(CAST(:keys AS text[]))
""")


async def told_of(tx: Tx | Snapshot, user: UUID, keys: Sequence[str]) -> frozenset[str]:
    """Those of ``keys`` that the user was told."""
    rows = await _TOLD.rows(tx, user=user, keys=list(keys))
    return frozenset(row["key"] for row in rows)
