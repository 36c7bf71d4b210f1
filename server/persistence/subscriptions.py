"""Subscriptions: which plan somebody pays for, as the host application or an admin says."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared

PlanSource: TypeAlias = Literal["chosen", "subscription", "default"]
"""Where somebody's plan comes from: an admin, their active subscription, neither."""

HISTORY = 100
"""Subscriptions of one user that are listed, the newest: one a month for eight years."""


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
        Index("ix_subscriptions_due", "ends_at", postgresql_where=text("ended_at IS NULL")),
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
    AND subscriptions.starts_at <= statement_timestamp()
    AND (subscriptions.ends_at IS NULL OR subscriptions.ends_at > statement_timestamp())))"""
"""SQL over ``users``: the plan that an admin chose, else that of the active subscription; null:
neither, which is starter. Not by ``now()``: that is when the transaction began, and to one that had
to wait for somebody else's change what that has made would not have begun yet."""

PLAN_COLUMN = literal_column(PLAN, Text()).label("plan")
"""The same for queries that SQLAlchemy makes."""


class Subscription(Struct, frozen=True, kw_only=True):
    """``ended_at``: when it was ended, or was found to have come to its end; None: it is open,
    and active until ``ends_at``."""

    id: UUID
    tier: str
    reference: str | None
    starts_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None
    is_active: bool


_COLUMNS = """id, tier, reference, starts_at, ends_at, ended_at,
  ended_at IS NULL AND starts_at <= statement_timestamp()
  AND (ends_at IS NULL OR ends_at > statement_timestamp()) AS is_active"""

_LIST = Prepared(f"""
SELECT {_COLUMNS} FROM subscriptions WHERE user_id = :user ORDER BY id DESC LIMIT {HISTORY}
""")  # noqa: S608 - the columns are ours

_FIND_OPEN = Prepared(f"""
SELECT {_COLUMNS} FROM subscriptions WHERE user_id = :user AND ended_at IS NULL
""")  # noqa: S608 - the columns are ours

_BEGIN = Prepared("""
INSERT INTO subscriptions (id, user_id, tier, reference, starts_at, ends_at)
SELECT CAST(:id AS uuid), CAST(:user AS uuid), CAST(:tier AS text), CAST(:reference AS text),
  statement_timestamp(), wanted.ends_at
FROM (VALUES (CAST(:ends_at AS timestamptz))) AS wanted (ends_at)
WHERE wanted.ends_at IS NULL OR wanted.ends_at > statement_timestamp()
RETURNING true
""")

_CHANGE = Prepared("""
UPDATE subscriptions SET reference = :reference, ends_at = wanted.ends_at
FROM (VALUES (CAST(:ends_at AS timestamptz))) AS wanted (ends_at)
WHERE id = :id AND ended_at IS NULL
  AND (wanted.ends_at IS NULL OR wanted.ends_at > statement_timestamp())
RETURNING true
""")

_END = Prepared("""
UPDATE subscriptions SET ended_at = least(statement_timestamp(), ends_at)
WHERE user_id = :user AND ended_at IS NULL
""")

_LAPSED = Prepared("""
SELECT user_id FROM subscriptions
WHERE ended_at IS NULL AND ends_at <= statement_timestamp() ORDER BY ends_at LIMIT :most
""")


def source_of(chosen: str | None, plan: str | None) -> PlanSource:
    """Where ``plan`` comes from, which is ``PLAN`` of a user for whom an admin has ``chosen``."""
    if chosen is not None:
        return "chosen"
    return "default" if plan is None else "subscription"


async def list_of(tx: Tx | Snapshot, user: UUID) -> list[Subscription]:
    """Newest first, ``HISTORY`` of them."""
    return [convert(dict(row), Subscription) for row in await _LIST.rows(tx, user=user)]


async def find_open(tx: Tx | Snapshot, user: UUID) -> Subscription | None:
    """The one that was not ended; it may have come to its end by itself."""
    row = await _FIND_OPEN.row(tx, user=user)
    return None if row is None else convert(dict(row), Subscription)


async def begin(
    tx: Tx, id: UUID, user: UUID, tier: str, reference: str | None, ends_at: datetime | None
) -> bool:
    """From now on. False: it would be over. Raises IntegrityError: another one is open."""
    return bool(
        await _BEGIN.value(tx, id=id, user=user, tier=tier, reference=reference, ends_at=ends_at)
    )


async def change(tx: Tx, id: UUID, reference: str | None, ends_at: datetime | None) -> bool:
    """Of one that is open: its name elsewhere, and until when it goes. False: it would be over."""
    return bool(await _CHANGE.value(tx, id=id, reference=reference, ends_at=ends_at))


async def end(tx: Tx, user: UUID) -> None:
    """The open one, if there is one, now; one that has come to its end, then."""
    await _END.run(tx, user=user)


async def lapsed(tx: Tx | Snapshot, most: int) -> list[UUID]:
    """Users whose subscription has come to its end, and nobody has noted it."""
    return [row["user_id"] for row in await _LAPSED.rows(tx, most=most)]
