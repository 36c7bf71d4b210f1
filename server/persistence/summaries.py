"""What was said before the part of a conversation that a model's window holds, in short."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.messages import Said

FEWEST = 3
"""Messages that a conversation has at least of which some are summed up."""


class SummaryRow(Base):
    """Of everything from the root down to ``message_id``, that message included. Empty where a
    model was asked for one and had nothing to say."""

    __tablename__ = "summaries"

    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True
    )
    text: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


async def among(tx: Tx | Snapshot, messages: Sequence[UUID]) -> dict[UUID, str]:
    """The summaries that end at one of ``messages``."""
    if len(messages) < FEWEST:
        return {}
    rows = await tx.execute(
        select(SummaryRow.message_id, SummaryRow.text).where(
            SummaryRow.message_id.in_(list(messages))
        )
    )
    return {row.message_id: row.text for row in rows}


def newest(said: Sequence[Said], found: Mapping[UUID, str]) -> str | None:
    """The summary that reaches furthest down ``said`` (a branch, oldest first)."""
    return next((found[one.id] for one in reversed(said) if one.id and found.get(one.id)), None)


async def add(tx: Tx, message: UUID, text: str) -> bool:
    """False: somebody has written one there, or the message has been deleted."""
    row = await tx.execute(
        pg_insert(SummaryRow)
        .values(message_id=message, text=text)
        .on_conflict_do_nothing()
        .returning(SummaryRow.message_id)
    )
    return row.first() is not None
