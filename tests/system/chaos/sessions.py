"""A client's session that writes down every event, and the good manners of losing one."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidHandshake, WebSocketException

from tests.support.client import Client, Followed, open_socket
from tests.system.chaos.book import Book, View
from tests.system.chaos.member import Member

OPEN_S = 6.0
ANSWER_S = 8.0

LOST = (ConnectionError, TimeoutError, OSError, WebSocketException, InvalidHandshake)
"""A good client takes all of these as: try another server."""


class Session(Client):
    """One connection of a client to one web process."""

    def __init__(self, socket: ClientConnection, book: Book, who: str, web: Member) -> None:
        super().__init__(socket)
        self._book = book
        self._who = who
        self.web = web
        self.is_dropped = False
        self.has_ended = asyncio.Event()

    async def read(self) -> None:
        try:
            await super().read()
        finally:
            self.has_ended.set()
            for waiting in self._answers.values():
                if waiting.done() and not waiting.cancelled():
                    waiting.exception()  # looked at: whoever asked may be gone
            for turn in self.turns.values():
                turn.news.set()

    def _take(self, event: dict[str, Any]) -> None:
        if self.is_dropped:
            return  # the client has gone on with another session
        self._book.write(self._who, self.web.name, event)
        super()._take(event)

    def turn(self, turn_id: str) -> Followed:
        if turn_id not in self.turns:
            self.turns[turn_id] = self._book.view(turn_id, self._who)
        return self.turns[turn_id]

    def view(self, turn_id: str) -> View:
        found = self.turn(turn_id)
        assert isinstance(found, View)
        return found

    async def ask(self, type: str, **payload: Any) -> dict[str, Any]:
        async with asyncio.timeout(ANSWER_S):
            return await super().ask(type, **payload)

    def drop(self) -> None:
        """Leave without a word, as a phone in a tunnel does."""
        self.is_dropped = True
        self.socket.transport.abort()


@asynccontextmanager
async def opened(book: Book, who: str, web: Member, key: str) -> AsyncIterator[Session]:
    """A session with that web process. Raises one of ``LOST`` when there is none to be had."""
    async with asyncio.timeout(OPEN_S):
        socket = await open_socket(web.ws_url, key)
    session = Session(socket, book, who, web)
    reader = asyncio.create_task(session.read())
    try:
        async with asyncio.timeout(OPEN_S):
            while not session.ready:
                if session.has_ended.is_set():
                    raise ConnectionError("closed before it was ready")
                await asyncio.sleep(0.005)
        yield session
    finally:
        session.is_dropped = True
        with suppress(*LOST):
            async with asyncio.timeout(1):
                await socket.close()
        socket.transport.abort()
        await asyncio.wait({reader}, timeout=5)


def other(webs: list[Member], rng: random.Random, not_this: Member | None = None) -> Member:
    """Any web process, another one where that is wanted: a client knows their addresses only."""
    choice = [web for web in webs if web is not not_this]
    return rng.choice(choice)
