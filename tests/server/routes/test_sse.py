"""A turn as Server-Sent Events: the same events, resumable, and nothing left behind."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.domain.clock import utc_now
from server.domain.ids import ConversationId, TurnId, UserId, new_id
from server.domain.turn import TurnState
from server.protocol.codec import encode
from server.protocol.events import Problem, TurnFailed, TurnStarted
from server.protocol.figures import Amount, Balance, Quota, Receipt
from server.routes.sse import turn_events, wants_events
from server.sockets.peers import Peers
from server.turns.buffer import MERGE_CHARACTERS, TurnBuffer
from server.turns.cursor import Cursor
from tests.server.sockets.scene import serving
from tests.support.eventually import eventually


def buffer() -> TurnBuffer:
    return TurnBuffer(TurnId(new_id()), ConversationId(new_id()), UserId(new_id()))


class Followed(Cursor):
    """A cursor that says whether somebody still follows by it."""

    is_open = False

    def wake_with(self, callback: Callable[[], None]) -> None:
        super().wake_with(callback)
        self.is_open = True

    def close(self) -> None:
        super().close()
        self.is_open = False


def started(turn: UUID) -> TurnStarted:
    return TurnStarted(
        turn_id=turn,
        seq=1,
        conversation_id=new_id(),
        user_message_id=new_id(),
        message_id=new_id(),
        agent="assistant",
        provider="demo",
        model="demo/x",
        held=Amount(credits="1", usd="0.001"),
    )


def failed(turn: UUID, seq: int) -> TurnFailed:
    return TurnFailed(
        turn_id=turn,
        seq=seq,
        error=Problem(code="provider_error", message="It broke.", retryable=True),
        partial=True,
        receipt=Receipt(
            held="1", charged="0", released="1", cost_usd="0", charged_usd="0", calls=[]
        ),
        balance=Balance(credits="1", held="0", spendable="1"),
        quota=Quota(
            month="2026-01", limit_usd=None, spent_usd="0", held_usd="0", resets_at=utc_now()
        ),
    )


@asynccontextmanager
async def streaming(
    answer: Callable[[], Response],
) -> AsyncIterator[httpx2.Response]:
    async def endpoint(_: Request) -> Response:
        return answer()

    async with (
        serving(Starlette(routes=[Route("/", endpoint)])) as port,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client,
        client.stream("GET", "/") as response,
    ):
        yield response


async def read(lines: AsyncIterator[str]) -> dict[str, Any]:
    """The next event, as its fields."""
    fields: dict[str, Any] = {}
    async for line in lines:
        if not line:
            return fields
        name, _, value = line.partition(": ")
        fields[name] = value
    return fields


async def test_each_event_arrives_as_it_happens_and_the_outcome_ends_the_stream() -> None:
    turn = buffer()
    first = started(turn.turn_id)
    turn.event("turn.started", encode(first))
    cursor = Followed(turn, 1)
    async with streaming(lambda: turn_events(cursor, first)) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        lines = response.aiter_lines()
        event = await read(lines)
        assert (event["event"], event["id"]) == ("turn.started", "1")
        for seq, word in enumerate(("Hello", " ", "\n\nworld"), start=2):
            turn.delta(word)
            event = await read(lines)
            assert (event["event"], event["id"]) == ("turn.delta", str(seq))
            assert json.loads(event["data"])["text"] == word
        turn.end(TurnState.FAILED, failed(turn.turn_id, 5))
        event = await read(lines)
        assert (event["event"], event["id"]) == ("turn.failed", "5")
        assert [line async for line in lines] == []
    assert not cursor.is_open


async def test_a_resumed_stream_begins_behind_the_last_event_id() -> None:
    turn = buffer()
    turn.event("turn.started", encode(started(turn.turn_id)))
    for word in "abc":
        turn.delta(word)
    turn.end(TurnState.FAILED, failed(turn.turn_id, 5))
    async with streaming(lambda: turn_events(Cursor(turn, 2))) as response:
        lines = response.aiter_lines()
        event = await read(lines)
        assert json.loads(event["data"])["fromSeq"] == 3
        assert event["id"] == "4"
        assert (await read(lines))["event"] == "turn.failed"


async def test_a_client_that_leaves_is_noticed_and_the_turn_goes_on() -> None:
    turn = buffer()
    turn.event("turn.started", encode(started(turn.turn_id)))
    cursor = Followed(turn, 0)
    async with streaming(lambda: turn_events(cursor)) as response:
        await read(response.aiter_lines())
        assert cursor.is_open
        await response.aclose()
        await eventually(lambda: not cursor.is_open)
    assert not turn.has_ended


async def test_a_client_that_stops_reading_is_cut_off_and_the_turn_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    turn, peers = buffer(), Peers(10)
    cursor = Followed(turn, 0)

    async def endpoint(_: Request) -> Response:
        return turn_events(cursor)

    application = Starlette(routes=[Route("/", endpoint)])
    async with serving(application, step_s=0.3, peers=peers) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: cursor.is_open)
        for _ in range(300):  # 20 MB, more than any kernel takes on its behalf
            turn.delta("x" * MERGE_CHARACTERS)
        await eventually(lambda: not cursor.is_open)
        await eventually(lambda: len(peers) == 0)
        writer.close()
    assert not turn.has_ended
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_silence_is_filled_with_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.routes.sse.HEARTBEAT_S", 0.05)
    turn = buffer()
    async with streaming(lambda: turn_events(Cursor(turn, 0))) as response:
        async with asyncio.timeout(5):
            async for line in response.aiter_lines():
                assert line == ": still here"
                break


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/event-stream", True),
        ("application/json, Text/Event-Stream;q=0.5", True),
        ("*/*", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_a_stream_is_for_who_asks_by_name(accept: str, wanted: bool) -> None:
    request = Request({"type": "http", "headers": [(b"accept", accept.encode())]})
    assert wants_events(request) is wanted
