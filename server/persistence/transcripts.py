"""One branch of a conversation, from its beginning to its end, of any length."""

from uuid import UUID

from sqlalchemy import text

from server.persistence.database import Snapshot


async def branch_ids(tx: Snapshot, conversation: UUID, leaf: UUID) -> list[UUID]:
    """The branch that ends with ``leaf``, from its beginning on."""
    found = await tx.execute(_IDS, {"conversation": conversation, "leaf": leaf})
    return list(found.scalars())


_IDS = text("""
WITH RECURSIVE up AS (
  SELECT id, parent_id, 1 AS depth FROM messages
  WHERE id = :leaf AND conversation_id = :conversation
  UNION ALL
  SELECT messages.id, messages.parent_id, depth + 1
  FROM messages JOIN up ON messages.id = up.parent_id
)
SELECT id FROM up ORDER BY depth DESC
""")
