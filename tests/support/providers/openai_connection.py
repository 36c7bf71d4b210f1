"""One connection of the OpenAI stub: HTTP/1.1 by hand, and the stream that it carries."""

import asyncio
import json
import logging
import socket
import struct
import time
from typing import Any, Protocol

from tests.support.providers.openai_exchange import Exchange
from tests.support.providers.openai_plays import Play, Script, error_body

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many"}


class Stub(Protocol):
    """What a connection needs of the server that accepted it."""

    exchanges: list[Exchange]
    connections: int
    open: set["Connection"]

    def next_play(self, body: dict[str, Any]) -> Play: ...


class Connection(asyncio.Protocol):
    """HTTP/1.1 by hand, so that it can be broken in any place."""

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
        body = json.loads(rest[:length]) if length else {}
        self._exchange = Exchange(
            time.monotonic(), method, path, headers, body, self._stub.connections
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
        if exchange.method == "GET" and exchange.path.endswith("/models"):
            models = {"object": "list", "data": [{"id": "stub", "object": "model", "created": 0}]}
            return self._whole(200, json.dumps(models).encode(), "application/json")
        if not exchange.path.endswith("/chat/completions"):
            return self._whole(404, b'{"error":{"message":"no such path"}}', "application/json")
        try:
            play = exchange.play = self._stub.next_play(exchange.body)
        except (ValueError, TypeError) as error:
            body = json.dumps({"error": {"message": str(error), "type": "stub", "code": None}})
            return self._whole(400, body.encode(), "application/json")
        if play.mute:
            await asyncio.Event().wait()
        if play.status != 200:
            return self._whole(play.status, error_body(play), "application/json", play.retry_after)
        if play.body is not None:
            return self._whole(200, play.body, play.content_type)
        await _Stream(self, exchange, play).run()
        return None

    def _whole(
        self, status: int, body: bytes, content_type: str, retry_after: str | None = None
    ) -> None:
        assert self._exchange is not None
        head = self.head(status, content_type) + f"content-length: {len(body)}\r\n".encode()
        if retry_after is not None:
            head += f"retry-after: {retry_after}\r\n".encode()
        # First the mark, then the write: the client may close before this call returns.
        self._exchange.finished_at = time.monotonic()
        self.transport.write(head + b"\r\n" + body)

    @staticmethod
    def head(status: int, content_type: str) -> bytes:
        return (
            f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n"
            f"content-type: {content_type}\r\nx-request-id: req_stub\r\n"
        ).encode()

    async def write(self, data: bytes) -> None:
        self.transport.write(data)
        await self._writable.wait()


class _Stream:
    """One streamed answer: chunked, an HTTP chunk for each event as the vendor does it."""

    def __init__(self, connection: Connection, exchange: Exchange, play: Play) -> None:
        self._connection = connection
        self._exchange = exchange
        self._play = play
        self._pending: list[bytes] = []
        prompt = " ".join(str(m.get("content")) for m in exchange.body.get("messages", []))
        self._script = Script(
            play=play,
            request=exchange.body,
            answer_id=f"chatcmpl-stub{id(exchange):x}",
            created=int(time.time()),
            prompt_tokens=len(prompt.split()),
            sent=exchange.texts_sent,
        )

    async def run(self) -> None:
        play, script = self._play, self._script
        self._pending.append(
            self._connection.head(200, play.content_type) + b"transfer-encoding: chunked\r\n\r\n"
        )
        self._say(script.chunk({"role": "assistant", "content": "", "refusal": None}))
        await self._flush(held_back=play.one_write)
        await asyncio.sleep(play.first)
        for thought in play.reasoning:
            self._say(script.chunk({play.reasoning_field: thought}))
        texts = play.texts()
        for sent in range(len(texts) + 1):
            if await self._fails(sent):
                return
            if sent < len(texts):
                self._exchange.sent_at.append(time.monotonic())
                self._exchange.texts_sent.append(texts[sent])
                self._say(script.chunk({"content": texts[sent]}))
                if (sent + 1) % play.burst == 0:
                    await self._flush(held_back=play.one_write)
                    if play.gap:
                        await asyncio.sleep(play.gap)
        await self._end()

    async def _fails(self, sent: int) -> bool:
        play = self._play
        if sent == play.garbage:
            self._say(self._script.event(play.rubbish))
        if sent == play.error_event:
            self._say(self._script.error_event())
            await self._finish_body()
            return True
        if sent == play.silent:
            await self._flush()
            await asyncio.Event().wait()
        if sent == play.cut:
            await self._cut()
            return True
        return False

    async def _cut(self) -> None:
        await self._flush()
        if self._play.how == "clean":
            return await self._finish_body()
        # A reset may overtake what the client has not read yet: let it arrive first.
        await asyncio.sleep(0.05)
        self._exchange.finished_at = time.monotonic()
        if self._play.how == "rst":
            self._connection.abort(reset=True)
        else:
            self._connection.transport.close()
        return None

    async def _end(self) -> None:
        play, script = self._play, self._script
        if play.huge:
            self._exchange.texts_sent.append("x" * play.huge)
            self._say(script.chunk({"content": "x" * play.huge}))
        for _ in range(play.ends if play.finish else 0):
            self._say(script.chunk({}, play.finish))
        if script.wants_usage:
            self._say(script.usage_chunk())
        if play.done:
            self._say(script.event(b"[DONE]"))
        if play.hold_open:
            await self._flush()
            await asyncio.Event().wait()
        await self._finish_body()

    async def _finish_body(self) -> None:
        self._pending.append(b"0\r\n\r\n")
        self._exchange.finished_at = time.monotonic()
        await self._flush()

    def _say(self, event: bytes) -> None:
        self._pending.append(f"{len(event):x}\r\n".encode() + event + b"\r\n")

    async def _flush(self, *, held_back: bool = False) -> None:
        if held_back:
            return None
        data, self._pending = b"".join(self._pending), []
        if not self._play.bytewise:
            return await self._connection.write(data)
        for at in range(len(data)):
            await self._connection.write(data[at : at + 1])
            await asyncio.sleep(0)
        return None
