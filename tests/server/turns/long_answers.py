"""What tests of long answers share: a stub that knows no limit, its prices, what an end must be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from agents.providers.load import ProviderSettings
from agents.tokens import count_text
from billing.pricing import charge
from billing.tables import AccountRow, HoldRow, TransferRow
from server.domain.money import MICROS_PER_CREDIT, NanoUsd
from server.local.engines import EngineUrls
from server.persistence.conversations import MessageRow
from server.persistence.database import Database
from server.turns.engine import Started
from server.turns.meter import RECOUNT_BYTES
from tests.server.turns.scene import micros, nanos, one
from tests.support.eventually import eventually
from tests.support.providers.exchange import Exchange
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.turns import Harness, turn_harness

PRICES = {"stub": "2.5/10", "free": "0/0", "cheap": "0.1/0.4", "dear": "75/600"}
"""Dollars a million tokens of input and output, by model."""

PER_TOKEN = 10_000
"""Micro-credits that one token of the stub model's answer takes, at 1000 credits a dollar."""

PER_USD = 1_000

OVERRUN_TOKENS = RECOUNT_BYTES // 3
"""What may have been said since the last count, beside the delta that made it necessary: the
stub's words and their spaces are no shorter, by the token, than three bytes."""


@asynccontextmanager
async def stubbed(urls: EngineUrls, stub: OpenAIStub, **settings: object) -> AsyncIterator[Harness]:
    providers = ProviderSettings(
        openai_api_key="x",
        openai_base_url=stub.url,
        openai_models=tuple(PRICES),
        default_model="openai/stub",
    )
    models = ",".join(f"{name}={price}" for name, price in PRICES.items())
    settings |= {"openai_base_url": stub.url, "openai_models": models}
    async with turn_harness(urls, providers=providers, **settings) as harness:
        yield harness


def exchange_of(stub: OpenAIStub, prompt: str) -> Exchange:
    """The one request that asked this."""
    (found,) = [each for each in stub.exchanges if each.body["messages"][-1]["content"] == prompt]
    return found


async def watch_the_balance(database: Database, given: int) -> None:
    """For ever: what was captured and what is left are what was given, and holds fit in it."""
    captured = select(func.coalesce(func.sum(TransferRow.amount), 0)).where(
        TransferRow.kind == "capture"
    )
    held = select(func.coalesce(func.sum(HoldRow.credits), 0)).where(HoldRow.state == "open")
    while True:
        async with database.snapshot() as tx:
            account = (await tx.execute(select(AccountRow.balance, AccountRow.held))).one()
            taken, open_ = await tx.scalar(captured), await tx.scalar(held)
        assert account.balance + (taken or 0) == given * MICROS_PER_CREDIT
        assert 0 <= account.held == open_ <= account.balance
        await asyncio.sleep(0.01)


async def amounts(database: Database, turn: UUID) -> dict[str, int]:
    """What the ledger says of a turn: ``held``, ``capture``, ``overage``, in micro-credits."""
    async with database.snapshot() as tx:
        held = await tx.scalar(select(func.sum(HoldRow.credits)).where(HoldRow.turn_id == turn))
        moved = await tx.execute(
            select(TransferRow.kind, TransferRow.amount).where(TransferRow.turn_id == turn)
        )
        return {
            "held": int(held or 0),
            "capture": 0,
            "overage": 0,
            **{row.kind: row.amount for row in moved},
        }


async def check_end(
    database: Database, exchange: Exchange, turn: Started, outcome: dict[str, Any]
) -> dict[str, int]:
    """All that was said is kept, a stream that was cut short is closed, and the receipt adds up;
    answers the ledger's amounts."""
    text = turn.cursor.text
    message = await one(
        database,
        select(MessageRow.text, MessageRow.state).where(MessageRow.id == turn.event.message_id),
    )
    assert message.text == text
    assert exchange.text.startswith(text)
    if outcome["finishReason"] in {"credits", "quota"}:
        assert message.state == "partial"
        # Closed, unless all of it was on its way already.
        await eventually(lambda: exchange.closed_at or exchange.finished_at)
    else:
        assert message.state == "complete"
        assert exchange.text == text or outcome["finishReason"] == "length"
    ledger, receipt = await amounts(database, turn.event.turn_id), outcome["receipt"]
    (call,) = receipt["calls"]
    assert ledger["held"] == micros(receipt["held"])
    assert ledger["capture"] == micros(receipt["charged"]) == micros(call["charged"])
    assert micros(receipt["released"]) == max(ledger["held"] - ledger["capture"], 0)
    owed = charge(NanoUsd(nanos(call["costUsd"])), 1_000_000, PER_USD)
    assert ledger["capture"] + ledger["overage"] == owed
    return ledger


def longest_delta(turn: Started) -> int:
    """Tokens of the largest piece in which the answer came."""
    texts = [
        text
        for _, _, kind, data in turn.cursor._buffer.runs(0)
        if kind == "delta" and not isinstance(data, bytes)
        for text in data
    ]
    return max(map(count_text, texts), default=0)
