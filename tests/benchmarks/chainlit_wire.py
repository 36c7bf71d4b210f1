"""Chainlit's dialect: Socket.IO packets in Engine.IO packets in a WebSocket, as its page sends."""

import uuid
from datetime import UTC, datetime
from typing import Any

from msgspec import json

from tests.benchmarks import frames
from tests.benchmarks.socketwire import SocketWire

OPEN, PING, PONG, CONNECT, CONNECTED, EVENT = b"0", b"2", b"3", b"40", b"40", b"42"


class ChainlitWire(SocketWire):
    """It tells no figures of tokens, so only their number is checked."""

    def _send(self, packet: bytes, message: Any = None) -> None:
        text = packet if message is None else packet + json.encode(message)
        self.transport.write(frames.frame(frames.TEXT, text))

    def ask(self, prompt: str) -> None:
        message = {
            "id": str(uuid.uuid4()),
            "threadId": "",
            "name": "User",
            "type": "user_message",
            "output": prompt,
            "createdAt": datetime.now(UTC).isoformat(),
        }
        self._send(EVENT, ["client_message", {"message": message, "fileReferences": []}])

    def take(self, payload: bytes, at: int) -> None:
        if payload.startswith((b'42["stream_token"', b'42["stream_start"')):
            self.client.hear(payload, at)
        elif payload.startswith(b'42["task_end"') and self.client.expected:
            self.client.end(self, self.client.seen)
        elif payload.startswith(b'42["clear_call_fn"'):
            # The last of what greets a session.
            self.client.begin(self)
        elif payload == PING:
            self._send(PONG)
        elif payload.startswith(CONNECTED):
            self._send(EVENT, ["connection_successful"])
        elif payload.startswith(OPEN):
            self._send(CONNECT, {"sessionId": str(uuid.uuid4()), "clientType": "webapp"})
