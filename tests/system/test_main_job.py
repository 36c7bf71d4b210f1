"""The main job over real sockets: many turns on one session, every figure the same everywhere."""

import asyncio
from decimal import Decimal

import httpx2

from tests.support.client import Followed, session
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.server import LiveServer
from tests.system.conftest import MODEL


async def stored_text(http: httpx2.AsyncClient, turn: Followed) -> str:
    assert turn.started is not None
    answer = await http.get(f"/api/conversations/{turn.started['conversationId']}")
    messages = answer.json()["data"]["messages"]
    return next(str(m["text"]) for m in messages if m["id"] == turn.started["messageId"])


async def test_fifty_turns_on_one_session_agree_with_every_book(
    live: LiveServer, stub: OpenAIStub
) -> None:
    stub.default = Play(tokens=40, first=0.15)  # slower than a session may send commands
    email = await live.new_user()
    key = await live.key(email)
    async with session(live.ws_url, key) as client, live.http(key) as http:
        at_once = asyncio.Semaphore(8)

        async def one(number: int) -> Followed:
            async with at_once:
                turn, outcome = await client.say(f"Question {number}", model=MODEL)
                assert outcome["type"] == "turn.completed", outcome
                return turn

        turns = await asyncio.gather(*(one(number) for number in range(50)))
        assert [turn.flaws for turn in turns if turn.flaws] == []
        for turn in turns[::7]:
            assert await stored_text(http, turn) == turn.text
        charged = sum(Decimal(turn.outcome["receipt"]["charged"]) for turn in turns if turn.outcome)
        dollars = sum(Decimal(turn.outcome["receipt"]["costUsd"]) for turn in turns if turn.outcome)
        credits = (await http.get("/api/credits")).json()["data"]
        assert Decimal(credits["credits"]) == 1_000 - charged
        assert Decimal(credits["held"]) == 0

        async def billed() -> bool:
            (usage,) = await live.rows("SELECT count(*) FROM usage_logs")
            return bool(usage[0] == 50)

        await eventually(billed)
        (usage,) = await live.rows("SELECT count(*), sum(cost_usd), sum(charged) FROM usage_logs")
        (month,) = await live.rows("SELECT request_count, cost_usd, charged FROM monthly_charges")
        (moved,) = await live.rows(
            "SELECT count(*), sum(amount) FROM transfers WHERE turn_id IS NOT NULL"
        )
        micros, nanos = charged * 1_000_000, dollars * 1_000_000_000
        assert tuple(usage) == (50, nanos, micros)
        assert tuple(month) == (50, nanos, micros)
        assert tuple(moved) == (50, micros)
        sent = sum(exchange.tokens_sent for exchange in stub.exchanges)
        tokens = await live.rows("SELECT sum(output_tokens) FROM usage_logs")
        assert tokens[0][0] == sent == 50 * 40
        report = (await http.get("/api/ai/usage")).json()["data"]
        assert Decimal(report["totals"]["costUsd"]) == dollars
    await live.cli("reconcile")
