"""A process that has too much to do refuses what is new; what was admitted never notices."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from server.domain.errors import Overloaded
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from server.turns import load
from server.turns.engine import PLACES, Started
from server.turns.load import Level
from server.turns.oneshot import Purpose
from tests.server.turns.scene import books_balance, count
from tests.support.blocking import blocked_to
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"
BRIEF = "[demo: slow] [demo: long 16] x"
"""Five seconds."""
TOO_LATE_S = 0.05
"""The loop is blocked to more than that."""
CROWDED_S = 0.6
"""The loop is blocked to more than a fifth of it."""


async def test_new_turns_are_refused_and_running_ones_end_as_ever(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated, overload_lag_seconds=TOO_LATE_S) as here:
        caller, newcomer, message = await here.person(), await here.person(), new_id()
        running = await here.say(caller, BRIEF, client_message_id=message)
        async with blocked_to(Level.OVERLOADED, here.engine.guard):
            for person in (caller, newcomer):
                with pytest.raises(Overloaded) as refused:
                    await here.say(person, "x")
                assert (refused.value.retry_after or 0) >= 1
                assert refused.value.metadata["measured"] == "loop_lag_ms"
            repeat = asyncio.create_task(here.say(caller, BRIEF, client_message_id=message))
            await asyncio.sleep(0)  # the guard has seen it
            with pytest.raises(Overloaded):
                await here.process.turns.generation.generate_text_with_billing(
                    "Hello",
                    Purpose(
                        creator_id=newcomer.user_id,
                        feature="title",
                        agent_id="title",
                        correlation_id="c",
                    ),
                )
        assert await count(database, TurnRow) == 1
        again = await repeat
        assert (again.existing, again.event.turn_id) == (True, running.event.turn_id)
        outcome = await here.end(running.cursor)
        assert (outcome["type"], outcome["finishReason"]) == ("turn.completed", "stop")
        assert float(outcome["receipt"]["charged"]) > 0
        assert (await here.answer(newcomer, "x"))["type"] == "turn.completed"
    await books_balance(database)


async def test_while_it_is_busy_users_share(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated, overload_lag_seconds=CROWDED_S) as here:
        greedy, modest, newcomer = [await here.person() for _ in range(3)]
        for person in (greedy, greedy, greedy, greedy, modest):
            await here.say(person, LONG)
        async with blocked_to(Level.BUSY, here.engine.guard):
            with pytest.raises(Overloaded) as refused:
                await here.say(greedy, "x")
            asked = [asyncio.create_task(here.say(modest, LONG))]
            asked += [asyncio.create_task(here.say(newcomer, LONG)) for _ in range(12)]
            await asyncio.sleep(0)  # the guard has seen them
        assert refused.value.metadata["measured"] == "running_turns"
        assert (refused.value.metadata["value"], refused.value.metadata["limit"]) == (4, 4)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        too_many = [one for one in answers if isinstance(one, Overloaded)]
        # With seven of theirs it is 13 turns of three users: a half more than four each is six.
        assert [type(one) for one in answers[:8]] == [Started] * 8
        assert [one.metadata["value"] for one in too_many] == [7] * 5


async def test_of_those_who_come_in_one_moment_no_more_are_let_in_than_there_is_room_for(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "ARRIVING_MAX", 4)
    async with turn_harness(migrated, overload_lag_seconds=60) as here:
        caller = await here.person()
        asked: list[Any] = await asyncio.gather(
            *(here.answer(caller, "x") for _ in range(6)), return_exceptions=True
        )
        assert [one["type"] for one in asked[:4]] == ["turn.completed"] * 4
        assert [type(one) for one in asked[4:]] == [Overloaded, Overloaded]
        figures = here.process.services.metrics.exposition()[0].decode()
        assert 'turns_refused_total{level="overloaded"} 2.0' in figures
        assert (await here.answer(caller, "x"))["type"] == "turn.completed"


async def test_who_repeats_a_message_takes_no_room_from_others(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "ARRIVING_MAX", 4)
    async with turn_harness(migrated, overload_lag_seconds=60) as here:
        insistent, other, message = await here.person(), await here.person(), new_id()
        asked = [
            asyncio.create_task(here.say(insistent, BRIEF, client_message_id=message))
            for _ in range(6)
        ]
        await asyncio.sleep(0)  # the guard has seen them
        assert (await here.answer(other, "x"))["type"] == "turn.completed"
        started = [await task for task in asked]
        assert len({one.event.turn_id for one in started}) == 1


async def test_those_who_want_in_leave_connections_to_those_who_run(
    turns: Harness, database: Database
) -> None:
    async def waiting() -> int:
        async with database.snapshot() as tx:
            query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            return int(await tx.scalar(query) or 0)

    async def all_places_are_taken() -> bool:
        return await waiting() == PLACES

    blocked, other = await turns.person(), await turns.person()
    running = await turns.say(other, LONG)
    async with database.transaction() as tx:
        await tx.execute(
            text("SELECT 1 FROM accounts WHERE id = :id FOR UPDATE"), {"id": blocked.account_id}
        )
        asked = [asyncio.create_task(turns.answer(blocked, "x")) for _ in range(2 * PLACES)]
        await eventually(all_places_are_taken)
        assert max([await waiting() for _ in range(20)]) <= PLACES
        await turns.engine.cancel(other, running.event.turn_id)
        await turns.end(running.cursor)
        assert not any(task.done() for task in asked)
    assert [(await task)["type"] for task in asked] == ["turn.completed"] * len(asked)
