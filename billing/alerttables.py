"""Alerts, and the scopes that admins paused: rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


class AlertRow(Base):
    """One incident from its opening to its closing. ``scope_kind`` and ``scope_key``: what it is
    about (``model`` and its id; ``system`` and nothing). ``version`` grows with every change that
    is told; ``issue_version`` is the one that the issue tracker knows. ``quiet_since``: since when
    nothing was out of the ordinary any more."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index(
            "uq_alerts_open",
            "kind",
            "scope_kind",
            "scope_key",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_alerts_issues", "id", postgresql_where=text("issue_version < version")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    scope_kind: Mapped[str]
    scope_key: Mapped[str]
    severity: Mapped[str]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    observed: Mapped[str]
    usual: Mapped[str]
    explanation: Mapped[str]
    evidence: Mapped[dict[str, Any]]
    since: Mapped[datetime]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    quiet_since: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
    issue_url: Mapped[str | None]
    issue_version: Mapped[int] = mapped_column(server_default="0")


class PauseRow(Base):
    """New turns of that scope are refused until ``ends_at``, or until somebody lifts it."""

    __tablename__ = "pauses"
    __table_args__ = (
        Index(
            "uq_pauses_open",
            "scope_kind",
            "scope_key",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    scope_kind: Mapped[str]
    scope_key: Mapped[str]
    reason: Mapped[str]
    alert_id: Mapped[UUID | None] = mapped_column(ForeignKey("alerts.id"))
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ends_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]


class ThresholdsRow(Base):
    """From which figures on incidents open, where an admin has ``chosen`` so; the newest row holds,
    and stands before the settings. ``set_by`` None: somebody at the command line. Append-only."""

    __tablename__ = "alert_thresholds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chosen: Mapped[dict[str, Any]]
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())
    set_by: Mapped[UUID | None]
