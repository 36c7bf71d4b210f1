"""Subscriptions: which plan somebody pays for, as the host application or an admin says."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


class SubscriptionRow(Base):
    """``reference``: what the payment provider calls it. Active from ``starts_at`` until
    ``ends_at``, unless it was ended before (``ended_at``). A user has one open row at a time."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="forward"),
        Index(None, "user_id", "id"),
        Index(
            "uq_subscriptions_open",
            "user_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    tier: Mapped[str]
    reference: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


PLAN = """coalesce(users.ai_plan, (
  SELECT tier FROM subscriptions
  WHERE subscriptions.user_id = users.id AND subscriptions.ended_at IS NULL
    AND subscriptions.starts_at <= now()
    AND (subscriptions.ends_at IS NULL OR subscriptions.ends_at > now())))"""
"""SQL over ``users``: the plan that an admin chose, else that of the active subscription; null:
neither, which is starter."""
