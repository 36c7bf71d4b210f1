"""uvicorn's WebSocket protocol, made to survive the peers that it trusts too much.

What is added: a stalled or flooding peer is cut off instead of waited for, fragments are counted,
bad bytes leave no traceback in the log, and whoever serves the connection gets a short way to send
(``Wire``). What is taken away is what an idle connection weighs. Every connection begins as one of
``requests``. Written against uvicorn 0.54.
"""

from asyncio import AbstractEventLoop
from asyncio.transports import BaseTransport
from http import HTTPStatus
from typing import Any, Protocol

from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request
from websockets.protocol import State

from server.sockets.waiting import Latch, Mailbox

WIRE = "causerie.wire"
"""Name of the ASGI extension whose value under ``"wire"`` is the connection's ``Wire``."""

UNSENT_BYTES = 16 * 1024
"""What may wait for the kernel to take it before ``send_text`` waits (unset: 64 KiB). Small, for a
slow peer's kernel holds plenty already, and what waits behind it merges."""

FRAGMENTS_MAX = 1_024
"""Frames of one message: the largest message in pieces of 256 bytes."""

FRAMES_MAX = 1_024
"""Frames of one network read, which may hold 40 000 tiny ones, a second of work for the process:
25 times what the rate of commands lets pass at once, and nobody sends pings in bulk."""

SLICE_BYTES = 4 * 1024
"""Of a read, taken apart before its frames are counted: 700 of the smallest."""

PENDING_MAX = 1024 * 1024
"""Bytes that answers to pings may leave in the transport; we send nothing else unasked."""

BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

CLOSE_S = 5.0
"""For the peer to answer a close frame."""

FLUSH_S = 1.0
"""For unsent bytes to leave once the peer is done for: it has missed a ping, broken the protocol or
ended its side. Then the connection is cut."""


class Wire(Protocol):
    """The connection itself, for whoever serves it."""

    def forget_request(self) -> None:
        """Let go of the accepted request, scope and all: it is two thirds of an idle connection's
        memory, and nobody reads it any more."""

    def try_send(self, text: bytes) -> bool:
        """Write one text frame now; False: the peer is slow, ``send_text`` would wait.

        Raises:
            ClientDisconnected: it is gone.
        """

    async def send_text(self, text: bytes) -> None:
        """Write one text frame (UTF-8) once there is room. Raises ClientDisconnected."""

    def close_now(self, code: int, reason: str) -> None:
        """Put a close frame behind what is unsent, without waiting for room; then the peer has
        ``CLOSE_S`` to take it all and to answer."""

    def abort(self) -> None:
        """Cut the connection; what is unsent is dropped."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection; it is its own ``Wire``."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.queue = Mailbox()  # type: ignore[assignment]
        self.writable = Latch()  # type: ignore[assignment]

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=UNSENT_BYTES)
        self._fragments = 0

    def data_received(self, data: bytes) -> None:
        self._frames_read = 0
        for at in range(0, len(data), SLICE_BYTES):
            super().data_received(data[at : at + SLICE_BYTES])
            if self.transport.is_closing():
                return
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # A head that the library does not accept. uvicorn would leave it without an answer.
            self._refuse_request()

    def eof_received(self) -> None:
        # The transport closes when unsent bytes have left, for which a slow peer may take for ever.
        self.loop.call_later(FLUSH_S, self.abort)

    def _refuse_request(self) -> None:
        if not self.close_sent:
            self.handshake_complete = self.close_sent = True
            answer = b"".join(self.conn.data_to_send())
            self.transport.write(answer or BAD_REQUEST)
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        try:
            super().handle_connect(event)
        except UnicodeError:  # a target that is not ASCII, which no HTTP client sends
            self.conn.send_response(self.conn.reject(HTTPStatus.BAD_REQUEST, ""))
            self._refuse_request()
            return
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self.scope["extensions"][WIRE] = {"wire": self}

    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.close_sent and self.initial_response is not None:
            # Refused by an answer in HTTP, as is our right: uvicorn would log an error for each.
            self.handshake_complete = True

    def handle_text(self, event: Frame) -> None:
        self._fragments = 0
        self._count_frame()
        super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        self._fragments = 0
        self._count_frame()
        super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        # Empty fragments add nothing to the size that is checked, so they are counted.
        if self.close_sent:
            return
        self._fragments += 1
        if self._fragments > FRAGMENTS_MAX:
            self._fail(CloseCode.POLICY_VIOLATION, "too many fragments")
            return
        super().handle_cont(event)

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        if self.transport.is_closing():
            self.loop.call_later(CLOSE_S, self.abort)

    def handle_parser_exception(self) -> None:
        super().handle_parser_exception()
        self.loop.call_later(FLUSH_S, self.abort)

    def handle_ping(self) -> None:
        super().handle_ping()
        self._count_frame()
        if self.transport.get_write_buffer_size() > PENDING_MAX:
            self.abort()

    def handle_pong(self, event: Frame) -> None:
        super().handle_pong(event)
        self._count_frame()

    def _count_frame(self) -> None:
        self._frames_read += 1
        if self._frames_read > FRAMES_MAX and not self.transport.is_closing():
            if self.close_sent:
                self.abort()
            else:
                self._fail(CloseCode.POLICY_VIOLATION, "too many frames at once")

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent:
            message = b"".join(self.frames)
            self.frames = [message]
            try:
                message.decode()
            except UnicodeDecodeError:
                self._fail(CloseCode.INVALID_DATA, "not UTF-8")
                return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # Closing waits for unsent bytes to leave, and those of a dead peer never do.
        self.loop.call_later(FLUSH_S, self.abort)

    def shutdown(self) -> None:
        if self.handshake_initiated and not self.handshake_complete and not self.close_sent:
            self.conn.send_response(
                self.conn.reject(HTTPStatus.SERVICE_UNAVAILABLE, "The server restarts.\n")
            )
            self._refuse_request()
        super().shutdown()
        self.loop.call_later(FLUSH_S, self.abort)

    def forget_request(self) -> None:
        self.request.headers.clear()  # the parser holds it, too
        self.response.headers.clear()
        self.scope.clear()  # type: ignore[attr-defined]

    def try_send(self, text: bytes) -> bool:
        if self.disconnected or self.close_sent or self.conn.state is not State.OPEN:
            raise ClientDisconnected
        if not self.writable.is_set():
            return False
        self.transport.write(_text_header(len(text)) + text)
        return True

    async def send_text(self, text: bytes) -> None:
        while not self.try_send(text):
            await self.writable.wait()

    def close_now(self, code: int, reason: str) -> None:
        if self.disconnected or self.close_sent or self.conn.state is not State.OPEN:
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # or the peer's answer would never be read
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_S, self.abort)

    def abort(self) -> None:
        self.transport.abort()

    def _fail(self, code: CloseCode, reason: str) -> None:
        self.frames = []
        self.conn.fail(code, reason)
        self.handle_parser_exception()


def _text_header(length: int) -> bytes:
    """Of one whole, unmasked text frame (RFC 6455, section 5.2)."""
    if length < 126:
        return bytes((0x81, length))
    if length < 1 << 16:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")
