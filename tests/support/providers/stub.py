"""A server that stands where a provider stands: its bytes on a real port, every way it can fail.

    async with OpenAIStub() as stub:
        stub.plays(Play(tokens=3, cut=2), Play(status=500))
        ...                                # OPENAI_BASE_URL = stub.url
        assert stub.exchanges[0].tokens_sent == 2

What is common to all vendors is here; ``dialect.py`` says what a vendor adds.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from tests.support.providers.connection import Connection
from tests.support.providers.dialect import Asked, Dialect
from tests.support.providers.exchange import Exchange
from tests.support.providers.plays import Play, parse

PLAIN = Play()


class ProviderStub:
    """``plays`` are used up in order; then ``default`` answers, which a directive may change.

    ``composes`` may know better than ``default`` what is wanted. ``key``: any other key is answered
    401; None takes whatever comes.
    """

    def __init__(
        self,
        dialect: Dialect,
        default: Play = PLAIN,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str | None = None,
    ) -> None:
        self.dialect = dialect
        self.default = default
        self.composes: Callable[[Asked, Exchange], Play | None] = lambda asked, exchange: None
        self.key = key
        self.exchanges: list[Exchange] = []
        self.connections = 0
        self._queue: deque[Play] = deque()
        self._by_model: dict[str, Play] = {}
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self.open: set[Connection] = set()

    @property
    def url(self) -> str:
        """As the SDK is given it."""
        return f"http://{self._host}:{self._port}{self.dialect.base_path}"

    def plays(self, *plays: Play) -> None:
        self._queue.extend(plays)

    def forget_plays(self) -> None:
        """What was queued and nobody asked for."""
        self._queue.clear()

    def plays_for(self, model: str, play: Play) -> None:
        self._by_model[model] = play

    def next_play(self, asked: Asked, exchange: Exchange) -> Play:
        """The model's own play, else the queue's next, else what a directive asks for: behind ``?``
        in the model's name, or in the last message."""
        if asked.model in self._by_model:
            return self._by_model[asked.model]
        if self._queue:
            return self._queue.popleft()
        in_name = f"[stub:{asked.model.partition('?')[2]}]" if "?" in asked.model else ""
        return parse(in_name + asked.prompt, self.composes(asked, exchange) or self.default)

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Nobody listens at the address meanwhile, and what was connected is cut off."""
        await self.__aexit__(None, None, None)
        try:
            yield
        finally:
            await self.__aenter__()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for connection in tuple(self.open):
            connection.abort()
        await self._server.wait_closed()
