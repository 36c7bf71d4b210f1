"""How long an event loop stands still while providers are imported and make their first request.

``provider_starts`` runs this as a process of its own, configured by the environment: whoever
measures it has imported every SDK already. It prints seconds as JSON. Nothing here is a test.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import uvloop
from click import echo

from agents.providers.base import TextRequest
from agents.providers.load import open_registry
from server.domain.content import ChatMessage, Params, Role
from server.providing import provider_settings
from server.settings import load

TICK_S = 0.001
PAUSE_S = 0.05


class Ticker:
    """Notices how long the loop stands still."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def run(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK_S)
            self.longest_s = max(self.longest_s, time.perf_counter() - began - TICK_S)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.run())
        await asyncio.sleep(PAUSE_S)
        self.longest_s = 0.0
        try:
            yield
        finally:
            task.cancel()


def request(model: str) -> TextRequest:
    return TextRequest(
        model=model,
        messages=(ChatMessage(role=Role.USER, text="Hello"),),
        instructions="Be brief.",
        params=Params(),
        correlation_id="",
    )


async def stalls() -> dict[str, float]:
    """The longest of each kind."""
    settings, ticker = provider_settings(load(dict(os.environ))), Ticker()
    found: dict[str, float] = {}
    async with ticker.watching(), open_registry(settings) as registry:
        await asyncio.sleep(PAUSE_S)
        found["import"] = ticker.longest_s
        one_each = {model.provider: model for model in registry.models()}
        one_each.pop("demo")
        for when in ("first", "later"):
            ticker.longest_s = 0.0
            for model in one_each.values():
                said = registry.provider(model.id).stream(request(model.name))
                async with aclosing(said):
                    async for _ in said:
                        pass
            found[when] = ticker.longest_s
    return found


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        echo(json.dumps(runner.run(stalls())))
