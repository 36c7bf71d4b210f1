"""Dialects in which the load talks: ours, the bare relays', and the provider's own."""

import asyncio
import re
import uuid
from typing import Any, cast

from msgspec import json

from tests.benchmarks import stamps
from tests.benchmarks.chainlit_wire import ChainlitWire
from tests.benchmarks.clients import Client
from tests.benchmarks.socketwire import HOST, SocketWire

_USAGE = re.compile(rb'"completion_tokens": ?(\d+)')


class CauserieWire(SocketWire):
    """``causerie.v1``. Numbers of events must leave no gap, receipts must name every token."""

    _seq = 0

    def headers(self) -> dict[str, str]:
        return {
            "Sec-WebSocket-Protocol": "causerie.v1",
            "Authorization": f"Bearer {self.client.key}",
        }

    def ask(self, prompt: str) -> None:
        self._seq = 0
        message_id = str(uuid.uuid4())
        start = {"type": "turn.start", "id": "start", "clientMessageId": message_id}
        self.say({**start, "text": prompt})

    def take(self, payload: bytes, at: int) -> None:
        # Deltas are not decoded: half of what the load costs would be that.
        if payload.startswith(b'{"type":"turn.delta"'):
            self._number(payload)
            self.client.hear(payload, at)
        else:
            self._tell(json.decode(payload))

    def _number(self, payload: bytes) -> None:
        begin = payload.index(b'"seq":') + 6
        last = int(payload[begin : payload.index(b",", begin)])
        merged = payload.find(b'"fromSeq":', begin, begin + 40)
        first = last if merged < 0 else int(payload[merged + 10 : payload.index(b",", merged)])
        self._follows(first, last)

    def _follows(self, first: int, last: int) -> None:
        if first != self._seq + 1:
            self.client.tally.flaw(f"event {first} after {self._seq}")
        self._seq = last

    def _tell(self, event: dict[str, Any]) -> None:
        if "seq" in event:
            self._follows(event["seq"], event["seq"])
        match event["type"]:
            case "session.ready":
                self.client.begin(self)
            case "turn.completed":
                calls = event["receipt"]["calls"]
                self.client.end(self, sum(call["outputTokens"] for call in calls))
            case "turn.failed" | "turn.cancelled" | "turn.snapshot":
                self.client.fail(self, f"{event}"[:300])
            case "error":
                self.client.refuse(self, event["code"], event.get("retryAfter", 0))
            case _:
                pass


class RelayWire(SocketWire):
    """The bare relays of ``relay``: a text in, ``delta`` and ``done`` out."""

    def opened(self) -> None:
        self.client.begin(self)

    def ask(self, prompt: str) -> None:
        self.say({"text": prompt})

    def take(self, payload: bytes, at: int) -> None:
        if payload.startswith(b'{"type":"delta"'):
            self.client.hear(payload, at)
        else:
            event = json.decode(payload)
            if event["type"] == "done":
                self.client.end(self, event["tokens"])
            else:
                self.client.fail(self, f"{event}")


class SseWire(asyncio.Protocol):
    """The provider's own wire: to the stub itself, and to proxies that speak it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._rest = b""
        self._told = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.client.begin(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.client.tally.flaw(f"connection lost: {exc}")

    def ask(self, prompt: str) -> None:
        plan = self.client.plan
        body = json.encode(
            {
                "model": "gpt-4.1",
                "stream": True,
                "stream_options": {"include_usage": True},
                "messages": [{"role": "user", "content": prompt}],
            }
        )
        self.transport.write(
            f"POST {plan.path} HTTP/1.1\r\nHost: {HOST}:{plan.port}\r\n"
            f"Authorization: Bearer {self.client.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    def data_received(self, data: bytes) -> None:
        at = stamps.now()
        whole, _, self._rest = (self._rest + data).rpartition(b"\n\n")
        if b"~" in whole:
            self.client.hear(whole, at)
        usage = _USAGE.search(whole)
        if usage is not None:
            self._told = int(usage[1])
        # The end of the body, behind the last event: asking before it comes would be pipelining.
        if self._rest.endswith(b"\r\n0\r\n\r\n"):
            self._rest = b""
            self.client.end(self, self._told)


WIRES: dict[str, type[CauserieWire | RelayWire | SseWire | ChainlitWire]] = {
    "causerie": CauserieWire,
    "relay": RelayWire,
    "sse": SseWire,
    "chainlit": ChainlitWire,
}
