"""One connection to a server: a request out, a response in, and again."""

import asyncio
import select
from collections.abc import AsyncIterable
from contextlib import AsyncExitStack, aclosing
from types import AsyncGeneratorType
from typing import Protocol, cast

import httpx2
from msgspec import Struct

from agents.providers.http.body import Body
from agents.providers.http.heads import RequestHead
from agents.providers.http.incoming import Head, Incoming

REFUSED = 300
"""From this status on, a server that answers before it has the whole request does not want it."""


class Origin(Struct, frozen=True):
    """Where a connection leads. ``name``: the server's, as TLS asks for and checks it; empty
    without TLS."""

    host: str
    port: int
    name: str


class Owner(Protocol):
    """Whose connections they are."""

    def released(self, connection: "Connection") -> None:
        """It has answered, and waits for the next request."""
        ...

    def lost(self, connection: "Connection") -> None:
        """It is closed; told once."""
        ...


class Connection(asyncio.Protocol):
    """Bytes are taken apart in the loop's callback: no task reads them."""

    def __init__(self, origin: Origin, owner: Owner) -> None:
        self.origin = origin
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._incoming: Incoming | None = None
        self._error: Exception | None = None
        self._news: asyncio.Future[None] | None = None
        self._is_sending = False
        self._is_clogged = False
        self._is_closed = False

    @property
    def is_connected(self) -> bool:
        return self._transport is not None

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    async def ask(
        self,
        head: RequestHead,
        content: AsyncIterable[bytes],
        *,
        write_s: float | None,
        read_s: float | None,
    ) -> tuple[Head, Incoming]:
        """Sends a request; answered when the head of its response is there. From then on the
        connection goes back to its owner by itself, once both are whole.

        Raises:
            httpx2.TransportError: what happened to the connection, which is then closed.
            Exception: what ``content`` raised.
        """
        body = Body(self._loop, self._pause, self._resume)
        incoming = self._incoming = Incoming(head.method, body)
        self._is_sending = True
        try:
            is_sent = await self._send(head, content, incoming, write_s)
            while (answer := incoming.head) is None:
                if self._error is not None:
                    raise self._error
                if not await self._happened(read_s):
                    raise httpx2.ReadTimeout("The server does not answer.")
        except BaseException:
            self.abort()
            raise
        self._is_sending = False
        if not is_sent:
            incoming.keeps_alive = False
        self._settle()
        return answer, incoming

    def leave(self, incoming: Incoming) -> None:
        """Nobody wants the rest of ``incoming``: unless it is all there, the connection ends."""
        incoming.body.close()
        if self._incoming is incoming:
            self.abort()

    def abort(self) -> None:
        """Closes at once, whatever is under way. Safe to repeat."""
        self._fail(httpx2.ReadError("The connection was closed."))

    def is_stale(self) -> bool:
        """Whether an idle connection is of no use: what can be read from it is its end, or nothing
        that was asked for. The loop may not have seen that yet."""
        if self._transport is None or self._is_closed:
            return True
        sock = self._transport.get_extra_info("socket")
        if sock is None or sock.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        incoming = self._incoming
        if incoming is None:
            self.abort()  # nobody asked
            return
        try:
            incoming.feed(data)
        except httpx2.RemoteProtocolError as error:
            self._fail(error)
            return
        if self._news is not None:
            self._tell()
        if incoming.is_complete:
            self._settle()

    def eof_received(self) -> None:
        self._ended(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._ended(error)
        self.abort()

    def pause_writing(self) -> None:
        self._is_clogged = True

    def resume_writing(self) -> None:
        self._is_clogged = False
        self._tell()

    async def _send(
        self,
        head: RequestHead,
        content: AsyncIterable[bytes],
        incoming: Incoming,
        write_s: float | None,
    ) -> bool:
        """Whether the request went out whole: a server need not wait for it."""
        out, size = [head.data], 0
        async with AsyncExitStack() as stack:
            if isinstance(content, AsyncGeneratorType):
                await stack.enter_async_context(aclosing(content))
            async for part in content:
                if not part:
                    continue
                size += len(part)
                out += [b"%x\r\n" % len(part), part, b"\r\n"] if head.is_chunked else [part]
                if not head.is_chunked and size > head.length:
                    break
                if not await self._write(out, incoming, write_s):
                    return False
                out = []
        if head.is_chunked:
            out.append(b"0\r\n\r\n")
        elif size != head.length:
            raise httpx2.LocalProtocolError(f"The body does not have {head.length} bytes.")
        return not out or await self._write(out, incoming, write_s)

    async def _write(self, out: list[bytes], incoming: Incoming, write_s: float | None) -> bool:
        """Whether there is sense in sending more."""
        if self._transport is None or self._transport.is_closing():
            return False
        if not self._is_wanted(incoming):
            return False
        self._transport.writelines(out)
        while self._is_clogged:
            if not self._is_wanted(incoming):
                return False
            if not await self._happened(write_s):
                raise httpx2.WriteTimeout("The server does not take the request.")
        return True

    def _is_wanted(self, incoming: Incoming) -> bool:
        """A server may answer before it has the request, or close: what it said still counts."""
        refused = incoming.head is not None and incoming.head.status >= REFUSED
        return not self._is_closed and not refused

    async def _happened(self, timeout_s: float | None) -> bool:
        """Waits for anything at all; False when nothing came in time."""
        self._news = self._loop.create_future()
        try:
            async with asyncio.timeout(timeout_s):
                await self._news
        except TimeoutError:
            return False
        finally:
            self._news = None
        return True

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _ended(self, error: Exception | None) -> None:
        """Nothing more comes from the server."""
        incoming = self._incoming
        if incoming is None:
            self.abort()
            return
        try:
            if error is not None and not incoming.is_complete:
                raise httpx2.ReadError(str(error)) from error
            incoming.end()
        except httpx2.TransportError as broken:
            self._fail(broken)
        else:
            incoming.keeps_alive = False
            self._settle()
            self._tell()

    def _settle(self) -> None:
        incoming = self._incoming
        if incoming is None or not incoming.is_complete or self._is_sending:
            return
        self._incoming = None
        if incoming.keeps_alive and not self._is_closed:
            self._owner.released(self)
        else:
            self.abort()

    def _fail(self, error: Exception) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._error = error
        incoming, self._incoming = self._incoming, None
        if incoming is not None:
            incoming.body.end(error)
        self._tell()
        if self._transport is not None:
            self._transport.abort()
        self._owner.lost(self)

    def _pause(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
