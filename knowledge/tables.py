"""Insights and what came of using them: rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Double, ForeignKey, Index, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.languages import CONFIGURATION
from server.persistence.base import Base

CREATORS_MIN = 5
"""Creators that must have learned the same before others read it."""

LIVE = "retracted_at IS NULL AND superseded_by IS NULL"


class InsightRow(Base):
    """``user_id`` null: shared. ``fingerprint`` is of the text, ``shape`` of what is left of it
    without people; equal ones say the same. ``words``: what is searched."""

    __tablename__ = "insights"
    __table_args__ = (
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
        CheckConstraint(
            "CASE audience WHEN 'own' THEN user_id IS NOT NULL AND creators = 1 "
            f"WHEN 'shared' THEN user_id IS NULL AND creators >= {CREATORS_MIN} ELSE false END",
            name="audience",
        ),
        Index(
            "uq_insights_live",
            "user_id",
            "kind",
            "fingerprint",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sql(LIVE),
        ),
        Index(
            "ix_insights_retracted",
            "user_id",
            "kind",
            "fingerprint",
            postgresql_where=sql("retracted_at IS NOT NULL"),
        ),
        Index(
            "ix_insights_shape",
            "kind",
            "shape",
            "user_id",
            postgresql_where=sql(f"audience = 'own' AND {LIVE}"),
        ),
        Index(None, "user_id", "id"),
        Index(
            "ix_insights_superseded_by",
            "superseded_by",
            postgresql_where=sql("superseded_by IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    audience: Mapped[str]
    kind: Mapped[str]
    source: Mapped[str]
    text: Mapped[str]
    language: Mapped[str]
    confidence: Mapped[float] = mapped_column(Double)
    confidence_at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    tags: Mapped[list[Any]]
    people: Mapped[list[Any]]
    words: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            f"to_tsvector({CONFIGURATION}, text) || to_tsvector({CONFIGURATION}, tags)",
            persisted=True,
        ),
    )
    fingerprint: Mapped[bytes]
    shape: Mapped[bytes]
    creators: Mapped[int] = mapped_column(server_default=sql("1"))
    seen: Mapped[int] = mapped_column(server_default=sql("1"))
    helped: Mapped[int] = mapped_column(server_default=sql("0"))
    hindered: Mapped[int] = mapped_column(server_default=sql("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retracted_at: Mapped[datetime | None]
    superseded_by: Mapped[UUID | None] = mapped_column(
        ForeignKey("insights.id", ondelete="CASCADE")
    )


class InsightFeedbackRow(Base):
    """One outcome of having used an insight. ``key`` is the caller's: told twice, it counts
    once."""

    __tablename__ = "insight_feedback"

    insight_id: Mapped[UUID] = mapped_column(
        ForeignKey("insights.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    helped: Mapped[bool]
    at: Mapped[datetime]
