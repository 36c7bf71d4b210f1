"""A turn is run to its only outcome, whatever fails around it."""

import asyncio
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import select, text

from server.accounts.access import Principal
from server.domain.turn import TurnState
from server.local.engines import EngineUrls
from server.persistence.conversations import ConversationRow, MessageRow
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from tests.billing.support import BOUNDS, uses_of
from tests.server.turns.proxy import proxied
from tests.server.turns.scene import books_balance, count, one, stored
from tests.support.commands import round_trips_of
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


async def test_a_turn_goes_on_while_the_database_is_away_and_ends_when_it_is_back(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with proxied(migrated) as (proxy, urls), turn_harness(urls) as harness:
        caller = await harness.person()
        started = await harness.say(caller, LONG)
        await eventually(lambda: started.cursor.text)
        proxy.cut()
        before = len(started.cursor.text)
        await eventually(lambda: len(started.cursor.text) > before)
        assert await harness.engine.cancel(caller, started.event.turn_id) is TurnState.RUNNING
        ending = asyncio.create_task(harness.end(started.cursor))
        await asyncio.wait({ending}, timeout=0.8)
        assert not ending.done()
        proxy.is_down = False
        assert (await ending)["type"] == "turn.cancelled"
        await books_balance(database)


async def test_a_lost_reply_to_the_commit_of_an_end_is_asked_for_again(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with proxied(migrated) as (proxy, urls), turn_harness(urls) as harness:
        caller = await harness.person()
        proxy.lose_commit(of=b"INSERT INTO outbox")
        outcome = await harness.answer(caller, "Hello")
        assert proxy.lost == 1
        turn = await stored(database, caller, outcome["turnId"])
        assert (turn.outcome, turn.state) == (outcome, TurnState.COMPLETED)
        await books_balance(database)


async def test_an_end_that_the_database_refuses_is_a_failure_of_ours(
    turns: Harness, database: Database
) -> None:
    await constrain(
        database,
        "ALTER TABLE messages ADD CONSTRAINT t CHECK (state <> 'complete' OR role = 'user')",
    )
    try:
        caller = await turns.person(credits=9)
        outcome = await turns.answer(caller, "Hello")
    finally:
        await constrain(database, "ALTER TABLE messages DROP CONSTRAINT t")
    assert (outcome["type"], outcome["error"]["code"]) == ("turn.failed", "internal")
    assert outcome["partial"] is True
    assert outcome["balance"] == {"credits": "9", "held": "0", "spendable": "9"}
    assert len(outcome["receipt"]["calls"]) == 1
    assert await count(database, MessageRow, MessageRow.state == "failed") == 1
    await books_balance(database)


async def test_one_whose_content_cannot_be_stored_ends_without_it(
    turns: Harness, database: Database
) -> None:
    await constrain(database, "ALTER TABLE messages ADD CONSTRAINT t CHECK (role = 'user')")
    try:
        caller = await turns.person(credits=9)
        outcome = await turns.answer(caller, "Hello")
    finally:
        await constrain(database, "ALTER TABLE messages DROP CONSTRAINT t")
    assert (outcome["type"], outcome["partial"]) == ("turn.failed", False)
    assert outcome["receipt"]["calls"] == []
    await books_balance(database)


async def test_one_that_cannot_be_ended_at_all_is_ended_by_the_next_beat_that_can(
    turns: Harness, database: Database
) -> None:
    await constrain(database, "ALTER TABLE turns ADD CONSTRAINT t CHECK (outcome IS NULL)")
    try:
        caller = await turns.person(credits=9)
        started = await turns.say(caller, "Hello")
        run = turns.engine.live.run(started.event.turn_id)
        assert run is not None
        await run.ended.wait()
        await turns.process.turns.leases.beat()
        assert started.cursor.outcome is None
    finally:
        await constrain(database, "ALTER TABLE turns DROP CONSTRAINT t")
    await turns.process.turns.leases.beat()
    outcome = await turns.end(started.cursor)
    assert (outcome["type"], outcome["balance"]["credits"]) == ("turn.failed", "9")
    assert started.cursor.text
    assert turns.engine.live.lost == []
    await books_balance(database)


async def constrain(database: Database, statement: str) -> None:
    async with database.transaction() as tx:
        await tx.execute(text(statement))


async def test_a_turn_goes_on_while_redis_is_away(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()
    started = await turns.say(caller, LONG)
    await eventually(lambda: started.cursor.text)
    # Valkey then answers nobody, not even whoever would end the pause.
    await redis.client_pause(3_000, all=True)
    before = len(started.cursor.text)
    await eventually(lambda: len(started.cursor.text) > before)
    await turns.engine.cancel(caller, started.event.turn_id)
    assert (await turns.end(started.cursor))["type"] == "turn.cancelled"

    async def is_journaled() -> bool:
        try:
            journaled = await turns.process.turns.journal.read(started.event.turn_id)
        except RedisError:
            return False
        return journaled is not None and journaled.state is TurnState.CANCELLED

    assert await eventually(is_journaled, deadline_s=20)
    await books_balance(database)


async def test_stopping_twice_or_after_the_end_changes_nothing(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    started = await turns.say(caller, LONG)
    turn = started.event.turn_id
    states = await asyncio.gather(*(turns.engine.cancel(caller, turn) for _ in range(5)))
    assert set(states) <= {TurnState.ADMITTED, TurnState.RUNNING}
    outcome = await turns.end(started.cursor)
    assert outcome["type"] == "turn.cancelled"
    assert await turns.engine.cancel(caller, turn) is TurnState.CANCELLED
    assert (await stored(database, caller, turn)).outcome == outcome


async def test_a_turn_cancelled_before_its_agent_began_made_no_call(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person(credits=9)
    started = await turns.say(caller, "Hello")
    await turns.engine.cancel(caller, started.event.turn_id)
    outcome = await turns.end(started.cursor)
    assert outcome["type"] == "turn.cancelled"
    assert (outcome["receipt"]["calls"], outcome["receipt"]["charged"]) == ([], "0")
    assert "messageId" not in outcome
    await books_balance(database)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "x",
                    "[demo: fail] x",
                    "[demo: fail after 9] x",
                    "[demo: long 2600] x",
                    "[demo: slow] x",
                ]
            ),
            st.sampled_from([None, 0, 3, 40]),
        ),
        min_size=2,
        max_size=9,
    ),
    st.integers(3, 20),
)
async def test_credits_are_conserved_however_turns_interleave(
    turns: Harness, database: Database, plays: list[tuple[str, int | None]], credits: int
) -> None:
    caller = await turns.person(credits=credits)

    async def play(prompt: str, cancel_after: int | None) -> Any:
        started = await turns.say(caller, prompt)
        if cancel_after is not None or "slow" in prompt:
            for _ in range(cancel_after or 0):
                await asyncio.sleep(0)
            await turns.engine.cancel(caller, started.event.turn_id)
        return await turns.end(started.cursor)

    outcomes = await asyncio.gather(*(play(*each) for each in plays), return_exceptions=True)
    ended = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    assert {outcome["type"] for outcome in ended} <= {
        "turn.completed",
        "turn.cancelled",
        "turn.failed",
    }
    assert await count(database, TurnRow, TurnRow.user_id == caller.user_id) == len(ended)
    await books_balance(database)


