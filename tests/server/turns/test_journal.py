"""The journal repeats what a buffer said, once, through lost replies, flushes and other owners."""

import asyncio

import pytest
from redis.asyncio import Redis

from server.domain.turn import TurnState
from server.persistence.redis import journal_key, journal_state_key, open_redis
from server.turns.buffer import SNAPSHOT_CHARACTERS, Said
from server.turns.journal import BATCH_MOST_S, BATCH_S, PIPELINE_TURNS, pause_s
from server.turns.writer import CHECKPOINT_EVENTS
from tests.server.turns.journals import journal_on, replica
from tests.server.turns.scene import buffer, end, write
from tests.support.eventually import eventually


async def test_a_turn_is_read_back_as_it_was_told(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    write(turn, None)
    write(turn, "one ")
    assert await journal.flush()
    write(turn, "two ")
    write(turn, None)
    write(turn, "three")
    end(turn)
    assert await journal.flush()
    copy = replica(turn, await journal.read(turn.turn_id))
    assert (copy.seq, copy.text, copy.has_ended) == (turn.seq, "one two three", True)
    assert list(copy.frames(0)) == list(turn.frames(0))


async def test_who_said_it_is_read_back_too(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    for text in ("one ", Said("two ", "sales"), Said("three ", "sales"), Said("four", "messaging")):
        turn.delta(text)
    assert await journal.flush()
    turn.delta(Said(" five", "messaging"))
    end(turn)
    assert await journal.flush()
    copy = replica(turn, await journal.read(turn.turn_id))
    for after in range(turn.seq):
        assert list(copy.frames(after)) == list(turn.frames(after))
    assert b'"agent":"sales"' in next(iter(copy.frames(1))).data


async def test_a_turn_that_pauses_while_others_write_is_written_when_it_goes_on(
    redis: Redis,
) -> None:
    journal, _ = journal_on(redis)
    pausing, busy = buffer(), buffer()
    for turn in (pausing, busy):
        journal.open(turn, fence=1)
        write(turn, "begun ")
    assert await journal.flush()
    for _ in range(3):
        write(busy, "on ")
        assert await journal.flush()
    write(pausing, "goes on")
    assert await journal.flush()
    assert replica(pausing, await journal.read(pausing.turn_id)).text == "begun goes on"


async def test_what_is_said_while_a_batch_is_on_its_way_is_in_the_next(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    write(turn, "first ")
    flushing = asyncio.create_task(journal.flush())
    for index in range(20):
        await asyncio.sleep(0)
        write(turn, f"{index} ")
    end(turn)
    assert await flushing
    assert await journal.flush()
    copy = replica(turn, await journal.read(turn.turn_id))
    assert (copy.text, copy.has_ended) == (turn.text, True)


async def test_a_follower_that_keeps_up_sees_no_checkpoint(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn, position = buffer(), 0
    journal.open(turn, fence=1)
    for index in range(3 * CHECKPOINT_EVENTS):
        write(turn, f"{index} ")
        if index % 50 == 0:
            assert await journal.flush()
            journaled = await journal.read(turn.turn_id)
            assert journaled is not None
            tail = [entry for entry in journaled.entries if entry.last > position]
            assert tail[0].first <= position + 1
            position = journaled.seq
    assert journaled is not None
    assert journaled.base_seq > CHECKPOINT_EVENTS


async def test_scripts_that_were_flushed_are_loaded_again_at_once(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    write(turn, "one ")
    assert await journal.flush()
    await redis.script_flush()
    write(turn, "two")
    assert await journal.flush()
    assert replica(turn, await journal.read(turn.turn_id)).text == "one two"


async def test_ended_turns_that_wait_for_redis_are_bounded(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.turns.journal.ENDED_MAX", 3)
    journal, _ = journal_on(open_redis("unix:///nonexistent/valkey.sock"))
    running, ended = buffer(), [buffer() for _ in range(6)]
    journal.open(running, fence=1)
    for turn in ended:
        journal.open(turn, fence=1)
        end(turn)
        assert not await journal.flush()
    journal._redis = redis
    assert await journal.flush()
    kept = [await journal.read(turn.turn_id) is not None for turn in ended]
    assert kept == [False] * 3 + [True] * 3
    assert await journal.read(running.turn_id) is not None


async def test_a_flush_of_redis_costs_a_checkpoint_and_nothing_else(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    write(turn, "before ")
    assert await journal.flush()
    await redis.flushdb()
    write(turn, "after")
    while await journal.flush() and (await journal.read(turn.turn_id)) is None:
        write(turn, " flush")
    await journal.flush()
    journaled = await journal.read(turn.turn_id)
    assert journaled is not None
    assert journaled.seq == turn.seq
    assert replica(turn, journaled).text == turn.text


async def test_a_long_text_is_kept_so_that_no_replica_begins_with_too_much(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    for index in range(40):
        write(turn, f"{index:06}" * 1_000)
        assert await journal.flush()
    await redis.flushdb()
    write(turn, "after")
    for _ in range(3):
        assert await journal.flush()
    journaled = await journal.read(turn.turn_id)
    assert journaled is not None
    assert len(journaled.base_text) <= SNAPSHOT_CHARACTERS
    copy = replica(turn, journaled)
    assert (copy.text, copy.seq) == (turn.text, turn.seq)
    # Its numbers are the turn's own: who leaves one goes on at the other.
    assert list(copy.frames(copy.base_seq)) == list(turn.frames(copy.base_seq))


async def test_a_flush_just_before_the_end_keeps_text_and_outcome(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    write(turn, "all of it")
    assert await journal.flush()
    await redis.flushdb()
    end(turn)
    for _ in range(3):
        assert await journal.flush()
    copy = replica(turn, await journal.read(turn.turn_id))
    assert (copy.text, copy.has_ended, copy.seq) == ("all of it", True, turn.seq)


async def test_an_owner_whose_fence_was_raised_writes_nothing_and_hears_of_it(
    redis: Redis,
) -> None:
    journal, fenced = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    write(turn, "mine")
    assert await journal.flush()
    await redis.hset(journal_state_key(turn.turn_id), "fence", "2")
    write(turn, " no more")
    assert await journal.flush()
    assert fenced == [turn.turn_id]
    assert replica(turn, await journal.read(turn.turn_id)).text == "mine"


async def test_long_turns_are_trimmed_behind_a_checkpoint(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    for index in range(CHECKPOINT_EVENTS + 10):
        write(turn, f"{index} ")
        if index % 100 == 0:
            assert await journal.flush()
    assert await journal.flush()
    assert await redis.xlen(journal_key(turn.turn_id)) < 3
    assert replica(turn, await journal.read(turn.turn_id)).text == turn.text


async def test_keys_of_a_turn_end_by_themselves(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    write(turn, "x")
    end(turn)
    assert await journal.flush()
    for key in (journal_key(turn.turn_id), journal_state_key(turn.turn_id)):
        assert 0 < await redis.ttl(key) <= 15 * 60
    assert turn.state is TurnState.COMPLETED


async def test_the_task_writes_by_itself(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turn = buffer()
    journal.open(turn, fence=1)
    task = asyncio.create_task(journal.run())
    try:
        write(turn, "soon")
        journaled = await eventually(lambda: journal.read(turn.turn_id))
    finally:
        task.cancel()
    assert replica(turn, journaled).text == "soon"


def test_batches_lie_further_apart_the_more_turns_there_are() -> None:
    assert pause_s(0) == pause_s(40) == BATCH_S
    assert BATCH_S < pause_s(100) < pause_s(250) < BATCH_MOST_S
    assert pause_s(10_000) == BATCH_MOST_S


async def test_more_turns_than_one_pipeline_takes_are_all_written(redis: Redis) -> None:
    journal, _ = journal_on(redis)
    turns = [buffer() for _ in range(2 * PIPELINE_TURNS + 1)]
    for turn in turns:
        journal.open(turn, fence=1)
        write(turn, str(turn.turn_id))
    assert await journal.flush()
    for turn in turns:
        assert replica(turn, await journal.read(turn.turn_id)).text == str(turn.turn_id)
