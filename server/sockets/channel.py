"""One accepted WebSocket connection: text in, text out, every wait with a deadline."""

import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

import anyio
from uvicorn.protocols.utils import ClientDisconnected

from server.sockets.uvicorn import WIRE, Wire

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

SEND_S = 10.0
"""For one frame to find room: a peer that takes nothing for so long has stopped reading."""

REASON_BYTES = 123
"""RFC 6455: what a close frame has room for beside the code."""


class Gone(Exception):
    """The peer has left, or was cut off. ``code`` is what it, or the network, gave as reason."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Stalled(Gone):
    """The peer took nothing for ``SEND_S``; the connection was cut."""


class Channel:
    """Sends straight to the connection where the server offers that, by plain ASGI elsewhere.

    Made of an accepted request, of which nothing is left afterwards.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        extension = (scope.get("extensions") or {}).get(WIRE)
        self._wire: Wire | None = extension["wire"] if extension else None
        if self._wire is not None:
            self._wire.forget_request()

    async def receive(self) -> str | bytes:
        """The next frame, ``bytes`` if it is binary. Raises Gone."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise Gone(message.get("code") or 1005)
        text = message.get("text")
        frame: str | bytes = text if text is not None else message["bytes"]
        return frame

    def try_send(self, text: bytes) -> bool:
        """One text frame, UTF-8, now; False: only ``send`` can, and would wait. Raises Gone."""
        try:
            return self._wire is not None and self._wire.try_send(text)
        except ClientDisconnected:
            raise Gone(1006) from None

    async def send(self, text: bytes) -> None:
        """One text frame, UTF-8, once there is room. Raises Stalled or Gone."""
        if self.try_send(text):
            return
        try:
            with anyio.fail_after(SEND_S):
                if self._wire is not None:
                    await self._wire.send_text(text)
                else:
                    await self._send({"type": "websocket.send", "text": text.decode()})
        except TimeoutError:
            self.abort()
            raise Stalled(1013) from None
        except (ClientDisconnected, OSError):
            raise Gone(1006) from None

    async def close(self, code: int, reason: str = "") -> None:
        """Say goodbye; never raises. What was sent before still goes out first."""
        text = reason.encode()[:REASON_BYTES].decode(errors="ignore")
        if self._wire is not None:
            self._wire.close_now(code, text)
            return
        with contextlib.suppress(ClientDisconnected, OSError, RuntimeError):  # gone already
            await self._send({"type": "websocket.close", "code": code, "reason": text})

    def abort(self) -> None:
        """Cut the connection; what is unsent is dropped."""
        if self._wire is not None:
            self._wire.abort()
