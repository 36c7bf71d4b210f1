"""A server is killed and one is frozen: their turns end elsewhere, whole and paid back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from server.local.engines import EngineUrls
from server.migrations.upgrade import upgrade
from server.persistence.redis import open_redis
from tests.support.client import Client, Followed, session
from tests.support.engines import create_database, drop_database, redis_url
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer
from tests.system.conftest import DATABASE, MODEL, configured

PROMISED_S = 20.0
"""After which a turn of a dead process has ended, and its hold is free."""

NAP_S, FREEZE_S = 4.0, 20.0
"""Shorter than a lease lasts, and longer."""

LONG = "[stub: tokens=6000 gap=0.02]"


@pytest_asyncio.fixture
async def rack(
    engines: EngineUrls, stub_port: int, tmp_path: Path
) -> AsyncIterator[list[LiveServer]]:
    """Three servers on the same engines."""
    name, redis_address = f"{DATABASE}_leases", redis_url(engines, 3)
    await drop_database(engines, name)
    url = await create_database(engines, name)
    async with open_redis(redis_address) as redis:
        await redis.flushdb()
    servers = [
        configured(tmp_path / str(at), stub_port, DATABASE_URL=url, REDIS_URL=redis_address)
        for at in range(3)
    ]
    for server in servers:
        # A provider is not silent because we were.
        server.environment["BETWEEN_TOKENS_SECONDS"] = "30"
    await upgrade(url)
    await asyncio.gather(*(server.start() for server in servers))
    yield servers
    await asyncio.gather(*(server.stop() for server in servers if server.is_running))
    await drop_database(engines, name)


async def test_turns_of_a_killed_and_of_a_frozen_server_end_elsewhere(
    rack: list[LiveServer], stub: OpenAIStub
) -> None:
    doomed, frozen, other = rack
    key = await other.new_key()
    async with (
        session(doomed.ws_url, key) as one,
        session(frozen.ws_url, key) as two,
        session(other.ws_url, key) as three,
    ):
        turns = [await begin(client, LONG) for client in (one, one, two, two)]
        exchanges = {turn.turn_id: told for turn, told in zip(turns, stub.exchanges, strict=True)}
        await nap(doomed, one, turns[0])
        seen = [await attach(three, turn) for turn in turns]

        os.kill(doomed.pid, signal.SIGKILL)
        os.kill(frozen.pid, signal.SIGSTOP)
        waking = asyncio.create_task(wake(frozen))
        async with asyncio.timeout(PROMISED_S):
            ends = [await three.finish(turn) for turn in seen]
        async with other.http(key) as http:
            assert (await http.get("/api/credits")).json()["data"]["held"] == "0"
        for turn, end in zip(seen, ends, strict=True):
            assert (end["type"], end["error"]["code"]) == ("turn.failed", "worker_lost")
            receipt = end["receipt"]
            assert (receipt["charged"], receipt["released"]) == ("0", receipt["held"])
            assert [call["usageSource"] for call in receipt["calls"]] == ["estimated"]
            assert turn.text
            assert exchanges[turn.turn_id].text.startswith(turn.text)
        assert ends[-1]["balance"]["credits"] == one.ready["balance"]["credits"]

        await waking
        for turn in turns[2:]:
            # It slept through its own death; now it closes its stream and tells what was decided.
            there = three.turn(turn.turn_id)
            assert await two.finish(turn) == there.outcome
            assert (turn.text, turn.seq) == (there.text, there.seq)
            # One tells the end; another, if it fell asleep before something that waited was sent.
            assert turn.snapshots in {1, 2}
            await exchanges[turn.turn_id].client_left(10)
        _, after = await two.say("[stub: tokens=5] and now?", model=MODEL)
        assert after["type"] == "turn.completed"
    assert len(stub.exchanges) == len(turns) + 1
    rows = await other.rows("SELECT state, fence FROM turns ORDER BY id")
    assert [tuple(row) for row in rows] == [("failed", 2)] * 4 + [("completed", 1)]
    await other.cli("reconcile")


async def begin(client: Client, text: str) -> Followed:
    turn = await client.begin(text, model=MODEL)
    await client.hear_text(turn)
    return turn


async def attach(client: Client, turn: Followed) -> Followed:
    """Follow a turn from its beginning, until there is something to see."""
    await client.ask("turn.attach", turnId=turn.turn_id, afterSeq=0)
    followed = client.turn(turn.turn_id)
    await client.hear_text(followed)
    return followed


async def nap(server: LiveServer, client: Client, turn: Followed) -> None:
    """Freeze it for less than a lease: it goes on where it was."""
    os.kill(server.pid, signal.SIGSTOP)
    await asyncio.sleep(NAP_S)
    os.kill(server.pid, signal.SIGCONT)
    await client.hear_text(turn, len(turn.text) + 100)
    assert turn.outcome is None


async def wake(server: LiveServer) -> None:
    await asyncio.sleep(FREEZE_S)
    os.kill(server.pid, signal.SIGCONT)
