"""What money is written down in: accounts, quotas, holds, transfers, usage, charges, prices."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base


class AccountRow(Base):
    """Micro-credits of one user, or of a workspace that pays. ``balance - held`` can be spent."""

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("held >= 0 AND held <= balance", name="covered"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    owner_id: Mapped[UUID] = mapped_column(unique=True)
    balance: Mapped[int] = mapped_column(server_default="0")
    held: Mapped[int] = mapped_column(server_default="0")


class QuotaRow(Base):
    """Nano-dollars that one user spent and holds in one UTC month. ``limit_usd`` null: no limit."""

    __tablename__ = "quotas"
    __table_args__ = (CheckConstraint("held >= 0 AND spent >= 0", name="positive"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    limit_usd: Mapped[int | None]
    spent: Mapped[int] = mapped_column(server_default="0")
    held: Mapped[int] = mapped_column(server_default="0")


class HoldRow(Base):
    """One step of what was set aside for a turn: micro-credits, and their nano-dollars of quota."""

    __tablename__ = "holds"
    __table_args__ = (
        UniqueConstraint("turn_id", "step"),
        CheckConstraint("credits >= 0 AND usd >= 0", name="positive"),
        CheckConstraint("state IN ('open', 'captured', 'released', 'expired')", name="state"),
        Index("ix_holds_open", "account_id", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    turn_id: Mapped[UUID]
    step: Mapped[int]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    user_id: Mapped[UUID]
    month: Mapped[date]
    credits: Mapped[int]
    usd: Mapped[int]
    state: Mapped[str]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TransferRow(Base):
    """Credits that moved, append-only (a trigger refuses UPDATE and DELETE).

    Either side may be a system account (``billing.ledger``), which has no row of its own.
    ``key`` makes each movement happen once.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        Index(None, "debit_account", "id"),
        Index(None, "credit_account", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    debit_account: Mapped[UUID]
    credit_account: Mapped[UUID]
    amount: Mapped[int]
    kind: Mapped[str]
    turn_id: Mapped[UUID | None] = mapped_column(index=True)
    key: Mapped[str] = mapped_column(unique=True)
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UsageLogRow(Base):
    """One provider call as it was billed. Amounts: nano-dollars, micro-credits, nano-dollars.

    ``cache_write_tokens`` null: written by a version that did not keep them.
    """

    __tablename__ = "usage_logs"
    __table_args__ = (
        Index(None, "creator_id", "at"),
        Index(None, "at"),
        Index(None, "creator_id", "month"),
    )

    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    turn_id: Mapped[UUID] = mapped_column(index=True)
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    workspace_id: Mapped[UUID]
    feature: Mapped[str]
    agent: Mapped[str]
    provider: Mapped[str]
    model: Mapped[str]
    input_tokens: Mapped[int]
    cached_input_tokens: Mapped[int]
    cache_write_tokens: Mapped[int | None]
    output_tokens: Mapped[int]
    reasoning_tokens: Mapped[int]
    prices: Mapped[dict[str, Any]]
    cost_usd: Mapped[int]
    charged: Mapped[int]
    charged_usd: Mapped[int]
    usage_source: Mapped[str]
    outcome: Mapped[str]
    plan: Mapped[str]
    month: Mapped[date]
    correlation_id: Mapped[str]
    duration_ms: Mapped[int]
    at: Mapped[datetime]
    raw: Mapped[dict[str, Any] | None]
    images: Mapped[int] = mapped_column(server_default="0")
    characters: Mapped[int] = mapped_column(server_default="0")
    audio_ms: Mapped[int] = mapped_column(server_default="0")


class UsageHourRow(Base):
    """Sums of ``usage_logs`` by the UTC hour of ``at``: added up by a trigger, so that they are
    whole whoever writes usage. Numeric, so that no sum is too large for its column: that would keep
    every later call of that hour from being billed. ``cost_squares``: of the calls' costs."""

    __tablename__ = "usage_hours"
    __table_args__ = (Index(None, "creator_id", "hour"),)

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(primary_key=True)
    feature: Mapped[str] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    calls: Mapped[int] = mapped_column(server_default="0")
    failed: Mapped[int] = mapped_column(server_default="0")
    input_tokens: Mapped[Decimal] = mapped_column(Numeric, server_default="0")
    output_tokens: Mapped[Decimal] = mapped_column(Numeric, server_default="0")
    cost_usd: Mapped[Decimal] = mapped_column(Numeric, server_default="0")
    charged: Mapped[Decimal] = mapped_column(Numeric, server_default="0")
    charged_usd: Mapped[Decimal] = mapped_column(Numeric, server_default="0")
    cost_squares: Mapped[Decimal] = mapped_column(Numeric, server_default="0")


class MonthlyChargeRow(Base):
    """Sums of ``usage_logs`` per creator and month of admission; can be rebuilt from them."""

    __tablename__ = "monthly_charges"

    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    cost_usd: Mapped[int] = mapped_column(server_default="0")
    charged: Mapped[int] = mapped_column(server_default="0")
    charged_usd: Mapped[int] = mapped_column(server_default="0")
    request_count: Mapped[int] = mapped_column(server_default="0")
    plan: Mapped[str]


class DeadLetterRow(Base):
    """A usage event that billing could not write, with the reason; replayed by command."""

    __tablename__ = "dead_letters"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    entry_id: Mapped[str] = mapped_column(unique=True)
    call_id: Mapped[UUID | None] = mapped_column(index=True)
    payload: Mapped[bytes]
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    replayed_at: Mapped[datetime | None]


class PriceRow(Base):
    """A dated price that overrides the list: pico-dollars a unit, from ``effective_from`` on."""

    __tablename__ = "prices"
    __table_args__ = (
        CheckConstraint("input >= 0 AND output >= 0 AND multiplier_ppm >= 0", name="positive"),
    )

    model: Mapped[str] = mapped_column(primary_key=True)
    effective_from: Mapped[datetime] = mapped_column(primary_key=True)
    input: Mapped[int]
    output: Mapped[int]
    cached_input: Mapped[int | None]
    cache_write: Mapped[int | None]
    multiplier_ppm: Mapped[int] = mapped_column(server_default="1000000")
    image: Mapped[int | None]
    character: Mapped[int | None]
    second: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
