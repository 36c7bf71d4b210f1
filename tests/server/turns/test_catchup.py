"""Turns that started while a process was deaf are found, and only by those whom they concern."""

import asyncio
from uuid import UUID

import pytest
from redis.asyncio import Redis

from server.domain.ids import TurnId, new_id
from server.local.engines import EngineUrls
from server.persistence import bell as bells
from server.persistence.database import Database, open_database
from server.turns import catchup
from tests.billing.support import statements_of
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


class Heard:
    """The turns that one process was told of, and when they had ended."""

    def __init__(self) -> None:
        self.turns: list[tuple[TurnId, float | None]] = []

    def __call__(self, turn: TurnId, ended_at: float | None) -> None:
        self.turns.append((turn, ended_at))

    def ended_at(self, turn: UUID) -> float | None:
        (found,) = [ended for told, ended in self.turns if told == turn]
        return found

    @property
    def ids(self) -> set[UUID]:
        return {turn for turn, _ in self.turns}


async def deafen(harness: Harness, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every bell loses its connection, and waits for a moment before it looks for another."""
    monkeypatch.setattr(bells, "PAUSE_FIRST_S", 0.5)
    await redis.client_kill_filter(_type="pubsub")
    await eventually(lambda: harness.process.bell._is_deaf)


async def test_what_started_meanwhile_is_found_whether_it_runs_or_has_ended(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with turn_harness(migrated) as owner, turn_harness(migrated) as other:
        caller, stranger = await owner.person(), await owner.person()
        first, foreign = await owner.say(caller, "x"), await owner.say(stranger, "x")
        for started in (first, foreign):
            await owner.end(started.cursor)
        place, heard, unasked, nosy = first.event.conversation_id, Heard(), Heard(), Heard()
        feed, bell = other.engine.feed, other.process.bell
        feed.follow_conversation(caller.user_id, place, heard)
        feed.follow_conversation(stranger.user_id, foreign.event.conversation_id, unasked)
        feed.follow_conversation(stranger.user_id, place, nosy)  # as one does who is not let in
        bell.watch(caller.user_id)
        bell.watch(stranger.user_id)
        await deafen(other, redis, monkeypatch)
        began = asyncio.get_running_loop().time()
        ended = await owner.say(caller, "x", conversation_id=place)
        await owner.end(ended.cursor)
        running = await owner.say(caller, LONG, conversation_id=place)
        beside = await owner.say(caller, LONG)
        await eventually(lambda: {ended.event.turn_id, running.event.turn_id} <= heard.ids)
        assert beside.event.turn_id not in heard.ids
        ended_at = heard.ended_at(ended.event.turn_id)
        assert ended_at is not None
        assert ended_at > began
        assert heard.ended_at(running.event.turn_id) is None
        assert unasked.ids <= {foreign.event.turn_id}
        assert nosy.ids == set()


async def test_a_process_asks_once_for_all_and_not_at_all_without_followers(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with turn_harness(migrated) as harness:
        feed, bell = harness.engine.feed, harness.process.bell
        confirmed = list[float]()
        bell.when_heard(lambda _, since: confirmed.append(since))
        users = [new_id() for _ in range(20)]
        for user in users:
            bell.watch(user)
        with statements_of(harness.process.services.database) as seen:
            await eventually(lambda: len(confirmed) == 20)
            for user in users[:10]:
                for _ in range(3):
                    feed.follow_conversation(user, new_id(), Heard())
            await deafen(harness, redis, monkeypatch)
            await eventually(lambda: len(confirmed) == 40)
            await eventually(lambda: asked(seen))
        assert len(asked(seen)) == 1


def asked(seen: list[str]) -> list[str]:
    return [sent for sent in seen if "ended_ago_s" in sent]


async def test_a_database_that_is_away_is_asked_again(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catchup, "AGAIN_S", 0.05)
    async with (
        turn_harness(migrated) as owner,
        turn_harness(migrated) as other,
        open_database("postgresql://nobody@/none?host=/nonexistent") as nowhere,
    ):
        caller = await owner.person()
        first = await owner.say(caller, "x")
        await owner.end(first.cursor)
        place, heard = first.event.conversation_id, Heard()
        catch_up = other.process.turns.catch_up
        there, catch_up._database = catch_up._database, nowhere
        other.engine.feed.follow_conversation(caller.user_id, place, heard)
        other.process.bell.watch(caller.user_id)
        await deafen(other, redis, monkeypatch)
        running = await owner.say(caller, LONG, conversation_id=place)
        await eventually(lambda: not other.process.bell._is_deaf)
        catch_up._database = there
        await eventually(lambda: running.event.turn_id in heard.ids)
