"""Credit packs that are sold, and adjustments of what was charged: rows."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


class PackRow(Base):
    """``credits`` micro-credits for ``price_usd`` nano-dollars; who takes the money is not us."""

    __tablename__ = "credit_packs"
    __table_args__ = (CheckConstraint("credits > 0 AND price_usd >= 0", name="positive"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    credits: Mapped[int]
    price_usd: Mapped[int]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AdjustmentRow(Base):
    """What is added to a usage row afterwards (``refund``: a share of what an operator gave back of
    its turn; ``reprice``: a price put right): usage itself is never edited. Amounts are
    differences, below zero where they give back. Only ever added to."""

    __tablename__ = "adjustments"
    __table_args__ = (Index(None, "creator_id", "month"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    batch_id: Mapped[UUID]
    call_id: Mapped[UUID] = mapped_column(index=True)
    turn_id: Mapped[UUID] = mapped_column(index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    month: Mapped[date]
    cost_usd: Mapped[int]
    charged: Mapped[int]
    charged_usd: Mapped[int]
    reason: Mapped[str]
    actor_id: Mapped[UUID | None]
    key: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
