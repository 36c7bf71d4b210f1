"""Turns that run elsewhere are followed through their journals, by one reader for all of them."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from uuid import UUID

import pytest
from redis.asyncio import Redis

from server.background import end as end_tasks
from server.domain.ids import BootId, new_id
from server.domain.turn import TurnState
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.redis import (
    journal_key,
    journal_state_key,
    open_blocking_redis,
    open_redis,
)
from server.turns import following
from server.turns.buffer import TurnBuffer
from server.turns.cursor import Cursor
from server.turns.following import Followers, apply
from server.turns.journal import Entry, Journal, Journaled
from tests.server.turns.scene import Client, books_balance, buffer, end, write
from tests.support.eventually import eventually
from tests.support.turns import turn_harness
from tests.support.valkey import own_valkey


class Elsewhere:
    """A journal's writer, and the followers of another process."""

    def __init__(self, redis: Redis, blocking: Redis) -> None:
        self.journal = Journal(redis, lambda _: None)
        self.followers = Followers(redis, blocking, self.journal, BootId(new_id()))
        self.following: asyncio.Task[None]

    async def follow(self, turn: TurnBuffer) -> TurnBuffer:
        fresh = TurnBuffer(turn.turn_id, turn.conversation_id, turn.user_id)
        return await self.followers.follow(turn.turn_id, fresh)


@asynccontextmanager
async def elsewhere(urls: EngineUrls, redis: Redis) -> AsyncIterator[Elsewhere]:
    """With its reader running."""
    blocking = open_blocking_redis(urls.redis_url)
    scene = Elsewhere(redis, blocking)
    scene.following = asyncio.create_task(scene.followers.run())
    try:
        yield scene
    finally:
        await end_tasks([scene.following])
        await blocking.aclose()


