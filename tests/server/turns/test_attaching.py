"""A turn's events are found wherever they are: in memory, in a journal, in the database."""

import asyncio

import pytest
from redis.asyncio import Redis

from agents.providers.demo import Pacing
from agents.providers.load import ProviderSettings
from server.domain.errors import NotFound
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.redis import journal_key
from server.turns import attaching, quiet
from server.turns.attaching import restore
from tests.server.turns.scene import Client, stored
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


async def test_events_are_numbered_from_one_without_a_gap(turns: Harness) -> None:
    caller = await turns.person()
    started = await turns.say(caller, "Hello")
    await turns.end(started.cursor)
    attached = await turns.engine.attach(caller, started.event.turn_id, 0)
    client = Client()
    client.receive(attached.cursor)
    assert (client.last, client.ended, client.snapshots) == (attached.seq, True, 0)
    assert client.text == started.cursor.text


async def test_somebody_else_s_turn_is_not_found_wherever_it_is(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as here, turn_harness(migrated) as elsewhere:
        owner, stranger = await here.person(), await here.person()
        running = await here.say(owner, "[demo: slow] x")
        ended = await here.say(owner, "x")
        await here.end(ended.cursor)
        for turn in (running.event.turn_id, ended.event.turn_id):
            for harness in (here, elsewhere):
                with pytest.raises(NotFound):
                    await harness.engine.attach(stranger, turn, 0)


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, the end of a turn is waited for."""
    monkeypatch.setattr(attaching, "JOURNALED_S", 3_600.0)
    monkeypatch.setattr(quiet, "LOOK_S", 3_600.0)


@pytest.mark.usefixtures("patience")
async def test_leaving_and_attaching_in_another_process_misses_and_repeats_nothing(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    flowing = ProviderSettings(demo_pacing=Pacing(tokens_per_s=700, first_token_s=0))
    async with (
        turn_harness(migrated, providers=flowing) as first,
        turn_harness(migrated) as second,
    ):
        caller = await first.person()
        started = await first.say(caller, "[demo: long 700] x")
        client, turn = Client(last=1), started.event.turn_id
        harnesses = [first, second]
        while not client.ended:
            harness = harnesses[client.last % 2]
            attached = await harness.engine.attach(caller, turn, client.last)
            client.receive(attached.cursor)
            await asyncio.sleep(0.005)
        assert (client.text, client.snapshots) == (started.cursor.text, 0)


@pytest.mark.usefixtures("patience")
@pytest.mark.parametrize("is_begun", [False, True])
async def test_an_end_that_the_journal_does_not_have_yet_is_waited_for(
    migrated: EngineUrls, database: Database, redis: Redis, is_begun: bool
) -> None:
    async with turn_harness(migrated) as owner, turn_harness(migrated) as other:
        caller = await owner.person()
        journal, followers = owner.process.turns.journal, other.process.turns.followers
        if not is_begun:
            await journal._appending.acquire()
        started = await owner.say(caller, LONG)
        turn = started.event.turn_id
        if is_begun:
            await eventually(lambda: started.cursor.text)
            await journal.flush()
            await journal._appending.acquire()
        await owner.engine.cancel(caller, turn)
        outcome = await owner.end(started.cursor)
        asked = asyncio.create_task(other.engine.attach(caller, turn, 0))
        await eventually(lambda: followers.replicas or asked.done())
        assert not asked.done()
        journal._appending.release()
        client = Client()
        client.receive((await asked).cursor)
        assert (client.text, client.last) == (started.cursor.text, outcome["seq"])
        assert (client.ended, client.snapshots) == (True, 0)


async def test_an_end_that_the_journal_never_gets_comes_from_the_database(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet, "LOOK_S", 3_600.0)
    monkeypatch.setattr(attaching, "JOURNALED_S", 0.5)
    async with turn_harness(migrated) as owner, turn_harness(migrated) as other:
        caller = await owner.person()
        started = await owner.say(caller, LONG)
        turn = started.event.turn_id
        await eventually(lambda: started.cursor.text)
        await owner.process.turns.journal.flush()
        async with owner.process.turns.journal._appending:
            await owner.engine.cancel(caller, turn)
            outcome = await owner.end(started.cursor)
            for _ in range(2):  # the second one is not waited for any more
                client = Client()
                client.receive((await other.engine.attach(caller, turn, 0)).cursor)
                assert (client.text, client.last) == (started.cursor.text, outcome["seq"])
                assert (client.ended, client.snapshots) == (True, 1)


async def test_an_ended_turn_comes_from_its_journal_and_then_from_the_database(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        started = await first.say(caller, "Hello")
        outcome = await first.end(started.cursor)
        turn = started.event.turn_id
        await eventually(lambda: redis.exists(journal_key(turn)))
        await first.process.turns.journal.flush()
        from_journal, from_database = Client(), Client()
        from_journal.receive((await second.engine.attach(caller, turn, 0)).cursor)
        assert from_journal.snapshots == 0
        await redis.flushdb()
        monkeypatch.setattr(attaching, "JOURNALED_S", 0.0)  # as if that were long ago
        attached = await second.engine.attach(caller, turn, 0)
        from_database.receive(attached.cursor)
        assert from_database.snapshots == 1
        for client in (from_journal, from_database):
            assert (client.text, client.last) == (started.cursor.text, outcome["seq"])
            assert client.ended


async def test_a_journal_that_cannot_be_read_is_no_error(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        started = await first.say(caller, "Hello")
        await first.end(started.cursor)
        turn = started.event.turn_id
        await first.process.turns.journal.flush()
        row = await stored(database, caller, turn)
        rebuilt = await restore(first.process.turns.journal, row)
        assert rebuilt is not None
        assert rebuilt.text == started.cursor.text
        await redis.delete(journal_key(turn))
        await redis.xadd(
            journal_key(turn), {"first": 1, "kind": "delta", "data": b"\xc1"}, id="0-1"
        )
        client = Client()
        client.receive((await second.engine.attach(caller, turn, 0)).cursor)
        assert (client.text, client.ended) == (started.cursor.text, True)
