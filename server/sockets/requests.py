"""uvicorn's HTTP protocol, made to survive peers that take their time.

What is added: a connection that brings no request, half a head, or a body in drops is given up; so
is one that does not take its answer. Heads are bounded, and so are connections of one address. It
is also how every WebSocket connection begins. Written against uvicorn 0.54.
"""

import asyncio
import os
import socket
from http import HTTPStatus
from typing import ClassVar, Literal

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from server.accounts.addresses import UNKNOWN
from server.sockets.peers import Peers

UNACKNOWLEDGED_MS = 30_000
"""TCP_USER_TIMEOUT: how long sent bytes may stay unacknowledged. A dead peer is found within one
ping (20 s) even if the answer to that ping was already due."""

SEND_BUFFER_BYTES = 64 * 1024
"""SO_SNDBUF, which Linux doubles: what a slow peer may hold in the kernel (unset: up to 4 MB)."""

HEAD_BYTES = 64 * 1024
"""Request line and headers: eight times what usual servers take."""

STEP_BYTES = 4 * 1024
"""What a peer must send of its body, or take of its answer, in one step: 400 bytes a second."""

FINISH_S = 3.0
"""For an answer to end when the server does; then its client comes back, and resumes elsewhere."""

PIPELINED_MAX = 16
"""Requests that may wait for the answer to the one before them. Browsers send none ahead."""


class HttpProtocol(HttpToolsProtocol):
    """One connection until it is upgraded. ``step_s``: for a whole head, for ``STEP_BYTES`` of
    anything longer, and between two looks at how it goes. Make one's own by ``http_protocol``."""

    step_s: ClassVar[float]
    peers: ClassVar[Peers]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _bound_socket(transport)
        self._reading: Literal["nothing", "head", "body"] = "head"
        self._since = self.loop.time()
        self._head_bytes = 0
        self._received = 0
        self._seen: int | None = None  # of a body, when last looked
        self._unsent: int | None = None  # of an answer that finds no room, when last looked
        self._refusal = HTTPStatus.BAD_REQUEST
        self._look = self.loop.call_later(self.step_s, self._look_after)
        self._address = self.client[0] if self.client else UNKNOWN
        self._is_counted = self.peers.enter(self._address)
        if not self._is_counted:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._let_go()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._let_go()
        super().handle_websocket_upgrade()

    def _let_go(self) -> None:
        """It is no connection without a session any more."""
        self._look.cancel()
        if self._is_counted:
            self._is_counted = False
            self.peers.leave(self._address)

    def shutdown(self) -> None:
        super().shutdown()
        # What still streams when every turn here has ended follows one that runs elsewhere.
        self.loop.call_later(FINISH_S, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._reading == "nothing":  # also stray line ends, which are no message yet
            self._reading, self._since = "head", self.loop.time()
        self._received += len(data)
        super().data_received(data)
        if self._reading == "head" and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading = "head"

    def on_headers_complete(self) -> None:
        self._reading, self._head_bytes, self._seen = "body", 0, None
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError("the head is too large")  # the parser stops, and it is refused
        if len(self.pipeline) >= PIPELINED_MAX:
            self._refusal = HTTPStatus.TOO_MANY_REQUESTS
            raise ValueError("too many requests ahead of their answers")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._reading = "nothing"

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unsent = None

    def send_400_response(self, msg: str) -> None:
        if self._is_answering():
            self.transport.abort()  # a refusal in the middle of an answer would be read as its part
        else:
            self._refuse(self._refusal)

    def _look_after(self) -> None:
        """Every ``step_s``: give up who does not get on."""
        self._look = self.loop.call_later(self.step_s, self._look_after)
        if self._takes_nothing():
            self.transport.abort()
        elif self.transport.is_closing():
            return
        elif self._is_answering():
            if self._sends_nothing() and not self.cycle.response_started:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        elif self._reading == "body":
            # Its answer is out, or it asks for an upgrade and still sends something else.
            before, self._seen = self._seen, self._received
            if before is not None:
                self.transport.close()
        elif self._reading == "head" and self.loop.time() - self._since >= self.step_s:
            # A connection that was opened in advance and never used wants no answer.
            if self._received:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)
            else:
                self.transport.close()

    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn's type forgets the beginning
        return cycle is not None and not cycle.response_complete

    def _takes_nothing(self) -> bool:
        """Whether what waits for it has waited since the last look."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent or not (self.flow.write_paused or self.transport.is_closing()):
            self._unsent = None
            return False
        before, self._unsent = self._unsent, unsent
        return before is not None and before - unsent < STEP_BYTES

    def _sends_nothing(self) -> bool:
        """Whether it has sent nothing to speak of of a body since the last look."""
        if self._reading != "body" or self.flow.read_paused:
            self._seen = None
            return False
        before, self._seen = self._seen, self._received
        return before is not None and self._received - before < STEP_BYTES

    def _refuse(self, status: HTTPStatus) -> None:
        text = status.phrase.encode()
        self.transport.write(
            b"%bcontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%b" % (STATUS_LINE[status], len(text), text)
        )
        self.transport.close()


def http_protocol(*, step_s: float, peers: Peers) -> type[HttpProtocol]:
    """For uvicorn, which makes one of it for each connection."""
    return type("HttpProtocol", (HttpProtocol,), {"step_s": step_s, "peers": peers})


def _bound_socket(transport: asyncio.Transport) -> None:
    sock = transport.get_extra_info("socket")
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    # A duplicate, because uvloop's own object refuses to set options.
    with socket.socket(fileno=os.dup(sock.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