async def test_a_turn_is_followed_to_the_same_end(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        started = await first.say(caller, "[demo: long 300] x")
        attached = await second.engine.attach(caller, started.event.turn_id, 0)
        here, there = await asyncio.gather(first.end(started.cursor), second.end(attached.cursor))
        assert here == there
        assert attached.cursor.text == started.cursor.text


async def test_one_that_was_just_handed_out_is_not_forgotten_before_it_is_read(
    migrated: EngineUrls, redis: Redis
) -> None:
    async with elsewhere(migrated, redis) as scene:
        turn, other = buffer(), buffer()
        for written in (turn, other):
            scene.journal.open(written, fence=1)
            write(written, "begun ")
        await scene.journal.flush()
        replica = await scene.follow(turn)
        assert replica.text == "begun "
        cursor, client = Cursor(replica, 0), Client()
        # The reader goes round several times while nobody has begun to follow the first.
        busy = await scene.follow(other)
        for index in range(5):
            write(other, f"{index}")
            await scene.journal.flush()
            await eventually(partial(busy_has, busy, str(index)))
        write(turn, "and ended")
        end(turn)
        await scene.journal.flush()
        await eventually(lambda: cursor.outcome)
        client.receive(cursor)
        assert (client.text, client.ended) == ("begun and ended", True)


def busy_has(replica: TurnBuffer, text: str) -> bool:
    return replica.text.endswith(text)


async def test_two_that_ask_at_once_get_the_same_replica_read(redis: Redis) -> None:
    scene = Elsewhere(redis, redis)
    turn = buffer()
    scene.journal.open(turn, fence=1)
    write(turn, "said")
    await scene.journal.flush()
    first, second = await asyncio.gather(scene.follow(turn), scene.follow(turn))
    assert first is second
    assert first.text == "said"


async def test_who_asked_first_may_go_before_it_is_read(
    migrated: EngineUrls, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with elsewhere(migrated, redis) as scene:
        turn, answers, read = buffer(), asyncio.Event(), scene.journal.read

        async def read_late(turn: UUID) -> Journaled | None:
            await answers.wait()
            return await read(turn)

        monkeypatch.setattr(scene.journal, "read", read_late)
        first, second = (asyncio.create_task(scene.follow(turn)) for _ in range(2))
        await asyncio.sleep(0)  # both have asked
        first.cancel()
        answers.set()
        replica = await second
        assert first.cancelled()
        scene.journal.open(turn, fence=1)
        write(turn, "goes on")
        await scene.journal.flush()
        await eventually(lambda: replica.text == "goes on")


async def test_a_replica_lives_as_long_as_somebody_holds_it(redis: Redis) -> None:
    scene = Elsewhere(redis, redis)
    turn = buffer()
    cursor = Cursor(await scene.follow(turn), 0)
    gc.collect()
    assert len(scene.followers._replicas) == 1
    cursor.close()
    del cursor
    gc.collect()
    assert len(scene.followers._replicas) == 0


async def test_an_entry_of_another_version_stops_neither_process_nor_others(
    migrated: EngineUrls, redis: Redis
) -> None:
    async with elsewhere(migrated, redis) as scene:
        strange, other, plain = buffer(), buffer(), buffer()
        replicas = [await scene.follow(turn) for turn in (strange, other, plain)]
        await redis.xadd(
            journal_key(strange.turn_id),
            {"first": 1, "kind": "turn.completed", "data": json.dumps({"type": "turn.ended"})},
            id="0-1",
        )
        await redis.xadd(journal_key(other.turn_id), {"from": 1, "what": "delta"}, id="0-1")
        scene.journal.open(plain, fence=1)
        write(plain, "goes on")
        await scene.journal.flush()
        await eventually(lambda: replicas[2].text == "goes on")
        assert [replica.has_ended for replica in replicas] == [False, False, False]
        assert not scene.following.done()
        # Whoever attaches to such a one later gets it as it is, and no error.
        await redis.hset(journal_state_key(other.turn_id), mapping={"seq": 1, "state": "gone"})
        assert (await scene.follow(other)).text == ""


async def test_a_hole_in_a_journal_is_waited_out_until_its_owner_closes_it(
    migrated: EngineUrls, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AGAIN_S", 0.3)
    async with elsewhere(migrated, redis) as scene:
        turn, plain = buffer(), buffer()
        writer = scene.journal.open(turn, fence=1)
        write(turn, "one ")
        await scene.journal.flush()
        replica, beside = await scene.follow(turn), await scene.follow(plain)
        # What nobody should see: half of a journal gone, the rest behind a gap.
        await redis.delete(journal_state_key(turn.turn_id))
        await redis.xadd(
            journal_key(turn.turn_id),
            {"first": 3, "kind": "delta", "data": b"\x91\xa1c"},
            id="0-3",
        )
        await eventually(lambda: replica in scene.followers._resting)
        reads = await calls(redis, "xread")
        scene.journal.open(plain, fence=1)
        write(plain, "goes on")
        await scene.journal.flush()
        await eventually(lambda: beside.text == "goes on")
        assert await calls(redis, "xread") - reads < 20
        for text in ("two ", "three ", "four"):
            write(turn, text)
        writer.written, writer.owes_checkpoint = 3, True
        await scene.journal.flush()
        await eventually(lambda: replica.text == turn.text)


async def calls(redis: Redis, command: str) -> int:
    stats = await redis.info("commandstats")
    return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])


async def test_a_redis_that_was_restarted_empty_is_followed_on(migrated: EngineUrls) -> None:
    async with own_valkey() as valkey, AsyncExitStack() as stack:
        urls = EngineUrls(database_url=migrated.database_url, redis_url=valkey.url)
        commands = open_redis(valkey.url)
        stack.push_async_callback(commands.aclose)
        async with elsewhere(urls, commands) as scene:
            turns = [buffer() for _ in range(5)]
            for turn in turns:
                scene.journal.open(turn, fence=1)
                write(turn, "before ")
            await scene.journal.flush()
            replicas = [await scene.follow(turn) for turn in turns]
            valkey.kill()
            for turn in turns:
                write(turn, "meanwhile ")
            assert not await scene.journal.flush()
            await valkey.start()
            for turn in turns:
                write(turn, "after")

            async def is_written() -> bool:
                return await scene.journal.flush()

            await eventually(is_written)
            await eventually(is_written)
            for replica in replicas:
                await eventually(partial(busy_has, replica, "before meanwhile after"))


def test_what_is_known_is_skipped_and_what_is_missing_is_told() -> None:
    turn = buffer()
    texts = Entry(first=1, last=2, kind="delta", data=b"\x92\xa1a\xa1b")
    assert apply(turn, texts)
    assert apply(turn, texts)
    assert apply(turn, Entry(first=2, last=3, kind="delta", data=b"\x92\xa1b\xa1c"))
    assert (turn.text, turn.seq, turn.state) == ("abc", 3, TurnState.RUNNING)
    assert not apply(turn, Entry(first=5, last=5, kind="delta", data=b"\x91\xa1e"))
    assert turn.seq == 3


async def test_what_several_agents_say_names_them_to_whoever_follows_anywhere(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        asked = "Write a caption for my new photo, and tell me how to sell it."
        started = await first.say(caller, asked, agent="team")
        turn = started.event.turn_id
        followed = await second.engine.attach(caller, turn, 0)
        await second.end(followed.cursor)
        await first.end(started.cursor)
        here, there = [
            list((await place.engine.attach(caller, turn, 0)).cursor.take())
            for place in (first, second)
        ]
        assert here == there
        events = [json.loads(frame.data) for frame in here]
        spoken = [event["agent"] for event in events if event["type"] == "turn.delta"]
        assert sorted(spoken) == ["content", "sales"]
        branches = events[-1]["receipt"]["branches"]
        assert sorted(branch["agent"] for branch in branches) == sorted(spoken)
        await books_balance(database)
