"""Ended turns as they are stored, in the shape of a buffer: for whoever attaches late."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from server.domain.ids import TurnId
from server.persistence import turns
from server.persistence.conversations import MessageRow
from server.persistence.database import Database, Snapshot
from server.persistence.turns import Turn
from server.turns.buffer import TurnBuffer
from server.turns.settlement import outcome_of


class Storage:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, turn: UUID, user: UUID) -> Turn | None:
        async with self._database.snapshot() as tx:
            return await turns.find(tx, turn, user)

    async def sealed(self, turn: Turn) -> TurnBuffer:
        """A buffer that has only the end: attaching anywhere in it answers with a snapshot."""
        if turn.outcome is None:
            raise ValueError("the turn has not ended")
        async with self._database.snapshot() as tx:
            text = await _text(tx, turn)
        buffer = TurnBuffer(turn.id, turn.conversation_id, turn.user_id)
        buffer.seal(text, turn.state, outcome_of(turn.outcome))
        return buffer

    async def ended_among(self, ids: Collection[TurnId]) -> list[TurnId]:
        """Those that are over."""
        async with self._database.snapshot() as tx:
            return await turns.ended_among(tx, ids)

    async def end_if_over(self, buffer: TurnBuffer) -> None:
        """Bring a replica to its end, if the database says that its turn is over."""
        async with self._database.snapshot() as tx:
            turn = await turns.find(tx, buffer.turn_id, buffer.user_id)
            if turn is None or turn.outcome is None:
                return
            text = await _text(tx, turn)
        if not buffer.has_ended:
            buffer.seal(text, turn.state, outcome_of(turn.outcome))


async def _text(tx: Snapshot, turn: Turn) -> str:
    text = await tx.scalar(select(MessageRow.text).where(MessageRow.id == turn.message_id))
    return text or ""
