"""Whoever may stop a turn stops it, whichever process runs it and whatever is away."""

import pytest
from redis.asyncio import Redis

from server.accounts.access import Scope
from server.domain.errors import Forbidden, NotFound
from server.domain.turn import TurnState
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.turns import leases
from tests.server.turns.scene import Client, books_balance, micros
from tests.support.eventually import eventually
from tests.support.turns import turn_harness
from tests.support.valkey import own_valkey

LONG = "[demo: slow] [demo: long 5000] x"


@pytest.fixture
def _no_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrives now arrives by the bell."""
    monkeypatch.setattr(leases, "BEAT_S", 3_600.0)


@pytest.mark.usefixtures("_no_heartbeat")
async def test_a_cancel_asked_of_another_process_needs_no_heartbeat(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as owner, turn_harness(migrated) as other:
        caller = await owner.person()
        started = await owner.say(caller, LONG)
        turn = started.event.turn_id
        await eventually(lambda: started.cursor.text)
        attached = await other.engine.attach(caller, turn, 0)
        assert await other.engine.cancel(caller, turn) is TurnState.RUNNING
        here, there = await owner.end(started.cursor), await other.end(attached.cursor)
        # Followers of both hear where it stopped and what it cost, once the provider is closed.
        assert here == there
        assert here["type"] == "turn.cancelled"
        assert micros(here["receipt"]["charged"]) > 0
        client = Client()
        client.receive(attached.cursor)
        assert (client.last, client.text) == (here["seq"], started.cursor.text)
        assert await other.engine.cancel(caller, turn) is TurnState.CANCELLED
    await books_balance(database)


@pytest.mark.usefixtures("_no_heartbeat")
async def test_deleting_a_conversation_stops_what_runs_there_in_every_process(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        before = await first.say(caller, "x")
        await first.end(before.cursor)
        conversation = before.event.conversation_id
        here = await first.say(caller, LONG, conversation_id=conversation)
        there = await second.say(caller, LONG, conversation_id=conversation, parent_id=None)
        elsewhere = await second.say(caller, LONG)
        await first.engine.cancel_conversation(caller.user_id, conversation)
        assert here.cursor.outcome is not None
        assert (await second.end(there.cursor))["type"] == "turn.cancelled"
        # Asked again, as the route does that has noted the wish before: rung again, no harm done.
        await first.engine.cancel_conversation(caller.user_id, conversation)
        assert elsewhere.cursor.outcome is None


@pytest.mark.usefixtures("_no_heartbeat")
async def test_nobody_else_s_turn_is_stopped_by_anybody(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as owner, turn_harness(migrated) as other:
        caller, stranger = await owner.person(), await owner.person()
        started = await owner.say(caller, LONG)
        reader = type(caller)(
            **{
                **{name: getattr(caller, name) for name in caller.__struct_fields__},
                "scopes": frozenset({Scope.READ}),
            }
        )
        for harness in (owner, other):
            with pytest.raises(NotFound):
                await harness.engine.cancel(stranger, started.event.turn_id)
            with pytest.raises(Forbidden):
                await harness.engine.cancel(reader, started.event.turn_id)
        await other.engine.cancel_conversation(stranger.user_id, started.event.conversation_id)
        # Behind whatever those may have rung.
        await other.engine.cancel(caller, started.event.turn_id)
        assert (await owner.end(started.cursor))["type"] == "turn.cancelled"


async def test_without_redis_the_owner_s_heartbeat_finds_the_wish(
    migrated: EngineUrls, database: Database
) -> None:
    async with own_valkey() as valkey:
        urls = EngineUrls(database_url=migrated.database_url, redis_url=valkey.url)
        async with turn_harness(urls) as owner, turn_harness(urls) as other:
            caller = await owner.person()
            started = await owner.say(caller, LONG)
            await eventually(lambda: started.cursor.text)
            valkey.kill()
            assert await other.engine.cancel(caller, started.event.turn_id) is TurnState.RUNNING
            outcome = await owner.end(started.cursor)
            assert outcome["type"] == "turn.cancelled"
        await books_balance(database)
