"""Which agents were asked, and why: rows and store."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared, as_json


class RoutingRow(Base):
    """The decision of one turn. ``request``: the type of what was asked; ``agents``: who was chosen
    (``Chosen``), best first. How each fared is on the turn's receipt."""

    __tablename__ = "routing_decisions"
    __table_args__ = (Index(None, "user_id", "turn_id"),)

    turn_id: Mapped[UUID] = mapped_column(
        ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    request: Mapped[str]
    agents: Mapped[list[Any]]
    decided_at: Mapped[datetime]


class Chosen(Struct, frozen=True, kw_only=True):
    """One agent of a decision. ``why`` in English; ``reason`` is its code, and ``words`` those of
    the text that decided: earlier decisions have neither. ``score`` 0-1: how much spoke for it."""

    agent: str
    why: str
    reason: str = ""
    words: tuple[str, ...] = ()
    score: float


class Decision(Struct, frozen=True, kw_only=True):
    """Who was asked in one turn, best first."""

    turn_id: UUID
    user_id: UUID
    request: str
    agents: tuple[Chosen, ...]
    decided_at: datetime


async def note(tx: Tx, decision: Decision) -> None:
    """Once a turn, in the transaction that admits it."""
    await _INSERT.run(
        tx,
        turn=decision.turn_id,
        user=decision.user_id,
        request=decision.request,
        agents=as_json(decision.agents),
        at=decision.decided_at,
    )


async def list_decisions(
    tx: Tx | Snapshot,
    *,
    user: UUID | None,
    agent: str | None,
    begin: datetime | None,
    end: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[Decision]:
    """Those that fit every filter that is not None, newest turn first, older than the turn
    ``before``. ``agent``: among those chosen; ``begin`` is part of the time, ``end`` is not."""
    rows = await _LIST.rows(
        tx, user=user, agent=agent, begin=begin, end=end, before=before, most=limit
    )
    return [convert(dict(row), Decision) for row in rows]


_INSERT = Prepared("""
INSERT INTO routing_decisions (turn_id, user_id, request, agents, decided_at)
VALUES (:turn, :user, :request, :agents, :at)
""")

_LIST = Prepared("""
SELECT turn_id, user_id, request, agents, decided_at FROM routing_decisions
WHERE (CAST(:user AS uuid) IS NULL OR user_id = :user)
  AND (CAST(:agent AS text) IS NULL
       OR agents @> jsonb_build_array(jsonb_build_object('agent', CAST(:agent AS text))))
  AND (CAST(:begin AS timestamptz) IS NULL OR decided_at >= :begin)
  AND (CAST(:end AS timestamptz) IS NULL OR decided_at < :end)
  AND (CAST(:before AS uuid) IS NULL OR turn_id < :before)
ORDER BY turn_id DESC LIMIT :most
""")
