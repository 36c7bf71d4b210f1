"""Sales messages that are tried against each other: rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


class ExperimentRow(Base):
    """``variants``: objects of ``key``, ``text`` and ``weight``, the first is the control."""

    __tablename__ = "experiments"
    __table_args__ = (Index(None, "user_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    variants: Mapped[list[Any]]
    winner: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class ExperimentSubjectRow(Base):
    """A fan in an experiment. ``revenue`` in nano-dollars."""

    __tablename__ = "experiment_subjects"
    __table_args__ = (
        CheckConstraint(
            "(reported_at IS NULL) = (converted IS NULL) AND coalesce(revenue, 0) >= 0",
            name="reported",
        ),
    )

    experiment_id: Mapped[UUID] = mapped_column(
        ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True
    )
    fan_id: Mapped[str] = mapped_column(primary_key=True)
    variant: Mapped[str]
    assigned_at: Mapped[datetime]
    converted: Mapped[bool | None]
    revenue: Mapped[int | None]
    reported_at: Mapped[datetime | None]
