"""PostgreSQL away: what runs streams on, what is new is refused at once, the end is written when it
is back, and the first request after that is served."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import text

from server.accounts.access import Principal
from server.domain.errors import ServiceUnavailable
from server.local.engines import EngineUrls
from server.persistence import borrowed
from server.persistence.database import Database
from server.turns.engine import Started
from tests.server.turns.proxy import Proxy, proxied
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"
REFUSALS = 50
SOON_S = 20.0
"""One wait for a statement, or for a connection, each, would take longer by far."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is waited for so long that a busy machine has it and a test can be disappointed."""
    monkeypatch.setattr(borrowed, "ANSWER_S", 2.0)


async def running(harness: Harness, caller: Principal) -> Started:
    started = await harness.say(caller, LONG)
    await eventually(lambda: started.cursor.text)
    return started


async def is_refused(harness: Harness, caller: Principal) -> bool:
    try:
        await harness.say(caller, "New")
    except ServiceUnavailable as refused:
        return refused.retry_after is not None
    return False


async def is_answered(harness: Harness, caller: Principal) -> bool:
    try:
        return bool((await harness.answer(caller, "New"))["type"] == "turn.completed")
    except ServiceUnavailable:
        return False


def closes(proxy: Proxy) -> tuple[Callable[[], None], Callable[[], None]]:
    def back() -> None:
        proxy.is_down = False

    return proxy.cut, back


def freezes(proxy: Proxy) -> tuple[Callable[[], None], Callable[[], None]]:
    return proxy.freeze, proxy.thaw


def swallows(proxy: Proxy) -> tuple[Callable[[], None], Callable[[], None]]:
    """A failover: connections from before it are dead without a sign of it."""
    return proxy.freeze, lambda: proxy.thaw(only_new=True)


@pytest.mark.parametrize("fault", [closes, freezes, swallows])
async def test_an_outage_costs_new_turns_only(
    migrated: EngineUrls,
    database: Database,
    fault: Callable[[Proxy], tuple[Callable[[], None], Callable[[], None]]],
) -> None:
    async with proxied(migrated) as (proxy, urls), turn_harness(urls) as harness:
        go, come_back = fault(proxy)
        caller = await harness.person()
        started = await running(harness, caller)
        go()
        assert await is_refused(harness, caller)
        before = len(started.cursor.text)
        async with asyncio.timeout(SOON_S):
            for _ in range(REFUSALS):
                assert await is_refused(harness, caller)
        await eventually(lambda: len(started.cursor.text) > before)
        run = harness.engine.live.run(started.event.turn_id)
        assert run is not None
        run.stop()  # its end waits for the database
        assert started.cursor.outcome is None
        come_back()
        assert (await harness.end(started.cursor))["type"] == "turn.cancelled"
        await eventually(lambda: is_answered(harness, caller))
        await asyncio.gather(*(harness.answer(caller, "New") for _ in range(12)))
        await books_balance(database)


async def test_connections_that_an_operator_ends_cost_what_ran_on_them(
    migrated: EngineUrls, database: Database
) -> None:
    async with turn_harness(migrated) as harness:
        caller = await harness.person()
        await asyncio.gather(*(harness.answer(caller, "New") for _ in range(12)))
        started = await running(harness, caller)
        async with database.transaction() as tx:
            ended = await tx.scalar(ENDED)
        assert ended
        assert await eventually(lambda: is_answered(harness, caller))
        await harness.engine.cancel(caller, started.event.turn_id)
        assert (await harness.end(started.cursor))["type"] == "turn.cancelled"
        await books_balance(database)


ENDED = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
