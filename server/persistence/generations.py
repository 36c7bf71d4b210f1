"""What was generated outside conversations, kept for its creator: rows and store."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from server.domain.turn import TurnState
from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared, as_json
from server.persistence.turns import TurnRow


class GenerationRow(Base):
    """One answer to one question; ``id`` is its turn's, where model, state and outcome (with the
    structured answer and the receipt) stand. ``input`` is the request as it was made; ``insights``
    are the ids of those that its prompt told; ``text`` is there once it has ended."""

    __tablename__ = "generations"
    __table_args__ = (Index(None, "user_id", "kind", "id"), Index(None, "user_id", "id"))

    id: Mapped[UUID] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str]
    input: Mapped[dict[str, Any]]
    params: Mapped[dict[str, Any]]
    insights: Mapped[list[Any]]
    text: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class NewGeneration(Struct, frozen=True, kw_only=True):
    """What is kept of a question when its turn is admitted. ``params``: how it is to be answered,
    in JSON values."""

    kind: str
    input: dict[str, Any]
    params: dict[str, Any] = {}
    insights: tuple[UUID, ...] = ()


class Generation(Struct, frozen=True, kw_only=True):
    """As it stands. ``agent`` and ``model`` were asked first; ``outcome`` is the turn's."""

    id: UUID
    kind: str
    input: dict[str, Any]
    params: dict[str, Any]
    insights: tuple[UUID, ...]
    text: str | None
    created_at: datetime
    state: str
    agent: str
    model: str
    outcome: dict[str, Any] | None


_INSERT = Prepared("""
INSERT INTO generations (id, user_id, kind, input, params, insights)
VALUES (:turn, :user, :kind, :input, :params, :insights)
""")

_FORGET = text("""
WITH gone AS (
    DELETE FROM generations WHERE id = :id AND user_id = :user
      AND EXISTS (SELECT FROM turns WHERE turns.id = :id AND outcome IS NOT NULL)
    RETURNING id
)
UPDATE turns SET outcome = outcome - 'result' FROM gone WHERE turns.id = gone.id
RETURNING turns.id
""")

_OF_TURN = {"state", "agent", "model", "outcome"}
_COLUMNS = tuple(
    getattr(TurnRow if field.name in _OF_TURN else GenerationRow, field.name)
    for field in structs.fields(Generation)
)


async def insert(tx: Tx, turn: UUID, user: UUID, new: NewGeneration) -> None:
    """In the transaction that admits the turn. One statement."""
    await _INSERT.run(
        tx,
        turn=turn,
        user=user,
        kind=new.kind,
        input=as_json(new.input),
        params=as_json(new.params),
        insights=as_json(new.insights),
    )


async def find(tx: Tx | Snapshot, generation: UUID, user: UUID) -> Generation | None:
    query = _QUERY.where(GenerationRow.id == generation, GenerationRow.user_id == user)
    row = (await tx.execute(query)).first()
    return None if row is None else convert(row, Generation, from_attributes=True)


async def is_there(tx: Tx | Snapshot, generation: UUID, user: UUID) -> bool:
    """Whether the user has it, and has not forgotten it."""
    found = select(GenerationRow.id).where(
        GenerationRow.id == generation, GenerationRow.user_id == user
    )
    return await tx.scalar(found) is not None


async def list_generations(
    tx: Tx | Snapshot, user: UUID, *, kind: str | None, before: UUID | None, limit: int
) -> list[Generation]:
    """Newest first, older than ``before``; of one ``kind``, or all."""
    query = _QUERY.where(GenerationRow.user_id == user)
    if kind is not None:
        query = query.where(GenerationRow.kind == kind)
    if before is not None:
        query = query.where(GenerationRow.id < before)
    rows = await tx.execute(query.order_by(GenerationRow.id.desc()).limit(limit))
    return [convert(row, Generation, from_attributes=True) for row in rows]


async def newest(
    tx: Tx | Snapshot, user: UUID, kind: str, holding: dict[str, Any]
) -> Generation | None:
    """The last of that ``kind`` that was completed and whose input holds what ``holding`` does."""
    query = _QUERY.where(
        GenerationRow.user_id == user,
        GenerationRow.kind == kind,
        GenerationRow.input.contains(holding),
        TurnRow.state == TurnState.COMPLETED.value,
    )
    row = (await tx.execute(query.order_by(GenerationRow.id.desc()).limit(1))).first()
    return None if row is None else convert(row, Generation, from_attributes=True)


async def forget(tx: Tx, generation: UUID, user: UUID) -> bool:
    """Delete one that has ended, and its words with it; of its turn the figures stay. False: this
    user has no such one."""
    row = await tx.execute(_FORGET, {"id": generation, "user": user})
    return row.first() is not None


_QUERY = select(*_COLUMNS).join(TurnRow, TurnRow.id == GenerationRow.id)
