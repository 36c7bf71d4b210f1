"""What tests of the turn engine begin with: a buffer written by hand, a client that keeps to the
receiver's law, a process, a look at the database."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from sqlalchemy import func, select

from billing.tables import AccountRow, HoldRow, QuotaRow, TransferRow
from server.accounts.access import Principal
from server.domain.ids import ConversationId, TurnId, UserId, new_id
from server.domain.money import MICROS_PER_CREDIT, NANOS_PER_USD
from server.domain.turn import TurnState
from server.persistence.database import Database
from server.persistence.outbox import OutboxRow
from server.persistence.turns import Turn, TurnRow
from server.persistence.turns import find as find_turn
from server.protocol.codec import encode
from server.protocol.events import TurnCompleted, TurnNotice
from server.protocol.figures import Balance, Quota, Receipt
from server.turns.buffer import TurnBuffer
from server.turns.cursor import Cursor, Frame


def _is_lone(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


STEPS = st.lists(
    st.one_of(
        st.text(min_size=1, max_size=8).filter(lambda text: not any(map(_is_lone, text))),
        st.just(None),
        st.integers(min_value=0, max_value=0),
    ),
    max_size=60,
)
"""A text is a delta, None a notice, 0 a moment at which the follower looks."""


def buffer() -> TurnBuffer:
    return TurnBuffer(TurnId(new_id()), ConversationId(new_id()), UserId(new_id()))


def completed(turn: UUID, seq: int) -> TurnCompleted:
    return TurnCompleted(
        turn_id=turn,
        seq=seq,
        message_id=new_id(),
        finish_reason="stop",
        receipt=Receipt(
            held="1", charged="1", released="0", cost_usd="0", charged_usd="0", calls=[]
        ),
        balance=Balance(credits="1", held="0", spendable="1"),
        quota=Quota(
            month="2026-11",
            limit_usd=None,
            spent_usd="0",
            held_usd="0",
            resets_at=datetime(2026, 12, 1, tzinfo=UTC),
        ),
    )


def write(target: TurnBuffer, step: str | int | None) -> None:
    if isinstance(step, str):
        target.delta(step)
    elif step is None:
        notice = TurnNotice(turn_id=target.turn_id, seq=target.seq + 1, kind="tool", detail={})
        target.event("turn.notice", encode(notice))


def end(target: TurnBuffer) -> None:
    target.end(TurnState.COMPLETED, completed(target.turn_id, target.seq + 1))


class Client:
    """Keeps to the receiver's law: the next number only, a snapshot replaces everything."""

    def __init__(self, last: int = 0) -> None:
        self.last, self.text, self.ended, self.snapshots = last, "", False, 0

    def receive(self, cursor: Cursor) -> None:
        """All that waits."""
        while cursor.has_news:
            self.hear(*cursor.take())

    def hear(self, *frames: Frame) -> None:
        for frame in frames:
            self._hear(frame)

    def _hear(self, frame: Frame) -> None:
        event = json.loads(frame.data)
        assert (event["type"], event["seq"]) == (frame.type, frame.seq)
        if frame.type == "turn.snapshot":
            self.text, self.ended = event["text"], "outcome" in event
            self.snapshots += 1
        else:
            assert event.get("fromSeq", event["seq"]) == self.last + 1
            self.text += event.get("text", "")
            self.ended = frame.type in {"turn.completed", "turn.failed", "turn.cancelled"}
        self.last = event["seq"]


async def one(database: Database, query: Any) -> Any:
    """The only row."""
    async with database.snapshot() as tx:
        return (await tx.execute(query)).one()


async def count(database: Database, table: Any, *where: Any) -> int:
    query = select(func.count()).select_from(table).where(*where)
    return int((await one(database, query))[0])


async def stored(database: Database, caller: Principal, turn: UUID) -> Turn:
    async with database.snapshot() as tx:
        found = await find_turn(tx, turn, caller.user_id)
    assert found is not None
    return found


def micros(credits: str) -> int:
    """Micro-credits of a receipt's decimal string, exactly."""
    return _units(credits, MICROS_PER_CREDIT)


def nanos(usd: str) -> int:
    return _units(usd, NANOS_PER_USD)


def _units(text: str, scale: int) -> int:
    whole, _, part = text.partition(".")
    digits = len(str(scale)) - 1
    return int(whole) * scale + int((part or "0").ljust(digits, "0"))


async def books_balance(database: Database) -> None:
    """After quiet: balances are their transfers, nothing is held, every turn has one outcome and
    one usage event a call, and what those charged is what was captured."""
    async with database.snapshot() as tx:
        accounts = (await tx.execute(select(AccountRow))).all()
        transfers = (await tx.execute(select(TransferRow.__table__))).all()
        for account in accounts:
            came = sum(t.amount for t in transfers if t.credit_account == account.id)
            went = sum(t.amount for t in transfers if t.debit_account == account.id)
            assert account.balance == came - went
            assert account.held == 0
        assert await tx.scalar(select(func.count()).where(HoldRow.state == "open")) == 0
        assert await tx.scalar(select(func.coalesce(func.sum(QuotaRow.held), 0))) == 0
        rows = (await tx.execute(select(TurnRow.__table__))).all()
        events = [row.payload for row in await tx.execute(select(OutboxRow.payload))]
    for turn in rows:
        assert turn.outcome is not None, turn.state
        receipt = turn.outcome["receipt"]
        captured = sum(t.amount for t in transfers if t.turn_id == turn.id and t.kind == "capture")
        mine = [event for event in events if event["turnId"] == str(turn.id)]
        assert micros(receipt["charged"]) == captured == sum(event["charged"] for event in mine)
        assert captured == sum(micros(call["charged"]) for call in receipt["calls"])
        assert nanos(receipt["chargedUsd"]) == sum(event["chargedUsd"] for event in mine)
        assert sorted(call["callId"] for call in receipt["calls"]) == sorted(
            event["callId"] for event in mine
        )
    spent = sum(event["chargedUsd"] for event in events)
    assert spent == (await one(database, select(func.coalesce(func.sum(QuotaRow.spent), 0))))[0]
