"""uvicorn as we run it, against peers that break the protocol, flood, or stop reading."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from server.sockets.channel import Channel, Gone
from server.sockets.requests import SEND_BUFFER_BYTES
from server.sockets.uvicorn import FRAGMENTS_MAX, FRAMES_MAX, SocketProtocol
from tests.server.sockets.scene import serving
from tests.support.eventually import eventually


@dataclass
class Application:
    """Accepts, keeps what it hears and the channel to answer by."""

    heard: list[str | bytes] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        channel = Channel(scope, receive, send)
        self.channels.append(channel)
        try:
            while True:
                self.heard.append(await channel.receive())
        except Gone as gone:
            self.ended.append(gone.code)


@dataclass
class Place:
    application: Application
    port: int

    @asynccontextmanager
    async def connection(self, **options: Any) -> AsyncIterator[ClientConnection]:
        async with connect(
            f"ws://127.0.0.1:{self.port}/", compression=None, close_timeout=1, **options
        ) as connection:
            yield connection

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """After the upgrade, as bytes."""
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        small.setblocking(False)
        await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=small, limit=1024)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def place(**options: Any) -> AsyncIterator[Place]:
    application = Application()
    async with serving(application, **options) as port:
        yield Place(application, port)


def frame(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin=fin).serialize(mask=True)


async def close_code(reader: asyncio.StreamReader) -> int | None:
    """The code of the close frame that the server sends; None: it cut the connection."""
    received = b""
    with contextlib.suppress(OSError):
        async with asyncio.timeout(10):
            received = await reader.read()
    return int.from_bytes(received[2:4], "big") if received[:1] == b"\x88" else None


async def test_what_is_not_utf8_is_closed_with_1007_and_leaves_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with place() as here:
        for payload in (b"\xff\xfe", b"\xed\xa0\x80"):
            async with here.raw() as (reader, writer):
                writer.write(frame(Opcode.TEXT, payload))
                assert await close_code(reader) == 1007
        assert here.application.heard == []
    assert [record for record in caplog.records if record.exc_info] == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_text_cut_between_the_bytes_of_a_character_is_whole_again() -> None:
    async with place() as here, here.connection() as connection:

        async def pieces() -> AsyncIterator[bytes]:
            for byte in "ü€".encode():
                yield bytes((byte,))

        await connection.send(pieces(), text=True)
        await eventually(lambda: here.application.heard == ["ü€"])


async def test_a_frame_above_the_limit_is_closed_with_1009() -> None:
    async with place(ws_max_size=1024) as here, here.raw() as (reader, writer):
        writer.write(frame(Opcode.TEXT, b"x" * 1025))
        assert await close_code(reader) == 1009
        assert here.application.heard == []


async def test_many_fragments_below_the_limit_are_one_message() -> None:
    async with place() as here, here.connection() as connection:
        await connection.send(["x"] * 500)
        await eventually(lambda: here.application.heard == ["x" * 500])


async def test_a_flood_of_empty_fragments_is_cut_off() -> None:
    async with place() as here, here.raw() as (reader, writer):
        writer.write(frame(Opcode.TEXT, b"", fin=False))
        writer.write(frame(Opcode.CONT, b"", fin=False) * (FRAGMENTS_MAX + 1))
        assert await close_code(reader) in (1008, None)
        await eventually(lambda: here.application.ended)
        assert here.application.heard == []


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY, Opcode.PING, Opcode.PONG])
async def test_a_flood_of_tiny_frames_is_cut_off_before_all_are_read(opcode: Opcode) -> None:
    async with place() as here, here.raw() as (_, writer):
        connection = (await eventually(lambda: here.application.channels))[0]._wire
        assert isinstance(connection, SocketProtocol)
        connection.data_received(frame(opcode, b"") * 40_000)
        await eventually(lambda: here.application.ended == [1008])
        assert len(here.application.heard) <= FRAMES_MAX
        writer.close()


@pytest.mark.parametrize(
    "broken",
    [
        Frame(Opcode.TEXT, b"x").serialize(mask=False),
        frame(Opcode.CONT, b"x"),
        frame(Opcode.TEXT, b"a", fin=False) + frame(Opcode.TEXT, b"b"),
        b"\xf1\x80\x00\x00\x00\x00",
        frame(Opcode.PING, b"x", fin=True)[:1] + b"\xfe\x00\x7e" + bytes(130),
    ],
    ids=["unmasked", "continues nothing", "begins in the middle", "reserved bits", "long ping"],
)
async def test_a_broken_frame_is_closed_with_1002(broken: bytes) -> None:
    async with place() as here, here.raw() as (reader, writer):
        writer.write(broken)
        assert await close_code(reader) == 1002


async def test_who_pings_and_never_reads_is_cut_off_before_memory_grows() -> None:
    async with place() as here, here.raw() as (_, writer):
        ping = frame(Opcode.PING, b"x" * 125) * 2_000
        with contextlib.suppress(ConnectionError):
            for _ in range(200):  # 50 MB of pings
                writer.write(ping)
                await asyncio.wait_for(writer.drain(), 10)
        await eventually(lambda: here.application.ended)


async def test_who_misses_a_ping_is_gone_soon_though_bytes_to_it_are_stuck() -> None:
    async with place(ws_ping_interval=0.2, ws_ping_timeout=0.2) as here, here.raw():
        channel = (await eventually(lambda: here.application.channels))[0]
        sending = asyncio.create_task(flood(channel))
        await eventually(lambda: here.application.ended, 5)
        await sending


async def flood(channel: Channel) -> None:
    with contextlib.suppress(Gone):
        for _ in range(100):
            await channel.send(b"x" * 65_536)


@pytest.mark.parametrize(
    "farewell",
    [frame(Opcode.CLOSE, b"\x03\xe8"), b"\xf1\x80\x00\x00\x00\x00", None],
    ids=["a close frame", "a broken frame", "an end of its side"],
)
async def test_who_leaves_and_takes_no_more_holds_no_connection(farewell: bytes | None) -> None:
    async with place() as here, here.raw() as (_, writer):
        channel = (await eventually(lambda: here.application.channels))[0]
        sending = asyncio.create_task(flood(channel))
        connection = channel._wire
        assert isinstance(connection, SocketProtocol)
        await eventually(connection.transport.get_write_buffer_size)
        sending.cancel()
        if farewell is None:
            writer.write_eof()
        else:
            writer.write(farewell)
        await eventually(lambda: connection not in connection.connections)


async def test_little_is_in_flight_to_who_does_not_read() -> None:
    async with place() as here, here.raw():
        channel = (await eventually(lambda: here.application.channels))[0]
        sent = 0

        async def send() -> None:
            nonlocal sent
            while True:
                await channel.send(b"x" * 16_384)
                sent += 16_384

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(send(), 1)
        # Ours, the kernel's twice that, the transport's, and what the peer's own kernel took.
        assert sent < 8 * SEND_BUFFER_BYTES


async def test_frames_of_every_length_arrive_as_they_were_sent() -> None:
    async with place() as here, here.connection(max_size=None) as connection:
        channel = (await eventually(lambda: here.application.channels))[0]
        for length in (0, 1, 125, 126, 65_535, 65_536, 300_000):
            text = os.urandom(length).hex()[:length]
            await channel.send(text.encode())
            assert await connection.recv() == text


async def test_a_close_frame_waits_behind_what_was_sent_before() -> None:
    async with place() as here, here.connection() as connection:
        channel = (await eventually(lambda: here.application.channels))[0]
        await channel.send(b"last")
        await channel.close(4403, "enough")
        assert await connection.recv() == "last"
        with pytest.raises(ConnectionClosed) as caught:
            await connection.recv()
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4403, "enough")
        with pytest.raises(Gone):
            await channel.send(b"too late")


async def test_a_target_that_is_not_ascii_is_no_crash(caplog: pytest.LogCaptureFixture) -> None:
    async with place() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(
            "GET /ü HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            "".encode()
        )
        async with asyncio.timeout(5):
            assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        writer.close()
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Content-Length: 5\r\n", b"400"),
        (b"Transfer-Encoding: chunked\r\n", b"400"),
        (b"X-Long: " + b"x" * 9_000 + b"\r\n", b"431"),
        (b"X-Many: x\r\n" * 200, b"431"),
        (b"Sec-WebSocket-Version: 8\r\n", b"400"),
    ],
    ids=["a body", "a chunked body", "a long line", "many headers", "two versions"],
)
async def test_a_head_that_is_not_accepted_is_answered_and_closed(
    caplog: pytest.LogCaptureFixture, header: bytes, status: bytes
) -> None:
    async with place() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            + header
            + b"\r\n"
        )
        async with asyncio.timeout(5):
            assert (await reader.read())[9:12] == status
        writer.close()
        assert here.application.channels == []
    assert [record for record in caplog.records if record.exc_info] == []
