"""One streamed answer: the time that a play names, and every way in which it goes wrong."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from typing import Protocol

from tests.support.providers.dialect import Script
from tests.support.providers.exchange import Exchange
from tests.support.providers.plays import BEHIND_THE_END, Play


class Wire(Protocol):
    """Where the bytes go."""

    @property
    def transport(self) -> asyncio.Transport: ...

    async def write(self, data: bytes) -> None: ...

    def abort(self, *, reset: bool = False) -> None: ...


class Streaming:
    """Chunked, an HTTP chunk for each event as the vendors do it."""

    def __init__(self, wire: Wire, exchange: Exchange, play: Play, script: Script) -> None:
        self._wire = wire
        self._exchange = exchange
        self._play = play
        self._script = script
        self._pending: list[bytes] = []

    async def run(self, head: bytes) -> None:
        """``head`` opens the response; it goes out with the first events."""
        play, script = self._play, self._script
        self._pending.append(head)
        self._say(script.opening())
        await self._flush(held_back=play.one_write)
        await asyncio.sleep(play.first)
        for thought in play.reasoning:
            self._exchange.reasoning_sent.append(thought)
            self._say(script.reasoning(thought))
        steps = self._steps()
        sent = 0
        while not await self._fails(sent):
            events = next(steps, None)
            if events is None:
                return await self._end()
            self._say(events)
            sent += 1
            if sent % play.burst == 0:
                await self._flush(held_back=play.one_write)
                if play.gap:
                    await asyncio.sleep(play.gap)
        return None

    def _steps(self) -> Iterator[Iterable[bytes]]:
        """What is said, a token or a step of a tool call at a time, and noted as it is."""
        for text in self._play.texts():
            self._exchange.sent_at.append(time.monotonic())
            self._exchange.texts_sent.append(text)
            yield self._script.text(text)
        for call in self._play.calls:
            for piece, event in self._script.call(call):
                if piece:
                    self._exchange.unsaid_sent.append(piece)
                yield (event,)

    async def _fails(self, sent: int) -> bool:
        play = self._play
        if sent in (play.garbage, play.error_event, play.silent, play.cut):
            self._exchange.wrong_at = time.monotonic()
        if sent == play.garbage:
            self._say((self._script.event(play.rubbish),))
        if sent == play.error_event:
            self._say((self._script.error_event(),))
            await self._close_body()
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
            self._wire.abort(reset=True)
        else:
            self._wire.transport.close()
        return None

    async def _end(self) -> None:
        play, script = self._play, self._script
        if play.huge:
            self._exchange.texts_sent.append("x" * play.huge)
            self._say(script.text("x" * play.huge))
        self._say(script.ending())
        if play.cut == BEHIND_THE_END:
            return await self._cut()
        return await self._close_body()

    async def _close_body(self) -> None:
        if self._play.hold_open:
            await self._flush()
            await asyncio.Event().wait()
        await self._finish_body()

    async def _finish_body(self) -> None:
        self._pending.append(b"0\r\n\r\n")
        self._exchange.finished_at = time.monotonic()
        await self._flush()

    def _say(self, events: Iterable[bytes]) -> None:
        for event in events:
            self._pending.append(f"{len(event):x}\r\n".encode() + event + b"\r\n")

    async def _flush(self, *, held_back: bool = False) -> None:
        if held_back:
            return None
        data, self._pending = b"".join(self._pending), []
        if not self._play.bytewise:
            return await self._wire.write(data)
        for at in range(len(data)):
            await self._wire.write(data[at : at + 1])
            await asyncio.sleep(0)
        return None
