"""A server that stands where OpenAI stands: its bytes on a real port, and every way it can fail.

    async with OpenAIStub() as stub:
        stub.plays(Play(tokens=3, cut=2), Play(status=500))
        ...                                # OPENAI_BASE_URL = stub.url
        assert stub.exchanges[0].tokens_sent == 2

``python -m tests.support.providers.openai_stub --port 9009`` serves it for trying things by hand;
the prompt then says what happens: ``Tell me more [stub: tokens=500 gap=0.03 cut=100]``.
"""

import argparse
import asyncio
import logging
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from tests.support.providers.openai_connection import Connection
from tests.support.providers.openai_exchange import Exchange
from tests.support.providers.openai_plays import Play, parse

PLAIN = Play()


class OpenAIStub:
    """``plays`` are used up in order; then ``default`` answers, which a directive may change."""

    def __init__(self, default: Play = PLAIN, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.default = default
        self.exchanges: list[Exchange] = []
        self.connections = 0
        self._queue: deque[Play] = deque()
        self._by_model: dict[str, Play] = {}
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self.open: set[Connection] = set()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}/v1"

    def plays(self, *plays: Play) -> None:
        self._queue.extend(plays)

    def plays_for(self, model: str, play: Play) -> None:
        self._by_model[model] = play

    def next_play(self, body: dict[str, Any]) -> Play:
        """The model's own play, else the queue's next, else what a directive asks for: behind ``?``
        in the model's name, or in the last message."""
        model = str(body.get("model"))
        if model in self._by_model:
            return self._by_model[model]
        if self._queue:
            return self._queue.popleft()
        said = [m.get("content") for m in body.get("messages", []) if m.get("role") == "user"]
        in_name = f"[stub:{model.partition('?')[2]}]" if "?" in model else ""
        return parse(in_name + str(said[-1] if said else ""), self.default)

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


async def _serve(host: str, port: int) -> None:
    default = Play(tokens=200, first=0.3, gap=0.02)
    async with OpenAIStub(default, host=host, port=port) as stub:
        logging.info("OPENAI_BASE_URL=%s OPENAI_MODELS=stub=1/4", stub.url)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9009)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(options.host, options.port))


if __name__ == "__main__":
    main()
