"""Turns of conversations that run, or ended a moment ago; and to which a turn belongs."""

from collections.abc import Collection
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import Float, cast, func, or_, select

from server.domain.ids import ConversationId, TurnId, UserId
from server.domain.turn import LIVE
from server.persistence.conversations import ConversationRow
from server.persistence.database import Snapshot, Tx
from server.persistence.turns import TurnRow


class Seen(Struct, frozen=True, kw_only=True):
    """A turn of a conversation. ``ended_ago_s`` by the database's clock; None: it runs."""

    id: TurnId
    user_id: UserId
    conversation_id: ConversationId
    ended_ago_s: float | None


async def seen_in(
    tx: Tx | Snapshot, conversations: Collection[UUID], within_s: float
) -> list[Seen]:
    """What runs in ``conversations`` or ended there not longer ago than ``within_s``."""
    ended_ago = cast(func.extract("epoch", func.now() - TurnRow.ended_at), Float)
    rows = await tx.execute(
        select(
            TurnRow.id,
            TurnRow.user_id,
            TurnRow.conversation_id,
            ended_ago.label("ended_ago_s"),
        )
        .where(
            TurnRow.conversation_id.in_(list(conversations)),
            or_(TurnRow.state.in_([state.value for state in LIVE]), ended_ago < within_s),
        )
        .order_by(TurnRow.id)
    )
    return [convert(row, Seen, from_attributes=True) for row in rows]


async def chats_of(tx: Tx | Snapshot, user: UserId, turns: Collection[TurnId]) -> dict[UUID, UUID]:
    """Conversations of ``user`` by those of ``turns`` that can be read there."""
    if not turns:
        return {}
    rows = await tx.execute(
        select(TurnRow.id, ConversationRow.id)
        .join(ConversationRow, ConversationRow.id == TurnRow.conversation_id)
        .where(
            TurnRow.id.in_(list(turns)),
            ConversationRow.user_id == user,
            ConversationRow.deleted_at.is_(None),
        )
    )
    return dict(rows.all())
