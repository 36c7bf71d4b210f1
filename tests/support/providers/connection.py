"""One connection of a stub: HTTP/1.1 by hand, so that it can be broken in any place."""

import asyncio
import json
import logging
import socket
import struct
import time
from http import HTTPStatus
from typing import Protocol

from tests.support.providers.dialect import Asked, Dialect, Whole
from tests.support.providers.exchange import Exchange
from tests.support.providers.plays import Play
from tests.support.providers.streaming import Streaming

REASONS = {int(status): status.phrase for status in HTTPStatus}


class Stub(Protocol):
    """What a connection needs of the server that accepted it."""

    dialect: Dialect
    key: str | None
    exchanges: list[Exchange]
    connections: int
    open: set["Connection"]

    def next_play(self, asked: Asked, exchange: Exchange) -> Play: ...


class Connection(asyncio.Protocol):
    """Requests in, one after the other; what they are answered is the dialect's and the play's."""

    transport: asyncio.Transport

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._buffer = b""
        self._task: asyncio.Task[None] | None = None
        self._exchange: Exchange | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._stub.connections += 1
        self._stub.open.add(self)
        # Without this, small writes wait for the acknowledgement of the one before.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._take()

    def _take(self) -> None:
        """Begin the next answer, once its request is whole and the one before is finished."""
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found or (self._task is not None and not self._task.done()):
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        method, path, _ = lines[0].split(" ", 2)
        raw = rest[:length]
        is_json = "json" in headers.get("content-type", "json")
        body = json.loads(raw) if raw and is_json else {}
        self._exchange = Exchange(
            time.monotonic(), method, path, headers, body, self._stub.connections, raw
        )
        self._stub.exchanges.append(self._exchange)
        self._task = asyncio.ensure_future(self._answer(self._exchange))
        self._task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            logging.error("the stub is broken", exc_info=error)
            self.abort()
        self._take()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stub.open.discard(self)
        if self._exchange is not None and self._exchange.finished_at is None:
            self._exchange.closed_at = time.monotonic()
            self._exchange.left.set()
        if self._task is not None:
            self._task.cancel()

    def abort(self, *, reset: bool = False) -> None:
        if reset:  # lingering for zero seconds turns the close into a RST
            handle = self.transport.get_extra_info("socket")
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    async def _answer(self, exchange: Exchange) -> None:
        dialect = self._stub.dialect
        asked = dialect.asked(exchange)
        if asked is None:
            found = dialect.other(exchange) or Whole(404, dialect.error_body(404, None))
            return self._whole(found)
        if self._stub.key not in (None, dialect.key(exchange.headers)):
            return self._whole(Whole(401, dialect.error_body(401, None)))
        try:
            play = exchange.play = self._stub.next_play(asked, exchange)
        except (ValueError, TypeError) as error:
            return self._whole(Whole(400, dialect.error_body(400, {"message": str(error)})))
        if play.mute or play.hangs_up:
            exchange.wrong_at = time.monotonic()
        if play.hangs_up:
            exchange.finished_at = exchange.wrong_at
            return self.abort(reset=True)
        if play.mute:
            await asyncio.Event().wait()
        if play.status != 200 or play.body is not None:
            return self._whole(_instead(play, dialect), play.retry_after)
        head = self.head(200, play.content_type or dialect.content_type)
        head += b"transfer-encoding: chunked\r\n\r\n"
        return await Streaming(self, exchange, play, dialect.script(exchange, asked, play)).run(
            head
        )

    def _whole(self, answer: Whole, retry_after: str | None = None) -> None:
        assert self._exchange is not None
        head = self.head(answer.status, answer.content_type)
        head += f"content-length: {len(answer.body)}\r\n".encode()
        if retry_after is not None:
            head += f"retry-after: {retry_after}\r\n".encode()
        # First the mark, then the write: the client may close before this call returns.
        self._exchange.finished_at = time.monotonic()
        self.transport.write(head + b"\r\n" + answer.body)

    @staticmethod
    def head(status: int, content_type: str) -> bytes:
        return (
            f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n"
            f"content-type: {content_type}\r\nx-request-id: req_stub\r\n"
        ).encode()

    async def write(self, data: bytes) -> None:
        self.transport.write(data)
        await self._writable.wait()


def _instead(play: Play, dialect: Dialect) -> Whole:
    """What a play answers where a stream was due."""
    if play.status == 200:
        return Whole(200, play.body or b"", play.content_type or dialect.content_type)
    body = dialect.error_body(play.status, play.error) if play.body is None else play.body
    return Whole(play.status, body, play.content_type or "application/json")