async def test_what_a_turn_asks_of_the_database(turns: Harness, database: Database) -> None:
    caller = await turns.person()
    first = await turns.say(caller, "Hello")
    conversation = first.event.conversation_id
    await turns.end(first.cursor)
    await turns.engine.wait_idle(10)
    new = await cost_of_a_turn(turns, caller)
    asked = await cost_of_a_turn(turns, caller, conversation_id=conversation)
    await lengthen(database, conversation, by=1_000)
    assert await cost_of_a_turn(turns, caller, conversation_id=conversation) == asked
    # Plan 2: what it finds; history. Admission 3: turn; hold; message and tip. Running 1. End 5:
    # turn; its holds; their end; usage events; answer, conversation and outcome.
    assert asked == Cost(statements=11, round_trips=15, of_redis=2)
    assert new == asked  # no history, but the conversation


class Cost(NamedTuple):
    """From the question to the stored end. ``round_trips``: BEGIN and COMMIT as well; ``of_redis``:
    limits and slot, without the journal."""

    statements: int
    round_trips: int
    of_redis: int


async def cost_of_a_turn(turns: Harness, caller: Principal, **fields: Any) -> Cost:
    services = turns.process.services
    with uses_of(services.database) as uses, round_trips_of(services.redis) as sent_to_redis:
        await turns.answer(caller, "Hello", **fields)
        await turns.engine.wait_idle(10)
    asked = [
        use
        for use in uses
        if set(use) - BOUNDS and not any(word in sent for sent in use for word in BACKGROUND)
    ]
    return Cost(
        statements=len([sent for use in asked for sent in use if sent not in BOUNDS]),
        round_trips=sum(map(len, asked)),
        of_redis=len([words for words in sent_to_redis if "slots:" in words]),
    )


BACKGROUND = (
    "FROM outbox",
    "UPDATE outbox",
    "workers",
    "FROM prices",
    "pg_try",
    "boot_id = ",
    "ends_at <= now()",
)
"""What only the transactions of background tasks hold: relay, prices, leases, subscriptions."""


async def lengthen(database: Database, conversation: UUID, by: int) -> None:
    """Say so many messages more, cheaply."""
    await constrain(
        database,
        f"""
        WITH RECURSIVE old AS (
            SELECT m.* FROM messages m JOIN conversations c ON c.leaf_message_id = m.id
            WHERE c.id = '{conversation}'
        ), said AS (
            SELECT gen_random_uuid() AS id, old.id AS parent_id, 1 AS n FROM old
            UNION ALL SELECT gen_random_uuid(), said.id, n + 1 FROM said WHERE n < {by}
        ), written AS (
            INSERT INTO messages (id, conversation_id, parent_id, role, text, turn_id, state)
            SELECT said.id, old.conversation_id, said.parent_id,
                   CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END, 'Words.', old.turn_id,
                   'complete'
            FROM said, old
        )
        UPDATE conversations SET leaf_message_id = (SELECT id FROM said WHERE n = {by})
        WHERE id = '{conversation}'
        """,
    )
    row = await one(database, select(ConversationRow.leaf_message_id).filter_by(id=conversation))
    assert row.leaf_message_id is not None
    assert await count(database, MessageRow) > by
