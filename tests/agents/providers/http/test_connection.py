"""Both directions of one connection, and what each does when the other does not keep up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import pytest

from agents.providers.http.body import BUFFER_MAX
from agents.providers.http.connection import Connection, Origin
from agents.providers.http.dialling import dial
from agents.providers.http.heads import request_head
from agents.providers.http.incoming import Head, Incoming
from tests.agents.providers.http.support import OK, Line, Server, answering, serving
from tests.support.eventually import eventually

LONG = bytes(8_000_000)
"""More than the sockets of both sides hold."""


class Desk:
    """Owns one connection, and notes what becomes of it."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def released(self, connection: Connection) -> None:
        self.told.append("released")

    def lost(self, connection: Connection) -> None:
        self.told.append("lost")


@asynccontextmanager
async def connected(
    talk: Callable[[Line], Awaitable[None]],
) -> AsyncIterator[tuple[Server, Connection, Desk]]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(talk))
        desk = Desk()
        connection = Connection(Origin("127.0.0.1", server.port, ""), desk)
        stack.callback(connection.abort)
        await dial(connection, httpx2.create_ssl_context(verify=False), 5)
        yield server, connection, desk


async def ask(connection: Connection, content: bytes = b"") -> tuple[Head, Incoming]:
    request = httpx2.Request("POST", "http://a.example/", content=content)
    stream = request.stream
    assert isinstance(stream, httpx2.AsyncByteStream)
    return await connection.ask(request_head(request), stream, write_s=5, read_s=5)


def soon() -> float:
    return asyncio.get_running_loop().time() + 5


async def test_the_owner_gets_it_back_with_the_last_byte_of_the_response() -> None:
    go = asyncio.Event()

    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")
        await go.wait()
        await line.say(b"lf")
        await line.left()

    async with connected(talk) as (_, connection, desk):
        _, incoming = await ask(connection)
        assert await incoming.body.read(soon()) == b"ha"
        assert desk.told == []
        go.set()
        await eventually(lambda: desk.told == ["released"])
        connection.leave(incoming)  # too late to matter
        assert not connection.is_closed


async def test_a_long_request_is_taken_as_fast_as_the_server_reads() -> None:
    async with connected(answering(OK)) as (server, connection, _):
        head, _ = await ask(connection, LONG)
        assert head.status == 200
        assert server.lines[0].requests[0].endswith(b"\r\n\r\n" + LONG)


async def test_a_server_that_refuses_before_it_has_read_is_heard() -> None:
    async def talk(line: Line) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        await line.say(b"HTTP/1.1 413 Too Long\r\nContent-Length: 2\r\n\r\nno")
        await asyncio.sleep(5)

    async with connected(talk) as (_, connection, desk):
        head, incoming = await ask(connection, LONG)
        assert head.status == 413
        assert await incoming.body.read(soon()) == b"no"
        assert desk.told == ["lost"]  # the rest of the request is due on it


async def test_a_server_that_answers_early_and_reads_on_gets_the_whole_request() -> None:
    heard = bytearray()

    async def talk(line: Line) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        await line.say(OK)
        heard.extend(await line.reader.readexactly(len(LONG)))
        await line.left()

    async with connected(talk) as (_, connection, desk):
        head, incoming = await ask(connection, LONG)
        assert (head.status, await incoming.body.read(soon())) == (200, b"ok")
        await eventually(lambda: len(heard) == len(LONG))
        assert desk.told == ["released"]


async def test_a_reader_that_stops_makes_the_server_wait() -> None:
    sent = 0

    async def talk(line: Line) -> None:
        nonlocal sent
        await line.hear()
        line.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (100 * len(LONG)))
        for _ in range(100):
            line.writer.write(LONG)
            await line.writer.drain()
            sent += len(LONG)

    async with connected(talk) as (_, connection, _):
        _, incoming = await ask(connection)
        seen = -1
        while sent != seen:
            seen = sent
            await asyncio.sleep(0.1)
        assert sent < 10 * len(LONG)
        assert len(await incoming.body.read(soon())) > BUFFER_MAX
        await eventually(lambda: incoming.body.read(soon()))


async def test_leaving_in_the_middle_closes_at_once_and_tells_the_owner_once() -> None:
    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")
        await line.left()

    async with connected(talk) as (server, connection, desk):
        _, incoming = await ask(connection)
        connection.leave(incoming)
        connection.leave(incoming)
        connection.abort()
        assert desk.told == ["lost"]
        with pytest.raises(httpx2.ReadError):
            await incoming.body.read(soon())
        await eventually(server.lines[0].reader.at_eof)


@pytest.mark.parametrize("unasked", [b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
async def test_an_idle_connection_whose_server_closes_or_speaks_is_lost(unasked: bytes) -> None:
    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(OK)
        if unasked:
            await line.say(unasked)
            await line.left()

    async with connected(talk) as (_, connection, desk):
        await ask(connection)
        await eventually(lambda: desk.told == ["released", "lost"])
        assert connection.is_closed
        assert connection.is_stale()


async def test_a_farewell_that_the_loop_has_not_seen_is_seen_before_the_next_request() -> None:
    async with connected(answering(OK)) as (server, connection, _):
        await ask(connection)
        assert not connection.is_stale()
        server.lines[0].reset()
        await eventually(connection.is_stale)


async def test_a_connection_given_up_while_it_is_opened_closes_when_it_is_there() -> None:
    async def talk(line: Line) -> None:
        await line.left()

    async with serving(talk) as server:
        connection = Connection(Origin("127.0.0.1", server.port, ""), Desk())
        connection.abort()
        with pytest.raises(httpx2.ConnectError):
            await dial(connection, httpx2.create_ssl_context(verify=False), 5)
        await eventually(lambda: server.lines and server.lines[0].reader.at_eof())
