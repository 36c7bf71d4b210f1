"""A journal to write into, and what it holds as a buffer again."""

from uuid import UUID

from redis.asyncio import Redis

from server.domain.ids import ConversationId, TurnId, UserId, new_id
from server.turns.buffer import TurnBuffer
from server.turns.following import apply
from server.turns.journal import Journal, Journaled


def journal_on(redis: Redis) -> tuple[Journal, list[UUID]]:
    fenced = list[UUID]()
    return Journal(redis, fenced.append), fenced


def replica(turn: TurnBuffer, journaled: Journaled | None) -> TurnBuffer:
    assert journaled is not None
    copy = TurnBuffer(
        TurnId(turn.turn_id),
        ConversationId(new_id()),
        UserId(new_id()),
        base_seq=journaled.base_seq,
        base_text=journaled.base_text,
    )
    assert all(apply(copy, entry) for entry in journaled.entries)
    return copy
