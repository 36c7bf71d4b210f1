"""Reading, writing and ending: what every session does, over real sockets."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.accounts.access import Principal
from server.domain.errors import Forbidden
from server.domain.ids import ConversationId, TurnId, UserId, new_id
from server.local.engines import EngineUrls
from server.protocol.events import Pong
from server.sockets.access import Access
from server.sockets.channel import Channel
from server.sockets.pump import Pump, PumpLimits
from server.sockets.uvicorn import WIRE
from server.turns.buffer import MERGE_CHARACTERS, TurnBuffer, pieces
from server.turns.cursor import Cursor
from tests.server.sockets.scene import scene, serving
from tests.support.eventually import eventually


@dataclass
class Place:
    port: int
    pumps: list[Pump]
    heard: list[str | bytes]
    takes_long: bool = False
    ended: int = 0

    @asynccontextmanager
    async def connected(self, **options: Any) -> AsyncIterator[tuple[ClientConnection, Pump]]:
        known = len(self.pumps)
        async with connect(
            f"ws://127.0.0.1:{self.port}/",
            **{"compression": None, "max_size": None, "close_timeout": 1, **options},
        ) as connection:
            await eventually(lambda: len(self.pumps) > known)
            yield connection, self.pumps[-1]


@asynccontextmanager
async def place(
    urls: EngineUrls,
    limits: PumpLimits | None = None,
    admit: Callable[[Principal], None] = lambda _: None,
    *,
    kernel_bytes: int | None = None,
) -> AsyncIterator[Place]:
    """``kernel_bytes``: what the kernel may hold of each connection; unset, it takes megabytes."""
    async with scene(urls) as here:
        person = await here.person()
        authenticator = here.harness.process.services.accounts.authenticator
        principal = await authenticator.by_bearer(person.key)
        found = Place(0, [], [])

        async def application(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            if kernel_bytes is not None:
                connection = scope["extensions"][WIRE]["wire"].transport.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, kernel_bytes)
            pump = Pump(
                Channel(scope, receive, send),
                Access(principal, authenticator, admit, time.monotonic),
                address="192.0.2.1",
                now=time.monotonic,
                limits=limits or PumpLimits(),
            )
            found.pumps.append(pump)

            async def hear(frame: str | bytes) -> None:
                found.heard.append(frame)
                if found.takes_long:
                    await asyncio.Event().wait()

            await pump.run(hear)
            found.ended += 1

        async with serving(application) as port:
            found.port = port
            yield found


def turn() -> TurnBuffer:
    return TurnBuffer(TurnId(new_id()), ConversationId(new_id()), UserId(new_id()))


async def code_of(connection: ClientConnection) -> int | None:
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(20):
            while True:
                await connection.recv()
    return connection.close_code


async def test_frames_are_heard_in_order_and_answers_go_out_in_order(migrated: EngineUrls) -> None:
    async with place(migrated) as here, here.connected() as (connection, pump):
        for n in range(50):
            await connection.send(str(n))
            pump.tell(Pong(re=str(n)))
        answers = [await connection.recv() for _ in range(50)]
        assert answers == [f'{{"type":"pong","re":"{n}"}}' for n in range(50)]
        await eventually(lambda: here.heard == [str(n) for n in range(50)])


async def test_an_end_sends_what_was_answered_and_drops_what_streams(migrated: EngineUrls) -> None:
    async with place(migrated) as here, here.connected() as (connection, pump):
        said = turn()
        pump.queue.follow(Cursor(said, 0))
        pump.tell(Pong(re="last"))
        said.delta("not for who lost access")
        pump.end(4401, "signed out")
        assert await connection.recv() == '{"type":"pong","re":"last"}'
        assert await code_of(connection) == 4401
        await eventually(lambda: pump.closed_with == 4401)


async def test_a_reader_that_keeps_up_needs_no_task_of_its_own(migrated: EngineUrls) -> None:
    async with place(migrated) as here, here.connected() as (connection, pump):
        said = turn()
        pump.queue.follow(Cursor(said, 0))
        for n in range(3):
            said.delta(str(n))
            assert f'"{n}"' in str(await connection.recv())
            assert not pump._tasks


async def test_an_answer_that_is_held_back_keeps_no_flush_busy(migrated: EngineUrls) -> None:
    async with place(migrated) as here, here.connected() as (connection, pump):
        said = turn()
        pump.queue.follow(Cursor(said, 0))
        pump.queue.hold(said.turn_id)
        said.delta("later")
        pump.tell(Pong(re="first"))
        assert await connection.recv() == '{"type":"pong","re":"first"}'
        pump.queue.release(said.turn_id)
        assert '"later"' in str(await connection.recv())


async def test_a_restart_sends_what_streams_before_the_close_frame(migrated: EngineUrls) -> None:
    async with place(migrated) as here, here.connected() as (connection, pump):
        said = turn()
        pump.queue.follow(Cursor(said, 0))
        said.delta("the end")
        pump.end(1012, "restart")
        assert '"the end"' in str(await connection.recv())
        assert await code_of(connection) == 1012


async def test_a_session_that_is_too_old_is_asked_to_come_again(migrated: EngineUrls) -> None:
    async with (
        place(migrated, PumpLimits(age_s=0.05)) as here,
        here.connected() as (connection, pump),
    ):
        await asyncio.sleep(0.06)
        pump.look_after()
        assert await code_of(connection) == 1012


@pytest.mark.parametrize(("how", "fresh_s"), [("look_after", 0.0), ("doubt", 60.0)])
async def test_who_may_not_speak_any_more_is_sent_away(
    migrated: EngineUrls, monkeypatch: pytest.MonkeyPatch, how: str, fresh_s: float
) -> None:
    monkeypatch.setattr("server.sockets.access.FRESH_S", fresh_s)

    def nobody(_: Principal) -> None:
        raise Forbidden("Not any more.")

    async with place(migrated, admit=nobody) as here, here.connected() as (connection, pump):
        getattr(pump, how)()
        assert '"code":"forbidden"' in str(await connection.recv())
        assert await code_of(connection) == 4403


async def test_what_fails_beside_a_session_ends_it_as_our_bug(
    migrated: EngineUrls, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise RuntimeError("unforeseen")

    async with place(migrated) as here, here.connected() as (connection, pump):
        pump.start(fail)
        assert await code_of(connection) == 1011
    assert "session.failed" in caplog.text


async def test_what_was_started_ends_even_if_it_resists(migrated: EngineUrls) -> None:
    resisted = list[int]()

    async def resist() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        resisted.append(1)
        await asyncio.Event().wait()

    async with place(migrated) as here:
        async with here.connected() as (_, pump):
            pump.start(resist)
        await eventually(lambda: resisted and not pump._tasks)


async def test_an_end_of_ours_does_not_wait_for_what_is_heard(migrated: EngineUrls) -> None:
    async with place(migrated) as here, here.connected() as (connection, pump):
        here.takes_long = True
        await connection.send("a question")
        await eventually(lambda: here.heard)
        pump.end(1012, "restart")
        assert await code_of(connection) == 1012
        await eventually(lambda: here.ended == 1)


async def test_a_refusal_is_said_before_it_closes(migrated: EngineUrls) -> None:
    async with place(migrated) as here, here.connected() as (connection, pump):
        pump.refuse(Forbidden("Not any more."))
        assert '"code":"forbidden"' in str(await connection.recv())
        assert await code_of(connection) == 4403


async def test_a_client_that_leaves_ends_the_pump_and_its_followers(migrated: EngineUrls) -> None:
    async with place(migrated) as here:
        async with here.connected() as (_, pump):
            pump.queue.follow(Cursor(turn(), 0))
        await eventually(lambda: pump.closed_with == 1000)
        await eventually(lambda: pump.queue.following == 0)


async def unhurried(port: int) -> socket.socket:
    """A connected socket whose kernel takes little on its behalf."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", port))
    return small


