"""SIGTERM under load: who is idle leaves, what runs may end, nothing is lost or charged twice."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from server.domain.ids import new_id
from tests.support.client import Client, Followed, open_socket, session
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.server import LiveServer
from tests.system.conftest import MODEL

PER_USER = 16
"""Sessions that one user may hold."""


@dataclass
class Crowd:
    idle: list[Client]
    busy: list[tuple[Client, Followed]]

    @property
    def everybody(self) -> list[Client]:
        return [*self.idle, *(client for client, _ in self.busy)]


@asynccontextmanager
async def crowd(live: LiveServer, *, idle: int, busy: int) -> AsyncIterator[Crowd]:
    """So many sessions, and so many more with a turn that has begun to answer."""
    keys = [await live.new_key() for _ in range(-(-(idle + busy) // PER_USER))]
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(session(live.ws_url, keys[n // PER_USER]))
            for n in range(idle + busy)
        ]
        begun = [(client, await client.begin("Tell me", model=MODEL)) for client in clients[idle:]]
        for client, turn in begun:
            await client.hear_text(turn)
        yield Crowd(clients[:idle], begun)


async def closed_with(client: Client) -> int | None:
    await client.socket.wait_closed()
    return client.socket.close_code


async def status_of(live: LiveServer) -> int:
    """How it ended, without another signal."""
    assert live._process is not None
    status = await asyncio.to_thread(live._process.wait, 40)
    live._process = None
    return status


async def events(http: httpx2.AsyncClient, turn: str) -> list[dict[str, Any]]:
    """A turn over Server-Sent Events, to the end of the stream."""
    async with http, http.stream("GET", f"/api/turns/{turn}/events") as answer:
        lines = [line async for line in answer.aiter_lines()]
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


async def is_refused(live: LiveServer, key: str) -> None:
    """Whoever comes while it drains is told to come again, whichever way they come."""
    async with open_socket(live.ws_url, key) as socket:
        told = json.loads(await socket.recv())
        assert (told["type"], told["code"], told["retryable"]) == ("error", "draining", True)
        assert told["retryAfter"] > 0
        await socket.wait_closed()
        assert socket.close_code == 1012
    async with live.http(key) as http:
        conversation = (await http.post("/api/conversations", json={})).json()["data"]["id"]
        for accept in ("application/json", "text/event-stream"):
            answer = await http.post(
                f"/api/conversations/{conversation}/messages",
                json={"text": "Hello", "clientMessageId": str(new_id())},
                headers={"accept": accept},
            )
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "draining")
            assert int(answer.headers["retry-after"]) > 0
        assert (await http.get("/healthz/ready")).status_code == 503
        assert (await http.get("/healthz")).status_code == 200


def nothing_went_wrong(live: LiveServer) -> None:
    wrong = [line for line in live.output.splitlines() if '"level":"error"' in line]
    assert wrong == []
    assert "Traceback" not in live.output


async def nothing_is_held(live: LiveServer) -> None:
    assert await live.rows("SELECT id FROM holds WHERE state = 'open'") == []
    assert await live.rows("SELECT id FROM turns WHERE state IN ('admitted', 'running')") == []


async def test_what_runs_ends_and_who_is_idle_leaves_at_once(
    live: LiveServer, stub: OpenAIStub
) -> None:
    stub.default = Play(tokens=80, gap=0.05)
    key = await live.new_key()
    async with crowd(live, idle=180, busy=20) as here:
        client, followed = here.busy[0]
        stream = asyncio.create_task(events(live.http(key_of(client)), followed.turn_id))
        os.kill(live.pid, signal.SIGTERM)
        assert {await closed_with(member) for member in here.idle} == {1012}
        assert not followed.outcome  # nobody who is idle waits for who is not
        await is_refused(live, key)
        refused = await client.start("One more", model=MODEL)
        assert (refused["code"], refused["retryable"]) == ("draining", True)
        ends = [await member.finish(turn) for member, turn in here.busy]
        assert {end["type"] for end in ends} == {"turn.completed"}
        assert [turn.flaws for _, turn in here.busy if turn.flaws] == []
        assert {await closed_with(member) for member, _ in here.busy} == {1012}
        for member in here.everybody:
            (told,) = (e for e in member.others if e["type"] == "server.draining")
            assert told["graceSeconds"] == 25
        assert (await stream)[-1]["type"] == "turn.completed"
    assert await status_of(live) == 0
    nothing_went_wrong(live)
    await live.start()
    await nothing_is_held(live)


def key_of(client: Client) -> str:
    request = client.socket.request
    assert request is not None
    return request.headers["authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("insists", [False, True], ids=["grace", "insists"])
async def test_what_does_not_end_in_time_fails_uncharged_with_its_text(
    live: LiveServer, stub: OpenAIStub, insists: bool
) -> None:
    stub.default = Play(tokens=4_000, gap=0.02)
    await live.stop()
    before = live.environment.get("DRAIN_SECONDS")
    live.environment["DRAIN_SECONDS"] = "25" if insists else "1"
    await live.start()
    async with crowd(live, idle=5, busy=10) as here:
        client, turn = here.busy[0]
        stream = asyncio.create_task(events(live.http(key_of(client)), turn.turn_id))
        await eventually(lambda: len(turn.text) > 20)
        os.kill(live.pid, signal.SIGTERM)
        if insists:
            await eventually(lambda: any(e["type"] == "server.draining" for e in client.others))
            os.kill(live.pid, signal.SIGTERM)
        async with asyncio.timeout(12):
            assert await status_of(live) == 0
        assert {await closed_with(member) for member in here.everybody} <= {1012, 1006}
        with contextlib.suppress(httpx2.HTTPError):
            heard = await stream
            assert heard[-1]["type"] == "turn.failed"
        shown = {followed.turn_id: followed for _, followed in here.busy}
    assert "Traceback" not in live.output
    live.environment["DRAIN_SECONDS"] = before or "25"
    await live.start()
    await nothing_is_held(live)
    ended = await live.rows(
        "SELECT t.id, t.outcome->'error'->>'code', t.outcome->'receipt'->>'charged', m.text"
        " FROM turns t LEFT JOIN messages m ON m.id = t.message_id"
        " WHERE t.outcome->>'type' = 'turn.failed' OR t.state = 'failed'"
    )
    kept = {str(row[0]): row[1:] for row in ended}
    for turn_id, followed in shown.items():
        code, charged, text = kept[turn_id]
        assert (code, float(charged)) == ("draining", 0)
        assert text.startswith(followed.text)
        if not insists:
            assert followed.outcome is not None
            assert (followed.outcome["type"], followed.text) == ("turn.failed", text)
