"""What the host application tells of its creators: rows.

``as_of`` is the host's own moment: of two versions that arrive in either order, the later stays.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


class OAuthAccountRow(Base):
    """An account of a creator on a platform. The tokens are sealed, and bound to ``id``, which is
    made of the three that name the row (``platforms.account_id``)."""

    __tablename__ = "oauth_accounts"
    __table_args__ = (UniqueConstraint("user_id", "platform", "external_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    platform: Mapped[str]
    external_id: Mapped[str]
    name: Mapped[str]
    scopes: Mapped[list[Any]]
    access_token: Mapped[bytes | None]
    refresh_token: Mapped[bytes | None]
    expires_at: Mapped[datetime | None]
    as_of: Mapped[datetime]


class CampaignRow(Base):
    """Amounts are nano-dollars; counts are of messages, and of people for ``converted``."""

    __tablename__ = "marketing_campaigns"
    __table_args__ = (
        UniqueConstraint("user_id", "external_id"),
        CheckConstraint(
            "least(spent, revenue, sent, opened, clicked, converted) >= 0", name="positive"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    external_id: Mapped[str]
    name: Mapped[str]
    platform: Mapped[str]
    status: Mapped[str]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    spent: Mapped[int]
    revenue: Mapped[int]
    sent: Mapped[int]
    opened: Mapped[int]
    clicked: Mapped[int]
    converted: Mapped[int]
    as_of: Mapped[datetime]


class CampaignInsightRow(Base):
    __tablename__ = "campaign_insights"
    __table_args__ = (Index(None, "insight_id"),)

    campaign_id: Mapped[UUID] = mapped_column(
        ForeignKey("marketing_campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    insight_id: Mapped[UUID] = mapped_column(
        ForeignKey("insights.id", ondelete="CASCADE"), primary_key=True
    )
    linked_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UserStatsRow(Base):
    """One day (UTC) of one platform."""

    __tablename__ = "user_stats"
    __table_args__ = (
        CheckConstraint("least(received, revenue) >= 0", name="positive"),
        CheckConstraint("answered BETWEEN 0 AND received", name="answered"),
    )

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)
    received: Mapped[int]
    answered: Mapped[int]
    revenue: Mapped[int]
    as_of: Mapped[datetime]


class FanSubscriptionRow(Base):
    """A fan's subscription to a creator. ``price``: nano-dollars a month."""

    __tablename__ = "fan_subscriptions"
    __table_args__ = (
        CheckConstraint("price >= 0", name="positive"),
        Index(
            None,
            "user_id",
            "platform",
            postgresql_include=["price", "started_at", "ended_at"],
        ),
    )

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    platform: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    fan_id: Mapped[str]
    price: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    as_of: Mapped[datetime]
