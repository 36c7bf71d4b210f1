"""The provider: OpenAI's chat completions on the wire, for a few microseconds a token.

    python -m tests.benchmarks.stub        prints its port

Vendors send each event as an HTTP chunk of its own; so does this. All paced streams hang on one
wheel of milliseconds, each at the phase at which its request came, so that they are not in
lockstep. What the tokens' text says is in ``stamps``, what can be asked in ``asked``.
"""

import asyncio
import gc
import sys
import time
from collections import defaultdict
from typing import cast

import uvloop

from tests.benchmarks import stamps
from tests.benchmarks.asked import Asked, read

_EVENT = (
    b'data: {"id":"chatcmpl-BenchmarkBenchmark%08d","object":"chat.completion.chunk",'
    b'"created":1795000000,"model":"gpt-4.1-2025-04-14","service_tier":"default",'
    b'"system_fingerprint":"fp_0123456789","choices":[%b],"usage":%b}\n\n'
)
_CHOICE = b'{"index":0,"delta":%b,"logprobs":null,"finish_reason":%b}'
_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"transfer-encoding: chunked\r\nx-request-id: req_benchmark\r\n\r\n"
)
_MODELS = b'{"object":"list","data":[{"id":"gpt-4.1","object":"model","created":0}]}'


def _chunk(event: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(event), event)


class Wheel:
    """Everything paced, by the millisecond in which it is due."""

    def __init__(self) -> None:
        self._due: defaultdict[int, list[Connection]] = defaultdict(list)
        self._turned_ms = 0
        self._turning = False
        self._count = 0

    def add(self, connection: "Connection", due_ms: int) -> None:
        self._due[max(due_ms, self._turned_ms + 1)].append(connection)
        self._count += 1
        if not self._turning:
            self._turning = True
            self._turned_ms = _clock_ms() - 1
            self._turn()

    def _turn(self) -> None:
        until = _clock_ms()
        while self._turned_ms < until:
            self._turned_ms += 1
            for connection in self._due.pop(self._turned_ms, ()):
                self._count -= 1
                connection.emit(self._turned_ms)
        if self._count:
            asyncio.get_running_loop().call_later(0.001, self._turn)
        else:
            self._turning = False


def _clock_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Connection(asyncio.Protocol):
    """Requests of one client, one after the other."""

    answers = 0

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._received = b""
        self._is_writable = True
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._left = 0

    def pause_writing(self) -> None:
        self._is_writable = False

    def resume_writing(self) -> None:
        self._is_writable = True
        if self._left and not self._asked.rate:
            self._pour()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        size = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        if len(body) < size:
            return
        self._received = body[size:]
        if head.startswith(b"POST"):
            self._answer(read(body[:size]))
        else:
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
                % (len(_MODELS), _MODELS)
            )

    def _answer(self, asked: Asked) -> None:
        Connection.answers += 1
        self._number = Connection.answers % 10**8
        self._asked, self._left, self._asked_at = asked, asked.tokens, stamps.now()
        before, _, after = self._said(b'{"content":"@"}', stamps.WIDTH).partition(b"@")
        self._before, self._after = before + b"~", after
        if asked.rate:
            self._period_ms = 1000 / asked.rate
            self._due_ms = _clock_ms() + float(asked.think_ms)
            self._wheel.add(self, int(self._due_ms))
        else:
            asyncio.get_running_loop().call_later(asked.think_ms / 1000, self._pour)

    def _said(self, delta: bytes, wider: int = 0, finish: bytes = b"null") -> bytes:
        """One chunk; its size is written for a text that is ``wider`` than the one in it."""
        event = _EVENT % (self._number, _CHOICE % (delta, finish), b"null")
        return b"%x\r\n%b\r\n" % (len(event) + wider, event)

    def _next(self) -> bytes:
        """The bytes of the next token, with all that stands before the first, behind the last."""
        if self._left == self._asked.tokens:
            role = self._said(b'{"role":"assistant","content":"","refusal":null}')
            text = stamps.opening(self._asked_at, stamps.now())
            token = _HEAD + role + self._said(b'{"content":"%b"}' % text)
        else:
            token = self._before + b"%07d" % stamps.now() + self._after
        self._left -= 1
        return token if self._left else token + self._ending()

    def _ending(self) -> bytes:
        tokens = self._asked.tokens
        usage = b'{"prompt_tokens":20,"completion_tokens":%d,"total_tokens":%d}'
        told = _EVENT % (self._number, b"", usage % (tokens, tokens + 20))
        stop = self._said(b"{}", finish=b'"stop"')
        return stop + _chunk(told) + _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"

    def emit(self, due_ms: int) -> None:
        """The next token of a paced answer. Who does not read is waited for."""
        if not self._left:
            return
        if self._is_writable:
            self._transport.write(self._next())
        if self._left:
            self._due_ms += self._period_ms
            self._wheel.add(self, int(self._due_ms))

    def _pour(self) -> None:
        """Some events of an unpaced answer, then it is the others' turn."""
        if not self._left:
            return
        burst = range(min(self._asked.burst, self._left))
        self._transport.write(b"".join([self._next() for _ in burst]))
        if self._left and self._is_writable:
            asyncio.get_running_loop().call_soon(self._pour)


async def serve() -> None:
    wheel = Wheel()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(wheel), "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    gc.freeze()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
