"""A client of `causerie.v1`, written with the `websockets` library, that keeps to its law."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from server.domain.ids import new_id
from tests.support.eventually import eventually

OUTCOMES = {"turn.completed", "turn.failed", "turn.cancelled"}
PATIENCE_S = 30.0


@dataclass
class Followed:
    """What a client has of one turn. ``told``: notices and the like; ``flaws``: gaps in the
    numbering; ``repeats``: twins."""

    turn_id: str
    seq: int = 0
    text: str = ""
    started: dict[str, Any] | None = None
    outcome: dict[str, Any] | None = None
    snapshots: int = 0
    repeats: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, event: dict[str, Any]) -> None:
        kind, seq = event["type"], event["seq"]
        if kind == "turn.snapshot":
            self.seq, self.text, self.outcome = seq, event["text"], event.get("outcome")
            self.snapshots += 1
        elif event.get("fromSeq", seq) <= self.seq:
            self.repeats += 1
        else:
            if event.get("fromSeq", seq) != self.seq + 1:
                self.flaws.append(f"{kind} {event.get('fromSeq', seq)} after {self.seq}")
            self.seq = seq
            if kind == "turn.delta":
                self.text += event["text"]
            elif kind == "turn.started":
                self.started = event
            elif kind in OUTCOMES:
                self.outcome = event
            else:
                self.told.append(event)
        self.news.set()


class Client:
    """One session. ``turns`` holds what was heard of each turn, ``others`` all other events."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.ready: dict[str, Any] = {}
        self.turns: dict[str, Followed] = {}
        self.others: list[dict[str, Any]] = []
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0

    async def read(self) -> None:
        """Take in everything until the connection ends."""
        try:
            async for frame in self.socket:
                self._take(json.loads(frame))
        except ConnectionClosed:
            pass
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the session has ended"))

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "session.ready":
            self.ready = event
        # The turn is known before its answer is read, so that nothing of it is missed.
        if "seq" in event and "turnId" in event and event["type"] != "turn.attached":
            self.turn(event["turnId"]).hear(event)
        elif "re" not in event:
            self.others.append(event)
        answer = self._answers.pop(event.get("re", ""), None)
        if answer is not None and not answer.done():
            answer.set_result(event)

    def turn(self, turn_id: str) -> Followed:
        return self.turns.setdefault(turn_id, Followed(turn_id))

    async def ask(self, type: str, **payload: Any) -> dict[str, Any]:
        """Send a command and wait for its direct answer, be it an error."""
        self._number += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        name = f"c{self._number}"
        self._answers[name] = answer
        await self.socket.send(json.dumps({"type": type, "id": name, **payload}))
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    async def start(self, text: str, **payload: Any) -> dict[str, Any]:
        payload.setdefault("clientMessageId", str(new_id()))
        return await self.ask("turn.start", text=text, **payload)

    async def begin(self, text: str, **payload: Any) -> Followed:
        """Start a turn that must be admitted."""
        answer = await self.start(text, **payload)
        assert answer["type"] == "turn.started", answer
        return self.turn(answer["turnId"])

    async def finish(self, turn: Followed) -> dict[str, Any]:
        """Wait for a turn's outcome."""
        async with asyncio.timeout(PATIENCE_S):
            while turn.outcome is None:
                await turn.news.wait()
                turn.news.clear()
        return turn.outcome

    async def hear_text(self, turn: Followed, characters: int = 1) -> None:
        """Wait until so much of an answer has come."""
        async with asyncio.timeout(PATIENCE_S):
            while len(turn.text) < characters:
                await turn.news.wait()
                turn.news.clear()

    async def say(self, text: str, **payload: Any) -> tuple[Followed, dict[str, Any]]:
        """Start a turn and wait for its end."""
        turn = await self.begin(text, **payload)
        return turn, await self.finish(turn)


def open_socket(
    url: str, key: str, *, patience_s: float = 10, sock: socket.socket | None = None
) -> connect:
    """A bare connection authenticated by an API key; its first frame is ``session.ready``."""
    return connect(
        url,
        open_timeout=patience_s,
        sock=sock,
        subprotocols=[Subprotocol("causerie.v1")],
        additional_headers={"authorization": f"Bearer {key}"},
    )


@asynccontextmanager
async def session(url: str, key: str) -> AsyncIterator[Client]:
    """A session authenticated by an API key, once it is ready."""
    async with open_socket(url, key) as socket:
        client = Client(socket)
        reader = asyncio.create_task(client.read())
        try:
            await eventually(lambda: client.ready, PATIENCE_S)
            yield client
        finally:
            await socket.close()
            await asyncio.wait({reader})
