"""What a web process does for its operators: figures of the whole system, issues in Linear."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import httpx2

from billing import vitals
from server.persistence.database import Database
from server.settings import Settings
from server.telemetry.metrics import Metrics
from server.workers.linear import LinearTeller
from server.workers.linearclient import LinearClient


@asynccontextmanager
async def open_for_operators(
    settings: Settings, database: Database, metrics: Metrics
) -> AsyncIterator[list[Callable[[], Awaitable[None]]]]:
    """Bodies of tasks, which run for ever."""
    async with AsyncExitStack() as stack:
        runs: list[Callable[[], Awaitable[None]]] = [
            lambda: vitals.keep_reading(database, partial(vitals.show, metrics))
        ]
        if settings.linear_api_key:
            http = await stack.enter_async_context(httpx2.AsyncClient())
            teller = LinearTeller(
                database,
                LinearClient(http, settings.linear_api_url, settings.linear_api_key),
                team=settings.linear_team,
                origin=settings.origin,
                now=time.monotonic,
            )
            runs.append(teller.run)
        yield runs
