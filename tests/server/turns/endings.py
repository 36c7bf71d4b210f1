"""Ends of turns as they lie on a disk."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from server.domain.ids import (
    AccountId,
    BootId,
    CallId,
    ConversationId,
    MessageId,
    TurnId,
    UserId,
    WorkspaceId,
    new_id,
)
from server.domain.money import NanoUsd, PicoUsd
from server.domain.turn import TurnState
from server.domain.usage import CallOutcome, Price, Usage
from server.persistence.turns import NewTurn
from server.turns.meter import Call
from server.turns.settlement import Ending
from server.turns.spool import Left, Spool

NOW = datetime(2026, 11, 30, 23, 59, 59, 123456, tzinfo=UTC)
DATABASE = "here"


def new_turn() -> NewTurn:
    return NewTurn(
        id=TurnId(new_id()),
        user_id=UserId(new_id()),
        workspace_id=WorkspaceId(new_id()),
        account_id=AccountId(new_id()),
        conversation_id=ConversationId(new_id()),
        client_message_id=new_id(),
        request_hash=b"\x00\xff\n hash",
        tip_id=None,
        user_message_id=MessageId(new_id()),
        message_id=MessageId(new_id()),
        boot_id=BootId(new_id()),
        agent="assistant",
        provider="demo",
        model="demo/echo",
        feature="chat",
        plan="pro",
        month=date(2026, 11, 1),
        correlation_id="c",
        input_tokens=7,
        price={"input": 1, "output": 2},
        started={"seq": 1},
    )


def an_ending(text: str = "An answer.", **fields: Any) -> Ending:
    call = Call(
        call_id=CallId(new_id()),
        agent="assistant",
        provider="demo",
        model="demo/echo",
        usage=Usage(input_tokens=7, output_tokens=10**15, raw={"n": [1, None]}),
        outcome=CallOutcome.OK,
        price=Price(input=PicoUsd(1), output=PicoUsd(2)),
        cost_usd=NanoUsd(3),
        started_at=NOW,
        ended_at=NOW,
    )
    given: dict[str, Any] = {
        "turn": new_turn(),
        "fence": 1,
        "state": TurnState.COMPLETED,
        "seq": 12,
        "text": text,
        "calls": [call],
        "at": NOW,
        "transfer_id": new_id(),
        **fields,
    }
    return Ending(**given)


def spool_in(folder: Path, database: str = DATABASE) -> Spool:
    return Spool(folder / "spool", BootId(new_id()), database)


def take(spool: Spool) -> list[Left]:
    """What ``spool`` finds abandoned; it is given back untouched."""
    found = []
    for file in spool.abandoned():
        found.append(file.read())
        file.close()
    return found


def waiting(spool: Spool) -> list[UUID]:
    return [ending.turn.id for left in take(spool) for ending in left.endings]


def file_of(folder: Path) -> Path:
    (path,) = (folder / "spool").glob("*.jsonl")
    return path
