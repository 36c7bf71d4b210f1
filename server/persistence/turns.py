"""Turns: rows and store. Every change of state is one statement guarded by the state before it."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import (
    ForeignKey,
    Index,
    Row,
    Table,
    UniqueConstraint,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.domain.ids import (
    AccountId,
    BootId,
    ConversationId,
    MessageId,
    TurnId,
    UserId,
    WorkspaceId,
)
from server.domain.turn import LIVE, TurnState
from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared, as_json


class TurnRow(Base):
    """One turn from admission to its only outcome. One without a conversation is the product's own
    (a title, a summary) or answers one request: nobody follows it, and no message is stored.

    ``tip_id`` is the message that the turn continues from (null: the root): one live turn a tip.
    Without a conversation it is the turn's own id, so that none stands in another's way.
    ``fence`` is raised by whoever takes the turn away from its owner. ``outcome`` is the terminal
    event as it was sent; ``seq`` that of the outcome once the turn has ended. ``price`` and
    ``month`` are pinned at admission; ``input_tokens`` is what was counted then.
    """

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("user_id", "client_message_id"),
        Index(
            "uq_turns_live_tip",
            "conversation_id",
            "tip_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("state IN ('admitted', 'running')"),
        ),
        Index(
            "ix_turns_live_user",
            "user_id",
            postgresql_where=text("state IN ('admitted', 'running')"),
        ),
        Index(
            "ix_turns_live_boot",
            "boot_id",
            postgresql_where=text("state IN ('admitted', 'running')"),
        ),
        Index(None, "conversation_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    workspace_id: Mapped[UUID]
    account_id: Mapped[UUID]
    conversation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    client_message_id: Mapped[UUID | None]
    request_hash: Mapped[bytes]
    tip_id: Mapped[UUID | None]
    user_message_id: Mapped[UUID]
    message_id: Mapped[UUID]
    state: Mapped[str]
    fence: Mapped[int] = mapped_column(server_default="1")
    boot_id: Mapped[UUID]
    agent: Mapped[str]
    provider: Mapped[str]
    model: Mapped[str]
    feature: Mapped[str]
    plan: Mapped[str]
    month: Mapped[date]
    correlation_id: Mapped[str]
    input_tokens: Mapped[int]
    price: Mapped[dict[str, Any]]
    started: Mapped[dict[str, Any]]
    seq: Mapped[int] = mapped_column(server_default="0")
    outcome: Mapped[dict[str, Any] | None]
    calls: Mapped[dict[str, Any] | None]
    cancel_requested_at: Mapped[datetime | None]
    admitted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class NewTurn(Struct, frozen=True, kw_only=True):
    """Everything that is known of a turn when it is admitted. Field for field a ``TurnRow``."""

    id: TurnId
    user_id: UserId
    workspace_id: WorkspaceId
    account_id: AccountId
    conversation_id: ConversationId | None
    client_message_id: UUID | None
    request_hash: bytes
    tip_id: MessageId | None
    user_message_id: MessageId
    message_id: MessageId
    boot_id: BootId
    agent: str
    provider: str
    model: str
    feature: str
    plan: str
    month: date
    correlation_id: str
    input_tokens: int
    price: dict[str, Any]
    started: dict[str, Any]


class Turn(NewTurn, frozen=True, kw_only=True):
    """A turn as it stands. ``calls``: what its owner has noted of provider calls that ended before
    another began, for whoever ends it if the owner dies (``server.turns.lostcalls``)."""

    state: TurnState
    fence: int
    seq: int
    outcome: dict[str, Any] | None
    calls: dict[str, Any] | None = None
    cancel_requested_at: datetime | None
    admitted_at: datetime
    ended_at: datetime | None


_turns: Table = TurnRow.__table__  # type: ignore[assignment]  # declarative tables are Tables
_LIVE = [state.value for state in LIVE]


_INSERT = Prepared("""
INSERT INTO turns (
    id, user_id, workspace_id, account_id, conversation_id, client_message_id, request_hash, tip_id,
    user_message_id, message_id, boot_id, agent, provider, model, feature, plan, month,
    correlation_id, input_tokens, price, started, state)
VALUES (
    :id, :user_id, :workspace_id, :account_id, :conversation_id, :client_message_id, :request_hash,
    :tip_id, :user_message_id, :message_id, :boot_id, :agent, :provider, :model, :feature, :plan,
    :month, :correlation_id, :input_tokens, :price, :started, 'admitted')
