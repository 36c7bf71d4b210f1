"""Whatever Redis does, the journal has all that was said once it is back, and nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from server.domain.turn import TurnState
from server.persistence.guardedredis import GuardedRedis
from server.persistence.redis import journal_key, open_redis
from server.turns.buffer import TurnBuffer
from server.turns.journal import Journal
from tests.server.turns.journals import journal_on, replica
from tests.server.turns.scene import buffer, end, write
from tests.support.eventually import eventually
from tests.support.proxy import Proxy, is_redis_write
from tests.support.valkey import Valkey, own_valkey


@pytest_asyncio.fixture
async def valkey() -> AsyncIterator[Valkey]:
    async with own_valkey() as started:
        yield started


@pytest_asyncio.fixture
async def client(valkey: Valkey) -> AsyncIterator[GuardedRedis]:
    async with open_redis(valkey.url) as opened:
        yield opened


async def begun(journal: Journal) -> TurnBuffer:
    turn = buffer()
    journal.open(turn, fence=1)
    write(turn, None)
    write(turn, "before ")
    assert await journal.flush()
    return turn


async def is_whole(journal: Journal, turn: TurnBuffer) -> bool:
    if not await journal.flush():
        return False
    journaled = await journal.read(turn.turn_id)
    return journaled is not None and journaled.seq == turn.seq


async def test_an_append_whose_reply_was_lost_is_there_once(valkey: Valkey, redis: Redis) -> None:
    proxy = Proxy(lambda: asyncio.open_unix_connection(str(valkey.socket)), is_redis_write)
    await proxy.start()
    async with open_redis(f"redis://127.0.0.1:{proxy.port}/0") as behind:
        journal, _ = journal_on(behind)
        turn = await begun(journal)
        proxy.lose_replies(1)
        write(turn, "once")
        assert not await journal.flush()
        write(turn, " only")
        assert await journal.flush()
        journaled = await journal.read(turn.turn_id)
        assert journaled is not None
        assert [entry.last for entry in journaled.entries] == [1, 2, 3, 4]
        assert replica(turn, journaled).text == "before once only"
    assert proxy.lost == 1
    await proxy.stop()


async def test_after_a_restart_without_its_data_all_of_it_is_there(
    valkey: Valkey, client: GuardedRedis
) -> None:
    journal, _ = journal_on(client)
    turn = await begun(journal)
    valkey.kill()
    write(turn, "while it was away ")
    assert not await journal.flush()
    await valkey.start()
    write(turn, "and after")
    end(turn)
    await eventually(lambda: is_whole(journal, turn))
    copy = replica(turn, await journal.read(turn.turn_id))
    assert (copy.text, copy.state) == ("before while it was away and after", TurnState.COMPLETED)


async def test_a_restart_between_two_batches_goes_unnoticed(
    valkey: Valkey, client: GuardedRedis
) -> None:
    journal, _ = journal_on(client)
    turn = await begun(journal)
    valkey.kill()
    await valkey.start()
    write(turn, "after")
    await eventually(lambda: is_whole(journal, turn))
    assert replica(turn, await journal.read(turn.turn_id)).text == "before after"


async def test_what_is_said_while_redis_hangs_is_written_when_it_goes_on(
    valkey: Valkey, client: GuardedRedis
) -> None:
    journal, _ = journal_on(client)
    turn = await begun(journal)
    valkey.freeze()
    write(turn, "meanwhile ")
    assert not await journal.flush()
    for index in range(500):
        write(turn, f"{index} ")
        assert not await journal.flush()  # at once: it is not asked
    valkey.thaw()
    end(turn)
    await eventually(lambda: is_whole(journal, turn))
    copy = replica(turn, await journal.read(turn.turn_id))
    assert (copy.text, copy.has_ended) == (turn.text, True)


async def test_what_an_outage_has_piled_up_goes_in_pieces(
    valkey: Valkey, client: GuardedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.turns.writer.APPEND_BYTES", 10_000)
    monkeypatch.setattr("server.turns.writer.ENTRY_CHARACTERS", 2_000)
    monkeypatch.setattr("server.turns.journal.PIPELINE_BYTES", 20_000)
    journal, _ = journal_on(client)
    turns = [await begun(journal) for _ in range(5)]
    await client.config_resetstat()
    for turn in turns:
        for index in range(1_000):
            write(turn, f"{index:019} ")
        end(turn)
    assert await journal.flush()
    while journal._dirty:
        assert await journal.flush()
    for turn in turns:
        journaled = await journal.read(turn.turn_id)
        copy = replica(turn, journaled)
        assert (copy.text, copy.has_ended) == (turn.text, True)
        assert journaled is not None
        assert max(len(entry.data) for entry in journaled.entries) < 3_000
    asked: Any = await client.info("commandstats")
    calls = asked["cmdstat_evalsha"]["calls"]
    assert calls >= len(turns) * len(turns[0].text) / 12_000


async def test_pieces_that_were_taken_are_not_sent_again(
    valkey: Valkey, client: GuardedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many turns some are written when Redis goes; those are done with."""
    monkeypatch.setattr("server.turns.journal.PIPELINE_BYTES", 1)
    journal, _ = journal_on(client)
    turns = [await begun(journal) for _ in range(4)]
    for turn in turns:
        end(turn)
    third = journal_key(turns[2].turn_id)
    await client.rename(third, "aside")
    await client.set(third, "no stream")  # an error of Redis for that one turn
    assert not await journal.flush()
    assert len(journal._dirty) == 2  # the third, and the fourth behind it
    await client.rename("aside", third)
    for turn in turns:
        await eventually(partial(is_whole, journal, turn))
        assert replica(turn, await journal.read(turn.turn_id)).has_ended
