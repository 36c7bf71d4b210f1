"""A server that says exactly the bytes it is given, and our client in front of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx2

from agents.providers.http.pool import Bounds
from agents.providers.http.transport import Transport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MANY = Bounds(open_max=100, idle_max=100, idle_s=60)


class Line:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.requests: list[bytes] = []
        """Head and body of each, as they came."""

    async def hear(self) -> bytes:
        """The next request, its body by Content-Length or in chunks; empty when there is none."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""
        request = head
        if b"\r\nTransfer-Encoding: chunked\r\n" in head:
            request += await self.reader.readuntil(b"0\r\n\r\n")
        elif (length := head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]).isdigit():
            request += await self.reader.readexactly(int(length))
        self.requests.append(request)
        return request

    async def say(self, *parts: bytes) -> None:
        """Each part in a network read of its own, as far as one can tell."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0.005)

    def reset(self) -> None:
        """Not a word of farewell."""
        self.writer.transport.abort()

    async def left(self) -> None:
        """Returns when the client has closed its end."""
        with suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


class Server:
    """``lines``: every connection that there was."""

    def __init__(self, talk: Callable[[Line], Awaitable[None]]) -> None:
        self._talk = talk
        self.lines: list[Line] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(reader, writer)
        self.lines.append(line)
        try:
            with suppress(ConnectionError, EOFError):
                await self._talk(line)
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    talk: Callable[[Line], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """``talk`` is what happens on each connection, which is closed when it returns."""
    server = Server(talk)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for line in server.lines:
            line.reset()
        await asyncio.sleep(0.01)  # in which their tasks end


@asynccontextmanager
async def client(
    bounds: Bounds = MANY, timeout_s: float = 5, tls: ssl.SSLContext | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    transport = Transport(tls=tls or httpx2.create_ssl_context(verify=False), bounds=bounds)
    async with httpx2.AsyncClient(transport=transport, timeout=timeout_s) as http:
        yield http


@asynccontextmanager
async def talking(
    talk: Callable[[Line], Awaitable[None]], bounds: Bounds = MANY, timeout_s: float = 5
) -> AsyncIterator[tuple[Server, httpx2.AsyncClient]]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(talk))
        yield server, await stack.enter_async_context(client(bounds, timeout_s))


def answering(*parts: bytes) -> Callable[[Line], Awaitable[None]]:
    """Answers each request of a connection with ``parts``, for as long as the client stays."""

    async def talk(line: Line) -> None:
        while await line.hear():
            await line.say(*parts)

    return talk


def answering_once(*parts: bytes) -> Callable[[Line], Awaitable[None]]:
    """Answers one request, and closes the connection."""

    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(*parts)

    return talk
