"""A WebSocket of a simulated client, and where all servers measured here listen."""

import asyncio
from typing import Any, cast

from msgspec import json

from tests.benchmarks import frames, stamps
from tests.benchmarks.clients import Client

HOST = "127.0.0.1"


class SocketWire(asyncio.Protocol):
    """A WebSocket of one client; ``_take`` gets each text frame."""

    path = "/ws"

    def __init__(self, client: Client) -> None:
        self.client = client
        self._reader = frames.FrameReader()
        self._greeting: bytes | None = b""

    def headers(self) -> dict[str, str]:
        return {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        plan = self.client.plan
        self.transport.write(frames.upgrade(f"{HOST}:{plan.port}", plan.path, self.headers()))

    def connection_lost(self, exc: Exception | None) -> None:
        self.client.tally.flaw(f"connection lost: {exc}")

    def data_received(self, data: bytes) -> None:
        at = stamps.now()
        if self._greeting is not None:
            head, end, data = (self._greeting + data).partition(b"\r\n\r\n")
            if not end:
                self._greeting = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.client.tally.flaw(head.decode(errors="replace")[:200])
                self.transport.abort()
                return
            self._greeting = None
            self.opened()
        for opcode, payload in self._reader.feed(data):
            if opcode == frames.TEXT:
                self.take(payload, at)
            elif opcode == frames.PING:
                self.transport.write(frames.frame(frames.PONG, payload))

    def say(self, message: dict[str, Any]) -> None:
        self.transport.write(frames.frame(frames.TEXT, json.encode(message)))

    def opened(self) -> None:
        """The upgrade was answered."""

    def take(self, payload: bytes, at: int) -> None:
        raise NotImplementedError
