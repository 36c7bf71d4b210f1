"""Messages as readers see them: a branch from its leaf upwards, in pages, around any of them."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import Integer, and_, delete, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from server.domain.parts import SaidPart
from server.persistence.conversations import ConversationRow, MessageRow
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared
from server.persistence.turns import TurnRow


class Message(Struct, frozen=True, kw_only=True):
    """``siblings``: all messages with the same parent, itself among them, oldest first.
    ``outcome``: the terminal event of its turn, when it has ended."""

    id: UUID
    parent_id: UUID | None
    role: str
    text: str
    parts: list[SaidPart] | None
    agent: str | None
    model: str | None
    turn_id: UUID
    state: str
    created_at: datetime
    siblings: list[UUID]
    outcome: dict[str, Any] | None


class Below(NamedTuple):
    """A message further down a branch, and how many steps it is away."""

    id: UUID
    steps: int


async def newest_leaf(tx: Tx | Snapshot, conversation: UUID, message: UUID) -> UUID | None:
    """The newest message without an answer below ``message``, or itself; None: not in there."""
    under = (
        select(MessageRow.id)
        .where(MessageRow.id == message, MessageRow.conversation_id == conversation)
        .cte("under", recursive=True)
    )
    child = aliased(MessageRow)
    under = under.union_all(
        select(child.id).where(child.parent_id == under.c.id, child.conversation_id == conversation)
    )
    answer = aliased(MessageRow)
    found: UUID | None = await tx.scalar(
        select(under.c.id)
        .where(
            ~exists().where(answer.conversation_id == conversation, answer.parent_id == under.c.id)
        )
        .order_by(under.c.id.desc())
        .limit(1)
    )
    return found


async def branch_page(
    tx: Tx | Snapshot, conversation: UUID, leaf: UUID, limit: int
) -> list[Message]:
    """``leaf`` and what came before it, newest first, at most ``limit`` messages."""
    up = (
        select(MessageRow.id, MessageRow.parent_id, literal(1, Integer).label("depth"))
        .where(MessageRow.id == leaf, MessageRow.conversation_id == conversation)
        .cte("up", recursive=True)
    )
    parent = aliased(MessageRow)
    up = up.union_all(
        select(parent.id, parent.parent_id, up.c.depth + 1)
        .join(up, parent.id == up.c.parent_id)
        .where(up.c.depth < limit)
    )
    sibling = aliased(MessageRow)
    siblings = (
        select(func.array_agg(aggregate_order_by(sibling.id, sibling.id)))
        .where(
            sibling.conversation_id == conversation,
            # not IS NOT DISTINCT FROM, which no index serves
            or_(
                sibling.parent_id == MessageRow.parent_id,
                and_(sibling.parent_id.is_(None), MessageRow.parent_id.is_(None)),
            ),
        )
        .correlate(MessageRow)
        .scalar_subquery()
    )
    rows = await tx.execute(
        select(
            *(getattr(MessageRow, name) for name in _MESSAGE_FIELDS),
            siblings.label("siblings"),
            TurnRow.outcome,
        )
        .join(up, up.c.id == MessageRow.id)
        .outerjoin(TurnRow, TurnRow.id == MessageRow.turn_id)
        .order_by(up.c.depth)
    )
    return [convert(row, Message, from_attributes=True) for row in rows]


_MESSAGE_FIELDS = tuple(
    field.name for field in structs.fields(Message) if field.name not in {"siblings", "outcome"}
)

# Only upwards is the way unique: below a message there may be as many branches as answers.
_BELOW = Prepared("""
WITH RECURSIVE up AS (
    SELECT id, parent_id, 0 AS height
    FROM messages WHERE id = :leaf AND conversation_id = :conversation
    UNION ALL
    SELECT parent.id, parent.parent_id, up.height + 1
    FROM messages AS parent JOIN up ON parent.id = up.parent_id
    WHERE up.id <> :message
), named AS (SELECT height FROM up WHERE id = :message)
SELECT up.id, named.height - up.height AS steps
FROM up, named
WHERE up.height = greatest(named.height - CAST(:steps AS integer), 0)
""")

_CUT = Prepared("""
WITH RECURSIVE under AS (
    SELECT id FROM messages WHERE id = :message AND conversation_id = :conversation
    UNION ALL
    SELECT child.id FROM messages AS child JOIN under ON child.parent_id = under.id
)
SELECT count(*) AS gone,
       (SELECT parent_id FROM messages WHERE id = :message) AS parent,
       (SELECT leaf_message_id FROM conversations
        WHERE id = :conversation AND leaf_message_id NOT IN (SELECT id FROM under)) AS tip
FROM under
""")

_NEWEST = Prepared("""
SELECT leaf.id FROM messages AS leaf
WHERE leaf.conversation_id = :conversation
  AND NOT EXISTS (SELECT FROM messages AS child WHERE child.parent_id = leaf.id)
ORDER BY leaf.id DESC LIMIT 1
""")


async def below(
    tx: Tx | Snapshot, conversation: UUID, leaf: UUID, message: UUID, steps: int
) -> Below | None:
    """What stands ``steps`` below ``message`` on the way to ``leaf``, or ``leaf`` where that is
    nearer; None: ``message`` is not on that branch."""
    row = await _BELOW.row(tx, conversation=conversation, leaf=leaf, message=message, steps=steps)
    return None if row is None else Below(row["id"], row["steps"])


async def cut(tx: Tx, conversation: UUID, message: UUID) -> bool:
    """Delete ``message`` and everything under it; what it cost stays in the ledger. False: it is
    not in this conversation.

    A tip that goes with it moves to the newest leaf beside it, else to what stood before it.
    Whoever calls this has locked the conversation.
    """
    found = await _CUT.one(tx, conversation=conversation, message=message)
    if not found["gone"]:
        return False
    await tx.execute(delete(MessageRow).where(MessageRow.id == message))
    tip = found["tip"]
    if tip is None and found["parent"] is not None:
        tip = await newest_leaf(tx, conversation, found["parent"])
    elif tip is None:
        tip = await _NEWEST.value(tx, conversation=conversation)
    await tx.execute(
        update(ConversationRow)
        .where(ConversationRow.id == conversation)
        .values(
            leaf_message_id=tip,
            message_count=ConversationRow.message_count - found["gone"],
            updated_at=func.now(),
        )
    )
    return True


async def lock(tx: Tx, conversation: UUID, user: UUID) -> bool:
    """Nobody says anything in it until the transaction ends; False: the user has no such one."""
    found = await tx.scalar(
        select(ConversationRow.id)
        .where(
            ConversationRow.id == conversation,
            ConversationRow.user_id == user,
            ConversationRow.deleted_at.is_(None),
        )
        .with_for_update()
    )
    return found is not None
