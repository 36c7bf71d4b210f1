"""A channel over plain ASGI: the same words, where the server offers no shorter way."""

import asyncio
from collections import deque
from typing import Any

import pytest
from uvicorn.protocols.utils import ClientDisconnected

from server.sockets import channel as channels
from server.sockets.channel import REASON_BYTES, Channel, Gone, Stalled


class Peer:
    """An ASGI server of its own: what it says, what it was told, and how it fails."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = deque(messages)
        self.told: list[Any] = []
        self.failure: Exception | None = None
        self.is_stuck = False

    async def receive(self) -> Any:
        return self.messages.popleft()

    async def send(self, message: Any) -> None:
        if self.is_stuck:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        self.told.append(message)

    def channel(self) -> Channel:
        return Channel({"extensions": None}, self.receive, self.send)


async def test_text_and_binary_frames_are_told_apart_and_the_end_says_why() -> None:
    channel = Peer(
        {"type": "websocket.receive", "text": "", "bytes": None},
        {"type": "websocket.receive", "bytes": b"\0"},
        {"type": "websocket.disconnect", "code": 1001},
    ).channel()
    assert await channel.receive() == ""
    assert await channel.receive() == b"\0"
    with pytest.raises(Gone) as caught:
        await channel.receive()
    assert caught.value.code == 1001


async def test_what_is_sent_is_text() -> None:
    peer = Peer()
    await peer.channel().send('{"ü":1}'.encode())
    assert peer.told == [{"type": "websocket.send", "text": '{"ü":1}'}]


async def test_a_peer_that_takes_nothing_is_stalled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "SEND_S", 0.02)
    peer = Peer()
    peer.is_stuck = True
    with pytest.raises(Stalled) as caught:
        await peer.channel().send(b"{}")
    assert caught.value.code == 1013


@pytest.mark.parametrize("failure", [ClientDisconnected(), ConnectionResetError()])
async def test_a_peer_that_has_left_is_gone(failure: Exception) -> None:
    peer = Peer()
    peer.failure = failure
    with pytest.raises(Gone):
        await peer.channel().send(b"{}")
    await peer.channel().close(1000)


async def test_a_long_reason_is_cut_between_characters() -> None:
    peer = Peer()
    await peer.channel().close(4403, "ü" * 100)
    (message,) = peer.told
    assert message["code"] == 4403
    assert message["reason"] == "ü" * (REASON_BYTES // 2)


async def test_plain_asgi_is_never_written_to_without_waiting() -> None:
    peer = Peer()
    assert not peer.channel().try_send(b"{}")
    assert peer.told == []