ON CONFLICT DO NOTHING
RETURNING id
""")

_START = Prepared("""
UPDATE turns SET state = 'running' WHERE id = :turn AND fence = :fence AND state = 'admitted'
RETURNING id
""")

_NOTE_CALLS = Prepared("""
UPDATE turns SET calls = :calls WHERE id = :turn AND fence = :fence AND state = 'running'
RETURNING id
""")

_LOCK = Prepared("""
SELECT id FROM turns
WHERE id = :turn AND fence = :fence AND state IN ('admitted', 'running')
FOR UPDATE
""")

_END = Prepared("""
UPDATE turns SET state = :state, ended_at = :at
WHERE id = :turn AND fence = :fence AND state IN ('admitted', 'running')
RETURNING id
""")


async def insert(tx: Tx, turn: NewTurn) -> bool:
    """Admit; False when this ``clientMessageId`` is known or a turn runs on that tip.

    The conflict target is left open on purpose: naming one of the two unique indexes would raise
    on the other.
    """
    values = structs.asdict(turn) | {
        "price": as_json(turn.price),
        "started": as_json(turn.started),
    }
    return await _INSERT.value(tx, **values) is not None


async def find_by_client_message(
    tx: Tx | Snapshot, user: UUID, client_message_id: UUID
) -> Turn | None:
    row = await tx.execute(
        select(_turns).where(
            _turns.c.user_id == user, _turns.c.client_message_id == client_message_id
        )
    )
    return _turn(row.first())


async def find(tx: Tx | Snapshot, turn: UUID, user: UUID) -> Turn | None:
    """The turn, if it is this user's."""
    row = await tx.execute(select(_turns).where(_turns.c.id == turn, _turns.c.user_id == user))
    return _turn(row.first())


async def live_of(tx: Tx | Snapshot, user: UUID, conversation: UUID | None = None) -> list[Turn]:
    """A user's turns in conversations that have not ended, oldest first."""
    query = select(_turns).where(
        _turns.c.user_id == user,
        _turns.c.state.in_(_LIVE),
        _turns.c.conversation_id.is_not(None),
    )
    if conversation is not None:
        query = query.where(_turns.c.conversation_id == conversation)
    rows = await tx.execute(query.order_by(_turns.c.id))
    return [convert(row, Turn, from_attributes=True) for row in rows]


async def ended_among(tx: Tx | Snapshot, ids: Collection[TurnId]) -> list[TurnId]:
    """Those of ``ids`` that have their outcome."""
    found = await tx.scalars(
        select(_turns.c.id).where(_turns.c.id.in_(list(ids)), _turns.c.outcome.is_not(None))
    )
    return [TurnId(turn) for turn in found]


async def start_running(tx: Tx, turn: UUID, fence: int) -> bool:
    """admitted → running, by the owner; False: somebody else has ended it. One statement."""
    return await _START.value(tx, turn=turn, fence=fence) is not None


async def note_calls(tx: Tx, turn: UUID, fence: int, calls: dict[str, Any]) -> bool:
    """In place of what was noted before; False: somebody else has ended it. One statement."""
    return await _NOTE_CALLS.value(tx, turn=turn, fence=fence, calls=as_json(calls)) is not None


async def lock_running(tx: Tx, turn: UUID, fence: int) -> bool:
    """Lock a turn of ours that still runs; False: somebody else has ended it."""
    return await _LOCK.value(tx, turn=turn, fence=fence) is not None


async def end(tx: Tx, turn: UUID, fence: int, state: TurnState, at: datetime) -> bool:
    """To its only outcome, by the owner; False: somebody else has ended it. Locks the row."""
    return await _END.value(tx, turn=turn, fence=fence, state=state.value, at=at) is not None


async def request_cancel(tx: Tx, turn: UUID, user: UUID) -> Turn | None:
    """Note the wish on a live turn of this user; answers the turn as it stands."""
    await tx.execute(
        update(_turns)
        .where(
            _turns.c.id == turn,
            _turns.c.user_id == user,
            _turns.c.state.in_(_LIVE),
            _turns.c.cancel_requested_at.is_(None),
        )
        .values(cancel_requested_at=func.now())
    )
    return await find(tx, turn, user)


def _turn(row: Row[Any] | None) -> Turn | None:
    return None if row is None else convert(row, Turn, from_attributes=True)
