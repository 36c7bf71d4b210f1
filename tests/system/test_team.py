"""Twenty fan messages at once, each as Server-Sent Events and over the WebSocket: the team answers
them all, and what each receipt says is what the ledger did."""

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest_asyncio

from server.local.engines import EngineUrls
from tests.support.client import Followed, session
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.eventually import eventually
from tests.support.server import LiveServer

DATABASE = database_name("team")
MESSAGES = 20

SAID = (
    "Hi, I am new here and I like your page!",
    "How much is the beach set?",
    "J'adore tes photos, tu en as d'autres ?",
    "My grandfather died yesterday, I will not write much.",
    "¿Cuánto cuesta el vídeo?",
)
"""By fans: some call for an offer, some forbid it."""

ASKED = (
    "What should I write to fans, and which caption fits on Instagram?",
    "How did my posts do last week, and how do I sell more of them?",
    "Am I allowed to post this on TikTok?",
    "What is the capital of France?",
    "Ein Fan fragt nach Rabatt: was soll ich ihm sagen?",
)
"""By the creator: for one agent, for several, for none in particular."""


@pytest_asyncio.fixture
async def live(engines: EngineUrls, tmp_path: Path) -> AsyncIterator[LiveServer]:
    await drop_database(engines, DATABASE)
    server = LiveServer(
        tmp_path,
        DATABASE_URL=await create_database(engines, DATABASE),
        REDIS_URL=redis_url(engines, 3),
        SECRET_KEY="a-secret-key-of-more-than-32-characters",
    )
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        await drop_database(engines, DATABASE)


async def streamed(http: httpx2.AsyncClient, fan: int, message: str) -> list[dict[str, Any]]:
    """The events of an answer to a fan, in the order in which they came."""
    body = {"fanId": fan, "message": message, "context": {"engagementLevel": "medium"}}
    headers = {"accept": "text/event-stream"}
    async with http.stream("POST", "/api/ai/chat", json=body, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        return [
            json.loads(line.removeprefix("data: "))
            async for line in answer.aiter_lines()
            if line.startswith("data: ")
        ]


def check_stream(events: list[dict[str, Any]]) -> None:
    *told, last = events
    assert last["type"] == "turn.completed", last
    assert {event["type"] for event in told} <= {"turn.notice", "turn.partial", "turn.delta"}
    numbers = [event["seq"] for event in events]
    assert numbers == sorted(set(numbers))
    handed = [event["detail"]["to"] for event in told if event.get("kind") == "handoff"]
    assert handed[0] == "messaging"
    assert handed[-1] == "compliance"
    result = last["result"]
    assert result["response"]
    assert [agent["agent"] for agent in result["agents"]] == handed
    assert {agent["status"] for agent in result["agents"]} == {"ok"}
    assert result["usage"]["charged"] == last["receipt"]["charged"]


async def check_chat(http: httpx2.AsyncClient, turn: Followed) -> None:
    assert turn.started is not None
    assert turn.outcome is not None
    assert turn.outcome["type"] == "turn.completed", turn.outcome
    assert (turn.flaws, turn.repeats) == ([], 0)
    handed = [event["detail"]["to"] for event in turn.told if event["kind"] == "handoff"]
    calls = turn.outcome["receipt"]["calls"]
    assert {call["agent"] for call in calls} == set(handed)
    conversation = turn.started["conversationId"]
    stored = (await http.get(f"/api/conversations/{conversation}")).json()["data"]["messages"]
    assert stored[-1]["text"] == turn.text != ""


def check_receipt(receipt: dict[str, Any]) -> None:
    """It adds up: of its calls, and of its agents where there are several."""
    for lines in (receipt["calls"], receipt.get("branches", [])):
        for name in ("charged", "costUsd", "chargedUsd"):
            total = sum(Decimal(line[name]) for line in lines)
            assert not lines or total == Decimal(receipt[name])
    held, charged, released = (Decimal(receipt[name]) for name in ("held", "charged", "released"))
    assert held == charged + released
    assert charged > 0
    for branch in receipt.get("branches", []):
        assert Decimal(branch["chargedUsd"]) <= Decimal(branch["capUsd"])


async def check_books(live: LiveServer, receipts: dict[str, dict[str, Any]]) -> None:
    """Every receipt against the transfers of its turn and the calls that were billed."""
    calls = {call["callId"]: call for one in receipts.values() for call in one["calls"]}

    async def are_billed() -> bool:
        (row,) = await live.rows("SELECT count(*) FROM usage_logs")
        return bool(row[0] == len(calls))

    await eventually(are_billed, 30)
    captured = await live.rows(
        "SELECT turn_id, sum(amount) FROM transfers WHERE kind = 'capture' GROUP BY turn_id"
    )
    assert {str(turn): Decimal(amount) / 10**6 for turn, amount in captured} == {
        turn: Decimal(receipt["charged"]) for turn, receipt in receipts.items()
    }
    for id, turn, agent, cost, charged in await live.rows(
        "SELECT call_id, turn_id, agent, cost_usd, charged FROM usage_logs"
    ):
        told = calls.pop(str(id))
        assert told in receipts[str(turn)]["calls"]
        assert told["agent"] == agent
        assert Decimal(told["costUsd"]) == Decimal(cost) / 10**9
        assert Decimal(told["charged"]) == Decimal(charged) / 10**6
    assert calls == {}
    assert await live.rows("SELECT id FROM holds WHERE state = 'open'") == []
    await live.cli("reconcile")


async def test_twenty_fan_messages_at_once_are_answered_both_ways_and_paid_to_the_last_digit(
    live: LiveServer,
) -> None:
    email = await live.new_user()
    await live.cli("credits", "grant", "--email", email, "--credits", "10000", "--key", "x")
    key = await live.key(email)
    fans = [SAID[number % len(SAID)] for number in range(MESSAGES)]
    asked = [ASKED[number % len(ASKED)] for number in range(MESSAGES)]
    async with live.http(key) as http, session(live.ws_url, key) as client:
        streams = [streamed(http, fan, message) for fan, message in enumerate(fans)]
        chats = [client.say(text, agent="team") for text in asked]
        answered, said = await asyncio.gather(asyncio.gather(*streams), asyncio.gather(*chats))
        receipts = {}
        for events in answered:
            check_stream(events)
            receipts[events[-1]["turnId"]] = events[-1]["receipt"]
        for turn, outcome in said:
            await check_chat(http, turn)
            receipts[turn.turn_id] = outcome["receipt"]
    assert len(receipts) == 2 * MESSAGES
    for receipt in receipts.values():
        check_receipt(receipt)
    assert any(len(receipt.get("branches", [])) > 1 for receipt in receipts.values())
    await check_books(live, receipts)
