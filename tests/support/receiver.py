"""Somebody's server that gets webhooks: what came, and answers as a test plays them."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 204 No Content\r\n\r\n"

CUT, SILENCE = b"", b"silence"
"""Instead of an answer, or after its beginning: hang up, or say nothing."""


@dataclass(frozen=True)
class Received:
    """One request; names of headers in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes
    peer: str


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An answer of that status; ``retry_after`` as a name is ``Retry-After``."""
    told = {"content-length": str(len(body)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body


@dataclass
class Receiver:
    """``plays``: the next answers, in order; after them ``usual``; each after ``pause_s``."""

    port: int = 0
    usual: bytes = OK
    pause_s: float = 0.0
    plays: list[bytes] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/hook", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    @property
    def ids(self) -> list[str]:
        """What each request called its event."""
        return [one.headers["webhook-id"] for one in self.received]

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {}
            for one in filter(None, lines):
                name, _, value = one.partition(": ")
                headers[name.lower()] = value
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            peer = writer.get_extra_info("peername")[0]
            self.received.append(Received(line, headers, body, peer))
            await asyncio.sleep(self.pause_s)
            said = self.plays.pop(0) if self.plays else self.usual
            writer.write(said.removesuffix(SILENCE))
            await writer.drain()
            if said.endswith(SILENCE):
                await reader.read()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other side has gone
        finally:
            writer.close()


@asynccontextmanager
async def receiving(
    *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """A receiver at a free port of this machine."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.hear, host, 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
