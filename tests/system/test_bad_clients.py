"""Clients that break the protocol, flood, or vanish: others feel nothing, and nothing stays."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from tests.support.client import open_socket, session
from tests.support.eventually import eventually
from tests.support.server import LiveServer

DEMO = "demo/causerie-demo"
STORM = 500


async def gauge(live: LiveServer) -> int:
    """Sessions that the server believes to have."""
    async with httpx2.AsyncClient() as http:
        text = (await http.get(f"{live.url}/metrics")).text
    (line,) = (line for line in text.splitlines() if line.startswith("sessions_open "))
    return int(float(line.split()[1]))


def frame(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin=fin).serialize(mask=True)


async def pour(socket: ClientConnection, data: bytes, times: int = 1) -> None:
    """Raw bytes, past the library that would never send such; until the server has had enough."""
    transport = socket.transport
    for _ in range(times):
        if transport.is_closing():
            return
        transport.write(data)
        while transport.get_write_buffer_size() > 65_536 and not transport.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def oversize(socket: ClientConnection) -> None:
    await pour(socket, frame(Opcode.TEXT, b'"' + b"x" * 300_000 + b'"'))


async def fragments(socket: ClientConnection) -> None:
    await pour(socket, frame(Opcode.TEXT, b"", fin=False))
    await pour(socket, frame(Opcode.CONT, b"", fin=False) * 20_000, times=100)


async def bad_utf8(socket: ClientConnection) -> None:
    await pour(socket, frame(Opcode.TEXT, b'{"type":"ping","id":"\xff"}'))


async def binary(socket: ClientConnection) -> None:
    await pour(socket, frame(Opcode.BINARY, b'{"type":"ping","id":"x"}'))


async def unmasked(socket: ClientConnection) -> None:
    await pour(socket, Frame(Opcode.TEXT, b"{}").serialize(mask=False))


async def commands(socket: ClientConnection) -> None:
    await pour(socket, frame(Opcode.TEXT, b'{"type":"ping","id":"x"}') * 1_000)


async def rubbish(socket: ClientConnection) -> None:
    await pour(socket, frame(Opcode.TEXT, b"[[[[" * 1_000) * 100)


async def pings(socket: ClientConnection) -> None:
    """And no answer is ever read."""
    socket.transport.pause_reading()
    await pour(socket, frame(Opcode.PING, b"x" * 125) * 2_000, times=200)


async def vanishing(socket: ClientConnection) -> None:
    await socket.send(json.dumps({"type": "turn.attach", "id": "x", "turnId": "x"}))
    socket.transport.abort()


BAD: dict[str, tuple[Callable[[ClientConnection], Awaitable[None]], set[int]]] = {
    "a frame too large": (oversize, {1009}),
    "two million empty fragments": (fragments, {1008, 1006}),
    "no UTF-8": (bad_utf8, {1007}),
    "binary": (binary, {1003}),
    "unmasked": (unmasked, {1002}),
    "a flood of commands": (commands, {4429}),
    "a flood of rubbish": (rubbish, {1008}),
    "a flood of pings": (pings, {1006}),
    "a reset": (vanishing, {1006}),
}


@asynccontextmanager
async def undisturbed(live: LiveServer) -> AsyncIterator[None]:
    """Somebody else's turn streams from before to after, whole; nothing stays, nothing is logged
    as a mistake of ours. Its provider is the demo: one in this process would be kept waiting by
    the bad clients, who are here too."""
    before, began = await gauge(live), len(live.output)
    async with session(live.ws_url, await live.new_key()) as client:
        turn = await client.begin("[demo: long 60] Tell me", model=DEMO)
        await client.hear_text(turn)
        yield
        outcome = await client.finish(turn)
        assert outcome["type"] == "turn.completed"
        assert turn.flaws == []
        assert (await client.ask("ping"))["type"] == "pong"

    async def is_as_before() -> bool:
        return await gauge(live) == before

    await eventually(is_as_before)
    logged = live.output[began:]
    assert "Traceback" not in logged
    assert '"level":"error"' not in logged.replace(" ", "").lower()
    assert " ERROR " not in logged


@pytest.mark.parametrize("name", BAD)
async def test_who_breaks_the_protocol_is_alone_with_it(live: LiveServer, name: str) -> None:
    attack, codes = BAD[name]
    key = await live.new_key()
    async with undisturbed(live):
        for _ in range(3):
            async with open_socket(live.ws_url, key) as socket:
                await socket.recv()
                await attack(socket)
                socket.transport.resume_reading()
                with contextlib.suppress(ConnectionClosed):
                    async with asyncio.timeout(20):
                        while True:
                            await socket.recv()
                assert socket.close_code in codes


async def test_a_storm_of_reconnects_is_ridden_out(live: LiveServer) -> None:
    keys = [await live.new_key() for _ in range(-(-STORM // 16))]

    async def come(key: str) -> ClientConnection:
        while True:
            try:
                socket = await open_socket(live.ws_url, key, patience_s=60)
                assert json.loads(await socket.recv())["type"] == "session.ready"
                return socket
            except (InvalidStatus, ConnectionClosed) as refused:
                # Told to come again, by a machine that is too slow for so many.
                told = refused.response.status_code if isinstance(refused, InvalidStatus) else 0
                assert told in (0, 503)
                await asyncio.sleep(1)

    async with undisturbed(live):
        async with asyncio.timeout(60):
            sockets = await asyncio.gather(*(come(keys[n // 16]) for n in range(STORM)))
        assert await gauge(live) == STORM + 1
        for socket in sockets:
            socket.transport.abort()  # as when a router in between restarts


async def test_who_brings_half_a_request_costs_a_deadline_and_no_more(live: LiveServer) -> None:
    """Slow handshakes, with what follows: the deadline itself is proved with a shorter one."""
    host, port = "127.0.0.1", int(live.url.rpartition(":")[2])
    async with undisturbed(live):
        writers = []
        for number in range(200):
            _, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /ws HTTP/1.1\r\nHost: x\r\nX-Half: "[: number % 40])
            writers.append(writer)
        await session_opens(live)
        for writer in writers:
            # A reset, as from a process that was killed.
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.close()


async def session_opens(live: LiveServer) -> None:
    async with session(live.ws_url, await live.new_key()) as client:
        assert (await client.ask("ping"))["type"] == "pong"
