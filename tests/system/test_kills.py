"""Processes that die without a word: what was promised holds when they are back."""

import os
import signal
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest_asyncio

from tests.support.client import session
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer
from tests.system.conftest import MODEL, configured

CLAIMED_S = 90.0
"""Entries that a killed worker had read are claimed by the next one after a minute."""


@pytest_asyncio.fixture
async def own(tmp_path: Path, stub_port: int) -> AsyncIterator[LiveServer]:
    """A server with private engines of its own, as `make serve` starts it."""
    server = configured(tmp_path, stub_port)
    await server.start()
    yield server
    if server.is_running:
        await server.stop()


def billing_of(server: LiveServer) -> psutil.Process | None:
    children = psutil.Process(server.pid).children()
    return next((child for child in children if is_billing(child)), None)


def is_billing(process: psutil.Process) -> bool:
    try:
        return "billing" in process.cmdline()
    except psutil.Error:
        return False  # it is just going


async def test_figures_are_exact_when_billing_was_away(own: LiveServer, stub: OpenAIStub) -> None:
    key = await own.new_key()
    killed, outcomes = set[int](), list[dict[str, Any]]()
    async with session(own.ws_url, key) as client:
        for number in range(12):
            outcomes.append((await client.say(f"[stub: tokens=5] {number}", model=MODEL))[1])
            if number % 4 == 0:
                billing = await eventually(lambda: billing_of(own))
                billing.kill()
                billing.wait(5)
                killed.add(billing.pid)
    await eventually(lambda: billed(own, 12), CLAIMED_S)
    assert len(killed) == 3
    (month,) = await own.rows("SELECT sum(charged), sum(request_count) FROM monthly_charges")
    (moved,) = await own.rows("SELECT sum(amount) FROM transfers WHERE kind = 'capture'")
    assert tuple(month) == (moved[0], 12)
    told = sum(Decimal(outcome["receipt"]["charged"]) for outcome in outcomes)
    assert told * 1_000_000 == moved[0]
    await own.cli("reconcile")


async def billed(server: LiveServer, calls: int) -> bool:
    (row,) = await server.rows("SELECT count(*) FROM usage_logs")
    return bool(row[0] == calls)


async def test_everything_killed_in_mid_turn_is_there_again(
    own: LiveServer, stub: OpenAIStub
) -> None:
    key = await own.new_key()
    async with session(own.ws_url, key) as client:
        done, outcome = await client.say("[stub: tokens=20] first", model=MODEL)
        turn = await client.begin("[stub: tokens=900 gap=0.02] second", model=MODEL)
        await client.hear_text(turn, 40)
        everything = [psutil.Process(own.pid), *psutil.Process(own.pid).children(recursive=True)]
        for process in everything:
            if process.is_running():
                os.kill(process.pid, signal.SIGKILL)
    await own.stop()
    await own.start()
    async with session(own.ws_url, key) as client, own.http(key) as http:
        assert client.ready["runningTurns"] == []
        again = client.turn(turn.turn_id)
        again.seq, again.text = turn.seq, turn.text
        await client.ask("turn.attach", turnId=turn.turn_id, afterSeq=turn.seq)
        lost = await client.finish(again)
        assert lost["error"]["code"] == "worker_lost"
        assert lost["receipt"]["charged"] == "0"
        assert lost["balance"]["held"] == "0"
        assert again.text
        assert turn.text.startswith(again.text) or again.text.startswith(turn.text)
        assert lost["balance"]["credits"] == outcome["balance"]["credits"]
        listed = (await http.get("/api/conversations")).json()["data"]["items"]
        assert len(listed) == 2
        _, after = await client.say("third", model=MODEL)
        assert after["type"] == "turn.completed"
    assert done.text
    await own.cli("reconcile")


async def test_a_signal_settles_what_runs_and_ends_in_good_order(
    own: LiveServer, stub: OpenAIStub
) -> None:
    own.environment["DRAIN_SECONDS"] = "1"
    await own.stop()
    await own.start()
    key = await own.new_key()
    async with session(own.ws_url, key) as client:
        turn = await client.begin("[stub: tokens=900 gap=0.02] go on", model=MODEL)
        await client.hear_text(turn, 10)
        assert await own.stop(signal.SIGINT) == 0
        outcome = await client.finish(turn)
        assert outcome["error"]["code"] == "draining"
        assert outcome["balance"]["held"] == "0"
        await client.socket.wait_closed()
        assert client.socket.close_code == 1012
    await own.start()
    async with own.http(key) as http:
        answer = (await http.get(f"/api/turns/{turn.turn_id}")).json()["data"]
        assert (answer["state"], answer["text"]) == ("failed", turn.text)


async def test_no_process_outlives_a_killed_serve(own: LiveServer) -> None:
    children = psutil.Process(own.pid).children(recursive=True)
    assert len(children) >= 3
    await own.kill()
    await eventually(lambda: not [child for child in children if child.is_running()], 30)
