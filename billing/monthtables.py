"""Months that are closed, and what each creator owed in one when it was: rows."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


class ClosedMonthRow(Base):
    """``closed_by`` None: the billing process, or somebody at the command line."""

    __tablename__ = "closed_months"

    month: Mapped[date] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_by: Mapped[UUID | None]


class InvoiceRow(Base):
    """A frozen copy of a creator's month. Append-only."""

    __tablename__ = "invoices"
    __table_args__ = (Index(None, "creator_id", "month"),)

    month: Mapped[date] = mapped_column(ForeignKey("closed_months.month"), primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    cost_usd: Mapped[int]
    charged: Mapped[int]
    charged_usd: Mapped[int]
    request_count: Mapped[int]
    plan: Mapped[str]
