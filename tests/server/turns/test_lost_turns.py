"""What is kept and told of a turn whose process died, whatever its journal still has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import select, update

from agents.tokens import count_text
from billing.pricing import cost
from server.accounts.access import Principal
from server.domain.clock import utc_now
from server.domain.usage import Usage
from server.local.engines import EngineUrls
from server.persistence import conversations
from server.persistence.conversations import MessageRow
from server.persistence.database import Database
from server.persistence.outbox import OutboxRow
from server.persistence.ownership import request_cancel_in
from server.persistence.redis import journal_key
from server.persistence.turns import Turn, TurnRow, request_cancel
from server.protocol.codec import encode
from server.protocol.events import TurnReasoning
from server.turns.engine import Started
from server.turns.reaper import SEQ_GAP
from tests.server.turns.scene import Client, books_balance, count, nanos, one, stored
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


@dataclass
class Lost:
    """A turn that a process was running, and the other one, which will end it."""

    first: Harness
    second: Harness
    caller: Principal
    started: Started
    database: Database

    async def reap(self) -> Turn:
        assert await self.second.process.turns.leases.reap(all_others=True) == 1
        turn = await stored(self.database, self.caller, self.started.event.turn_id)
        assert turn.outcome is not None
        assert (turn.outcome["type"], turn.outcome["error"]["code"]) == (
            "turn.failed",
            "worker_lost",
        )
        assert turn.outcome["receipt"]["charged"] == "0"
        assert turn.outcome["receipt"]["released"] == turn.outcome["receipt"]["held"]
        assert turn.outcome["balance"] == {"credits": "9", "held": "0", "spendable": "9"}
        await books_balance(self.database)
        return turn

    async def message(self) -> Any:
        query = select(MessageRow.text, MessageRow.state)
        answer = query.where(MessageRow.id == self.started.event.message_id)
        return tuple(await one(self.database, answer))


@asynccontextmanager
async def running(
    migrated: EngineUrls, database: Database, prompt: str = LONG
) -> AsyncIterator[Lost]:
    """One that has said something, all of it in the journal; it says no more."""
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person(credits=9)
        started = await first.say(caller, prompt)
        await eventually(lambda: started.cursor.text)
        await first.process.turns.journal.flush()
        yield Lost(first, second, caller, started, database)


async def test_its_cost_is_that_of_its_text_at_the_price_of_its_admission(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with running(migrated, database) as lost:
        run = lost.first.engine.live.run(lost.started.event.turn_id)
        assert run is not None
        turn = await lost.reap()
        said, state = await lost.message()
        assert (state, said) == ("failed", lost.started.cursor.text[: len(said)])
        assert said
        assert turn.outcome is not None
        (call,) = turn.outcome["receipt"]["calls"]
        used = Usage(input_tokens=run.plan.fitted.input_tokens, output_tokens=count_text(said))
        assert (call["inputTokens"], call["outputTokens"]) == (
            used.input_tokens,
            used.output_tokens,
        )
        assert nanos(call["costUsd"]) == cost(used, run.plan.price) > 0
        assert (call["usageSource"], call["outcome"]) == ("estimated", "failed")
        (event,) = [row.payload for row in [await one(database, select(OutboxRow.payload))]]
        assert (event["charged"], event["costUsd"]) == (0, nanos(call["costUsd"]))


async def test_calls_that_had_ended_are_known_without_its_journal(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with running(migrated, database, "[demo: tool current_time 2] " + LONG) as lost:
        run = lost.first.engine.live.run(lost.started.event.turn_id)
        assert run is not None
        made = [str(call.call_id) for call in run.meter.calls]
        await redis.flushdb()
        turn = await lost.reap()
        assert turn.outcome is not None
        *ended, last = turn.outcome["receipt"]["calls"]
        assert [call["callId"] for call in ended] == made
        assert [call["outcome"] for call in ended] == ["ok", "ok"]
        assert (last["outcome"], last["outputTokens"]) == ("failed", 0)
        assert await count(database, OutboxRow) == 3


async def test_one_that_was_only_admitted_had_made_no_call(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with running(migrated, database) as lost:
        await redis.flushdb()
        async with database.transaction() as tx:
            await tx.execute(update(TurnRow).values(state="admitted"))
        turn = await lost.reap()
        assert turn.outcome is not None
        assert turn.outcome["receipt"]["calls"] == []
        assert turn.outcome["partial"] is False
        assert await count(database, OutboxRow) == 0


async def test_one_that_ran_and_said_nothing_yet_had_made_its_call(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person(credits=9)
        started = await first.say(caller, "[demo: slow] x")

        async def is_running() -> bool:
            return (await stored(database, caller, started.event.turn_id)).state == "running"

        await eventually(is_running)
        turn = await Lost(first, second, caller, started, database).reap()
        assert turn.outcome is not None
        (call,) = turn.outcome["receipt"]["calls"]
        assert call["inputTokens"] > 0 == call["outputTokens"]
        assert nanos(call["costUsd"]) > 0
        assert turn.outcome["partial"] is False
        assert await count(database, MessageRow, MessageRow.role == "assistant") == 0


async def test_one_whose_journal_was_flushed_is_ended_without_its_text(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with running(migrated, database) as lost:
        follower = await lost.second.engine.attach(lost.caller, lost.started.event.turn_id, 0)
        client = Client()
        client.receive(follower.cursor)
        ahead = await lost.second.engine.attach(lost.caller, lost.started.event.turn_id, 5_000)
        await lost.first.process.turns.journal.flush()
        await redis.flushdb()
        turn = await lost.reap()
        assert turn.outcome is not None
        assert (turn.outcome["seq"], turn.outcome["partial"]) == (1 + SEQ_GAP + 1, False)
        # Authoritative for whoever saw more, also for one that seems to have seen the future.
        await lost.second.end(follower.cursor)
        client.receive(follower.cursor)
        assert (client.text, client.ended, client.last) == ("", True, turn.outcome["seq"])
        late = Client(5_000)
        late.receive(ahead.cursor)
        assert (late.ended, late.snapshots, late.last) == (True, 1, turn.outcome["seq"])


async def test_a_hole_in_the_journal_ends_what_is_known_there(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with running(migrated, database) as lost:
        key = journal_key(lost.started.event.turn_id)

        async def has_four() -> bool:
            return await redis.xlen(key) >= 4

        await eventually(has_four)
        assert await redis.xdel(key, b"0-3") == 1
        await lost.reap()
        said, _ = await lost.message()
        assert lost.started.cursor.text.startswith(said)
        assert 0 < len(said) < len(lost.started.cursor.text)


async def test_what_it_told_of_its_reasoning_is_counted_as_output(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with running(migrated, database) as lost:
        run = lost.first.engine.live.run(lost.started.event.turn_id)
        assert run is not None
        thought = "Let me think about that for quite a while."
        told = TurnReasoning(turn_id=run.turn.id, seq=run.buffer.seq + 1, text=thought)
        run.buffer.event("turn.reasoning", encode(told))
        await lost.first.process.turns.journal.flush()
        turn = await lost.reap()
        said, _ = await lost.message()
        assert turn.outcome is not None
        (call,) = turn.outcome["receipt"]["calls"]
        assert call["reasoningTokens"] == count_text(thought)
        assert call["outputTokens"] == count_text(said) + count_text(thought)


async def test_a_wish_to_stop_it_or_a_deleted_conversation_changes_nothing(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with running(migrated, database) as lost:
        services, user = lost.second.process.services, lost.caller.user_id
        async with database.transaction() as tx:
            # As it is written down: its owner is not there to be rung.
            await request_cancel(tx, lost.started.event.turn_id, user)
            await request_cancel_in(tx, lost.started.event.conversation_id, user)
            assert await conversations.remove(
                tx, lost.started.event.conversation_id, lost.caller.user_id, services.clock()
            )
        await lost.reap()


async def test_clocks_that_differ_between_hosts_change_no_figure(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with running(migrated, database) as lost:
        reaper = lost.second.process.turns.leases._reaper
        reaper._clock = lambda: utc_now() - timedelta(days=40)
        turn = await lost.reap()
        (row,) = [await one(database, select(OutboxRow.payload))]
        assert row.payload["durationMs"] == 0
        assert row.payload["month"] == turn.month.isoformat()
