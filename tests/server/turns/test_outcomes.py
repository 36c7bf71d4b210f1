"""A turn has one outcome, whoever wants it to end at the same moment, and all are told that one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from sqlalchemy import select

from server.accounts.access import Principal
from server.domain.errors import Draining
from server.local.engines import EngineUrls
from server.persistence.conversations import MessageRow
from server.persistence.database import Database
from server.turns.engine import Started
from tests.server.turns.long_answers import stubbed
from tests.server.turns.scene import Client, books_balance, stored
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.turns import Harness, turn_harness


@dataclass
class Race:
    """One turn of ``owner``, and another process that has its own ideas."""

    owner: Harness
    other: Harness
    caller: Principal
    started: Started

    async def cancel(self) -> None:
        await self.owner.engine.cancel(self.caller, self.started.event.turn_id)

    async def cancel_elsewhere(self) -> None:
        await self.other.engine.cancel(self.caller, self.started.event.turn_id)
        await self.owner.process.turns.watch.look()

    async def reap(self) -> None:
        await self.other.process.turns.leases.reap(all_others=True)

    async def drain(self) -> None:
        run = self.owner.engine.live.run(self.started.event.turn_id)
        if run is not None:
            run.stop(Draining("The server was restarted."))

    async def look(self) -> None:
        await self.owner.process.turns.watch.look()


ACTIONS: tuple[Callable[[Race], Awaitable[None]], ...] = (
    Race.cancel,
    Race.cancel_elsewhere,
    Race.reap,
    Race.drain,
    Race.look,
)
WHO_ENDS = {
    "turn.completed": None,
    "turn.cancelled": None,
    "turn.failed": {"worker_lost", "draining", "provider_error"},
}

plays = st.sampled_from(["x", "[demo: fail after 9] x", "[demo: long 400] x", "[demo: slow] x"])
moments = st.sampled_from([0, 1, 2, 4, 8, 16, 32, 64, 128])
"""Turns of the loop before somebody acts."""


@pytest_asyncio.fixture
async def pair(turns: Harness, migrated: EngineUrls) -> AsyncIterator[tuple[Harness, Harness]]:
    async with turn_harness(migrated) as other:
        yield turns, other


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(plays, st.lists(st.tuples(st.sampled_from(ACTIONS), moments), min_size=1, max_size=5))
async def test_whoever_ends_it_there_is_one_outcome_and_all_hear_the_same(
    pair: tuple[Harness, Harness],
    database: Database,
    play: str,
    acts: list[tuple[Callable[[Race], Awaitable[None]], int]],
) -> None:
    owner, other = pair
    caller = await owner.person(credits=50)
    started = await owner.say(caller, play)
    race = Race(owner, other, caller, started)
    there = (await other.engine.attach(caller, started.event.turn_id, 0)).cursor

    async def act(action: Callable[[Race], Awaitable[None]], after: int) -> None:
        for _ in range(after):
            await asyncio.sleep(0)
        await action(race)

    await asyncio.gather(*(act(*each) for each in acts))
    await race.cancel()  # if nobody has ended it: all that can happen now is one more end

    async def is_over() -> Any:
        await race.look()
        return started.cursor.outcome

    outcome = await eventually(is_over)
    assert await other.end(there) == outcome
    await check(database, race, outcome)


async def check(database: Database, race: Race, outcome: dict[str, Any]) -> None:
    caller, started = race.caller, race.started
    turn = await stored(database, caller, started.event.turn_id)
    assert (turn.outcome, turn.seq) == (outcome, outcome["seq"])
    allowed = WHO_ENDS[outcome["type"]]
    assert allowed is None or outcome["error"]["code"] in allowed
    if outcome.get("error", {}).get("code") == "worker_lost":
        assert turn.fence > 1
    texts = set()
    for harness in (race.owner, race.other):
        client = Client()
        client.receive((await harness.engine.attach(caller, turn.id, 0)).cursor)
        assert (client.ended, client.last) == (True, outcome["seq"])
        texts.add(client.text)
    async with database.snapshot() as tx:
        said = list(
            await tx.scalars(select(MessageRow.text).where(MessageRow.id == turn.message_id))
        )
    assert texts == set(said or [""])
    if outcome["type"] != "turn.completed":
        assert outcome["balance"]["held"] == "0"
    await books_balance(database)


@pytest.mark.parametrize("is_here", [True, False], ids=["here", "elsewhere"])
async def test_a_cancel_is_told_when_the_stream_is_closed_with_its_place_and_its_price(
    migrated: EngineUrls, database: Database, redis: Redis, is_here: bool
) -> None:
    async with (
        OpenAIStub() as stub,
        stubbed(migrated, stub) as owner,
        stubbed(migrated, stub) as other,
    ):
        caller = await owner.person()
        started = await owner.say(caller, "[stub: tokens=5000 gap=0.01]")
        await eventually(lambda: len(started.cursor.text) > 20)
        await (owner if is_here else other).engine.cancel(caller, started.event.turn_id)
        await owner.process.turns.watch.look()
        outcome = await owner.end(started.cursor)
        # The owner closed it first: by now the other end has noticed, or does at once.
        (exchange,) = stub.exchanges
        await exchange.client_left(0.25)
        assert (outcome["type"], outcome["seq"]) == ("turn.cancelled", started.cursor.seq)
        (call,) = outcome["receipt"]["calls"]
        assert (call["outcome"], call["usageSource"]) == ("cancelled", "estimated")
        assert outcome["receipt"]["charged"] == call["charged"] != "0"
        assert exchange.text.startswith(started.cursor.text)
        await books_balance(database)
