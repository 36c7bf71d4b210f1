"""HTTP as we run it, against peers that take their time, send too much, or never read."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from server.sockets.peers import Peers
from server.sockets.requests import HEAD_BYTES, PIPELINED_MAX, SEND_BUFFER_BYTES
from tests.server.sockets.scene import serving
from tests.support.eventually import eventually

STEP_S = 0.5
BIG = b"x" * 2 * 1024 * 1024


@dataclass
class Application:
    """Reads the body, then answers what the path asks for."""

    bodies: list[bytes] = field(default_factory=list)
    gone: int = 0
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", scope["path"] != "/early"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone += 1
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.bodies.append(body)
        if scope["path"] == "/wait":
            await self.go.wait()
        answer = BIG if scope["path"] == "/big" else b"ok"
        headers = [(b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@dataclass
class Place:
    application: Application
    port: int
    peers: Peers

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        small.setblocking(False)
        await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=small, limit=1024)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def answer(self, *sent: bytes, pause_s: float = 0) -> bytes:
        """All that comes back until the server closes."""
        async with self.raw() as (reader, writer):
            with contextlib.suppress(ConnectionError):
                for piece in sent:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(pause_s)
            received = b""
            with contextlib.suppress(ConnectionError):
                async with asyncio.timeout(10):
                    while piece := await reader.read(65_536):
                        received += piece
            return received


@asynccontextmanager
async def place(caplog: pytest.LogCaptureFixture, most: int = 100) -> AsyncIterator[Place]:
    caplog.set_level(logging.INFO)
    application, peers = Application(), Peers(most)
    async with serving(application, step_s=STEP_S, peers=peers) as port:
        yield Place(application, port, peers)
        application.go.set()
        await eventually(lambda: len(peers) == 0)
    assert [record for record in caplog.records if record.exc_info] == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_request_is_answered_and_the_connection_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with place(caplog) as here, here.raw() as (reader, writer):
        for _ in range(3):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(STEP_S * 2)  # idle, which is no half request
        assert here.application.bodies == [b"hi"] * 3


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"\r\n", b"HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ", b"HTTP/1.1 408 "),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf", b"HTTP/1.1 408 "),
        (b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf", b"HTTP/1.1 200 "),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
            b"Content-Length: 9\r\n\r\nhalf",
            b"HTTP/1.1 400 ",
        ),
        (b"\x16\x03\x01\x02\x00\x01\x00", b"HTTP/1.1 400 "),
    ],
    ids=["nothing", "a line end", "half a head", "half a body", "more after the answer",
         "half a body before an upgrade", "TLS"],
)  # fmt: skip
async def test_who_does_not_finish_a_request_is_given_up(
    caplog: pytest.LogCaptureFixture, sent: bytes, answer: bytes
) -> None:
    async with place(caplog) as here:
        received = await here.answer(sent)
        assert received[:13] == answer


async def test_a_head_and_a_body_in_drops_are_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async with place(caplog) as here:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n"
        for drops in ([bytes((byte,)) for byte in head], [head, *[b"x"] * 30]):
            received = await here.answer(*drops, pause_s=0.05)
            assert received[:13] in (b"HTTP/1.1 408 ", b"")  # reset, where more was on its way
        await eventually(lambda: here.application.gone == 1)
        assert here.application.bodies == []


async def test_a_body_that_goes_on_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    async with place(caplog) as here:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        pieces = [b"x" * 4_096] * 12
        sent = [head % (4_096 * 12), *pieces]
        assert (await here.answer(*sent, pause_s=0.1)).startswith(b"HTTP/1.1 200 ")


async def test_an_answer_that_takes_its_time_is_not_hurried(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with place(caplog) as here, here.raw() as (reader, writer):
        # What is sent ahead, even half of it, does not end the answer before it.
        writer.write(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")
        await asyncio.sleep(STEP_S * 3)
        here.application.go.set()
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
        writer.write(b"TP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"ok")).strip().startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("pieces", [1, 40])
async def test_heads_are_bounded(caplog: pytest.LogCaptureFixture, pieces: int) -> None:
    async with place(caplog) as here:
        head = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Large: " + b"x" * 2 * HEAD_BYTES
        size = len(head) // pieces
        sent = [head[i : i + size] for i in range(0, len(head), size)]
        ended = b"\r\n\r\n" if pieces == 1 else b""
        received = await here.answer(*sent, ended)
        assert received[:13] in (b"HTTP/1.1 431 ", b"")  # reset, where more was on its way
        assert here.application.bodies == []


async def test_few_requests_wait_for_the_answer_before_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with place(caplog) as here:
        await here.answer(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n" * 10_000)
        assert len(here.application.bodies) <= PIPELINED_MAX + 1


async def test_who_never_reads_its_answer_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    async with place(caplog) as here, here.raw() as (_, writer):
        writer.write(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: here.application.bodies)
        await eventually(lambda: len(here.peers) == 0, 5)


async def test_who_reads_slowly_gets_it_all(caplog: pytest.LogCaptureFixture) -> None:
    async with place(caplog) as here, here.raw() as (reader, writer):
        writer.write(b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = 0
        while piece := await reader.read(65_536):
            received += len(piece)
            await asyncio.sleep(0.002)
        assert received > len(BIG)


async def test_an_address_has_so_many_connections(caplog: pytest.LogCaptureFixture) -> None:
    async with place(caplog, most=3) as here:
        async with here.raw(), here.raw(), here.raw():
            await eventually(lambda: len(here.peers) == 3)
            assert await here.answer() == b""
        await eventually(lambda: len(here.peers) == 0)
        closing = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert (await here.answer(closing)).endswith(b"ok")


async def test_little_is_in_flight_to_who_does_not_read(caplog: pytest.LogCaptureFixture) -> None:
    async with place(caplog) as here, here.raw() as (reader, writer):
        writer.write(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: here.application.bodies)
        await eventually(lambda: len(here.peers) == 0, 5)
        received = 0
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(65_536):
                received += len(piece)
        assert received < 8 * SEND_BUFFER_BYTES
