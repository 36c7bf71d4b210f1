"""Turns that run elsewhere are followed through their journals, by one reader for all of them."""

import asyncio
import gc
import json
from functools import partial

from redis.asyncio import Redis

from server.domain.ids import BootId, new_id
from server.domain.turn import TurnState
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.redis import journal_key, open_blocking_redis, open_redis
from server.turns.buffer import TurnBuffer
from server.turns.cursor import Cursor
from server.turns.following import Followers, apply
from server.turns.journal import Entry, Journal
from server.turns.storage import Storage
from tests.server.turns.scene import Client, buffer, end, write
from tests.support.eventually import eventually
from tests.support.turns import turn_harness


class Elsewhere:
    """A journal's writer, and the followers of another process."""

    def __init__(self, redis: Redis, blocking: Redis, database: Database) -> None:
        self.journal = Journal(redis, lambda _: None)
        self.followers = Followers(
            redis, blocking, self.journal, Storage(database), BootId(new_id())
        )

    async def follow(self, turn: TurnBuffer) -> TurnBuffer:
        fresh = TurnBuffer(turn.turn_id, turn.conversation_id, turn.user_id)
        return await self.followers.follow(turn.turn_id, fresh)


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
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    blocking = open_blocking_redis(migrated.redis_url)
    scene = Elsewhere(redis, blocking, database)
    following = asyncio.create_task(scene.followers.run())
    try:
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
    finally:
        following.cancel()
        await blocking.aclose()


def busy_has(replica: TurnBuffer, text: str) -> bool:
    return replica.text.endswith(text)


async def test_two_that_ask_at_once_get_the_same_replica_read(
    database: Database, redis: Redis
) -> None:
    scene = Elsewhere(redis, redis, database)
    turn = buffer()
    scene.journal.open(turn, fence=1)
    write(turn, "said")
    await scene.journal.flush()
    first, second = await asyncio.gather(scene.follow(turn), scene.follow(turn))
    assert first is second
    assert first.text == "said"


async def test_a_replica_lives_as_long_as_somebody_holds_it(
    database: Database, redis: Redis
) -> None:
    scene = Elsewhere(redis, redis, database)
    turn = buffer()
    cursor = Cursor(await scene.follow(turn), 0)
    gc.collect()
    assert len(scene.followers._replicas) == 1
    cursor.close()
    del cursor
    gc.collect()
    assert len(scene.followers._replicas) == 0


async def test_the_end_comes_from_the_database_when_the_journal_is_gone(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as first, turn_harness(migrated) as second:
        caller = await first.person()
        started = await first.say(caller, "[demo: slow] [demo: long 5000] x")
        await eventually(lambda: started.cursor.text)
        await first.process.turns.journal.flush()
        attached = await second.engine.attach(caller, started.event.turn_id, 0)
        # As if its Redis were gone for good: it writes no more, and what it wrote is lost.
        first.process.turns.journal._redis = open_redis("unix:///nonexistent/valkey.sock")
        await redis.delete(journal_key(started.event.turn_id))
        await first.engine.cancel(caller, started.event.turn_id)
        here = await first.end(started.cursor)
        client = Client()
        assert await second.end(attached.cursor) == here
        client.receive(attached.cursor)
        assert client.text == started.cursor.text
        first.process.turns.journal._redis = redis


async def test_an_entry_of_another_version_stops_neither_process_nor_others(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    blocking = open_blocking_redis(migrated.redis_url)
    scene = Elsewhere(redis, blocking, database)
    following = asyncio.create_task(scene.followers.run())
    try:
        strange, plain = buffer(), buffer()
        first, second = await scene.follow(strange), await scene.follow(plain)
        await redis.xadd(
            journal_key(strange.turn_id),
            {"first": 1, "kind": "turn.completed", "data": json.dumps({"type": "turn.completed"})},
            id="0-1",
        )
        scene.journal.open(plain, fence=1)
        write(plain, "goes on")
        await scene.journal.flush()
        await eventually(lambda: second.text == "goes on")
        assert not first.has_ended
        assert not following.done()
    finally:
        following.cancel()
        await blocking.aclose()


def test_what_is_known_is_skipped_and_what_is_missing_is_told() -> None:
    turn = buffer()
    texts = Entry(first=1, last=2, kind="delta", data=b"\x92\xa1a\xa1b")
    assert apply(turn, texts)
    assert apply(turn, texts)
    assert apply(turn, Entry(first=2, last=3, kind="delta", data=b"\x92\xa1b\xa1c"))
    assert (turn.text, turn.seq, turn.state) == ("abc", 3, TurnState.RUNNING)
    assert not apply(turn, Entry(first=5, last=5, kind="delta", data=b"\x91\xa1e"))
    assert turn.seq == 3