async def test_a_slow_reader_is_moved_on_then_closed_and_others_feel_nothing(
    migrated: EngineUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.sockets.sendqueue.BEHIND_S", 0.3)
    limits = PumpLimits(outgoing_bytes=16 * 1024**2)
    async with place(migrated, limits, kernel_bytes=4096) as here:
        said = turn()
        async with (
            here.connected(max_queue=1, close_timeout=1, sock=await unhurried(here.port)) as (
                slow,
                slow_pump,
            ),
            here.connected() as (quick, quick_pump),
        ):
            slow_pump.queue.follow(Cursor(said, 0))
            quick_pump.queue.follow(Cursor(said, 0))
            for n in range(9):
                said.delta("€" * 16_384)
                event = json.loads(await asyncio.wait_for(quick.recv(), 5))
                assert (event["type"], event["seq"]) == ("turn.delta", n + 1)
            await asyncio.sleep(0.4)
            kinds = set[str]()
            with contextlib.suppress(ConnectionClosed):
                while True:
                    event = json.loads(await asyncio.wait_for(slow.recv(), 20))
                    kinds.add(event["type"])
                    for _ in range(3):
                        said.delta("x" * MERGE_CHARACTERS)
                    await asyncio.sleep(0.02)
            assert (slow.close_code in (1013, 1006), slow_pump.closed_with) == (True, 1013)
            assert "turn.snapshot" in kinds
            assert not quick_pump.closed_with


async def test_an_answer_of_megabytes_reaches_a_client_with_default_limits(
    migrated: EngineUrls,
) -> None:
    text = "".join(f"{n:06}" for n in range(850_000))
    async with place(migrated) as here:
        said = turn()
        for piece in pieces(text[:4_000_000]):
            said.delta(piece)
        async with here.connected(max_size=1024**2) as (connection, pump):
            cursor = Cursor(said, 0)
            cursor.skip_to_snapshot()
            pump.queue.follow(cursor)
            heard, kinds = "", list[str]()
            for piece in pieces(text[4_000_000:]):
                said.delta(piece)  # a megabyte in one moment, while the rest is on its way
            while len(heard) < len(text):
                event = json.loads(await asyncio.wait_for(connection.recv(), 5))
                kinds.append(event["type"])
                heard += event["text"]
            assert (heard == text, kinds.count("turn.snapshot")) == (True, 1)
            assert pump.closed_with is None
