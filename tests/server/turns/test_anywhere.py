"""Whatever happens to journal and owner: who attaches anywhere hears as if never having left."""

import asyncio
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from server.background import end as end_tasks
from server.domain.ids import BootId, new_id
from server.domain.turn import TurnState
from server.persistence.redis import open_blocking_redis, open_redis
from server.turns.buffer import TurnBuffer
from server.turns.cursor import Cursor
from server.turns.following import Followers, apply
from server.turns.journal import Journal
from server.turns.reaper import SEQ_GAP
from tests.server.turns.scene import Client, buffer, completed, end, write
from tests.support.eventually import eventually
from tests.support.valkey import Valkey, own_valkey

PLACES = st.sampled_from(("owner", "elsewhere"))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.text("abé\U0001f600", min_size=1, max_size=3)),
        st.tuples(st.just("notice")),
        st.tuples(st.just("write")),
        st.tuples(st.just("checkpoint")),
        st.tuples(st.just("lose_reply"), st.integers(1, 5)),
        st.tuples(st.just("flush")),
        st.tuples(st.just("forget_scripts")),
        st.tuples(st.just("attach"), PLACES, st.floats(0, 1)),
        st.tuples(st.just("move"), PLACES, st.integers(0, 9)),
        st.tuples(st.just("look")),
    ),
    max_size=40,
)
"""``attach``: somebody who has heard that part of the turn; ``move``: one of them goes on there."""


class World:
    """A turn's owner, another process, and Redis between them."""

    def __init__(self, valkey: Valkey) -> None:
        self.redis, self.blocking = open_redis(valkey.url), open_blocking_redis(valkey.url)
        self.journal = Journal(self.redis, lambda _: None)
        self.followers = Followers(self.redis, self.blocking, self.journal, BootId(new_id()))
        self.following = asyncio.create_task(self.followers.run())

    async def close(self) -> None:
        await end_tasks([self.following])
        await self.blocking.aclose()
        await self.redis.aclose()


class Story:
    """One turn and those who follow it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.turn = buffer()
        self.writer = world.journal.open(self.turn, fence=1)
        self.crowd: list[tuple[Client, Cursor]] = []
        write(self.turn, None)

    async def cursor(self, place: str, after: int) -> Cursor:
        if place == "owner":
            return Cursor(self.turn, after)
        fresh = TurnBuffer(self.turn.turn_id, self.turn.conversation_id, self.turn.user_id)
        return Cursor(await self.world.followers.follow(fresh.turn_id, fresh), after)

    async def take(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("say", text):
                write(self.turn, text)
            case ("notice",):
                write(self.turn, None)
            case ("write",):
                await self.world.journal.flush()
            case ("checkpoint",):
                self.writer.owes_checkpoint = self.writer.written > 0
            case ("lose_reply", events):
                self.writer.written = max(self.writer.written - events, 0)
                self.writer.touch()
            case ("flush",):
                await self.world.redis.flushall()
            case ("forget_scripts",):
                await self.world.redis.script_flush()
            case ("attach", place, part):
                after = round(self.turn.seq * part)
                client = Client(last=after)
                client.text = self.turn.text_until(after)
                self.crowd.append((client, await self.cursor(place, after)))
            case ("move", place, index) if self.crowd:
                client, _ = self.crowd.pop(index % len(self.crowd))
                self.crowd.append((client, await self.cursor(place, client.last)))
            case ("look",):
                self.look()
            case _:
                pass  # nobody is there to move

    def look(self) -> None:
        for client, cursor in self.crowd:
            client.receive(cursor)

    async def all_hear_the_end(self, text: str) -> None:
        for client, cursor in self.crowd:

            async def has_ended(client: Client = client, cursor: Cursor = cursor) -> bool:
                await self.world.journal.flush()
                client.receive(cursor)
                return client.ended

            await eventually(has_ended)
            assert client.text == text

    async def die(self) -> str:
        """The owner is gone, with what it had not written; another process ends the turn."""
        self.writer.close()
        self.world.journal._dirty.clear()
        journaled = await self.world.journal.read(self.turn.turn_id)
        known = TurnBuffer(
            self.turn.turn_id,
            self.turn.conversation_id,
            self.turn.user_id,
            base_seq=journaled.base_seq if journaled else 0,
            base_text=journaled.base_text if journaled else "",
        )
        for entry in journaled.entries if journaled else ():
            assert apply(known, entry)
        reaped = TurnBuffer(
            known.turn_id,
            known.conversation_id,
            known.user_id,
            base_seq=known.seq + SEQ_GAP,
            base_text=known.text,
        )
        self.world.journal.open(reaped, fence=2)
        reaped.end(TurnState.FAILED, completed(reaped.turn_id, reaped.seq + 1))
        return known.text


async def tell(world: World, steps: list[tuple[Any, ...]], dies: bool) -> None:
    story = Story(world)
    for step in steps:
        await story.take(step)
    if dies:
        text = await story.die()
        # Whoever was with the owner comes to another process, ahead of what the journal holds.
        for client, _ in tuple(story.crowd):
            story.crowd.remove((client, _))
            story.crowd.append((client, await story.cursor("elsewhere", client.last)))
    else:
        end(story.turn)
        text = story.turn.text
    await story.all_hear_the_end(text)
    story.crowd.clear()
    await eventually(partial(is_let_go, world))


def is_let_go(world: World) -> bool:
    return not world.followers.replicas


def test_attaching_anywhere_at_any_time_is_as_never_having_left() -> None:
    with asyncio.Runner() as runner:
        engine = own_valkey()
        valkey = runner.run(engine.__aenter__())
        world = runner.run(open_world(valkey))

        @settings(max_examples=150, deadline=None)
        @given(STEPS, st.booleans())
        def whatever_happens(steps: list[tuple[Any, ...]], dies: bool) -> None:
            runner.run(tell(world, steps, dies))

        try:
            whatever_happens()
        finally:
            runner.run(world.close())
            runner.run(engine.__aexit__(None, None, None))


async def open_world(valkey: Valkey) -> World:
    return World(valkey)
