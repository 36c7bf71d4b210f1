"""Turns of the other server are heard also where a session could not follow them in time."""

from uuid import UUID

import pytest
from redis.asyncio import Redis

from server.persistence import bell as bells
from server.persistence.redis import journal_key, journal_state_key
from server.turns import attaching
from tests.server.sockets.pairs import LONG, Pair, conversation_of
from tests.server.sockets.test_session import is_gapless, text_of
from tests.support.eventually import eventually


async def test_a_turn_that_has_ended_before_it_can_be_followed_is_heard_whole(pair: Pair) -> None:
    person = await pair.here.person()
    journal = pair.here.harness.process.turns.journal
    followers = pair.there.harness.process.turns.followers
    async with pair.here.session(person) as writer, pair.there.session(person) as reader:
        place = await conversation_of(writer)
        await reader.ask("conversation.subscribe", conversationId=place)
        await pair.hears(person)
        await journal._appending.acquire()  # a batch that takes its time
        (session,) = pair.there.hub.of_user(person.caller.user_id)
        subscriptions = session._subscriptions  # type: ignore[attr-defined]
        async with subscriptions.in_order:  # so do commands that came before
            turn = (await writer.start(LONG, conversationId=place))["turnId"]
            await eventually(lambda: subscriptions.wants(UUID(turn)))
            await writer.ask("turn.cancel", turnId=turn)
            outcome = await writer.outcome(turn)
        await eventually(lambda: followers.replicas)
        journal._appending.release()
        assert await reader.outcome(turn) == outcome
        assert is_gapless(reader.of_turn(turn))


async def test_a_turn_that_started_in_a_gap_is_followed_all_the_same(
    pair: Pair, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await pair.here.person()
    bell = pair.there.harness.process.bell
    async with pair.here.session(person) as writer, pair.there.session(person) as reader:
        place = await conversation_of(writer)
        await reader.ask("conversation.subscribe", conversationId=place)
        before = await writer.start("before", conversationId=place)
        await reader.outcome(before["turnId"])
        monkeypatch.setattr(bells, "PAUSE_FIRST_S", 0.5)
        await redis.client_kill_filter(_type="pubsub")
        await eventually(lambda: bell._is_deaf)
        ended = await writer.start("ended", conversationId=place)
        await writer.outcome(ended["turnId"])
        running = await writer.start(LONG, conversationId=place)
        await eventually(lambda: not bell._is_deaf)
        for turn in (ended["turnId"], running["turnId"]):
            await reader.until(lambda e, turn=turn: e.get("turnId") == turn)
        await reader.outcome(ended["turnId"])
        await writer.ask("turn.cancel", turnId=running["turnId"])
        await reader.outcome(running["turnId"])
        await reader.ask("ping")
        for started in (before, ended, running):
            assert is_gapless(reader.of_turn(started["turnId"]))


async def test_what_only_the_database_has_of_a_turn_is_told_with_its_beginning(
    pair: Pair, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await pair.here.person()
    bell = pair.there.harness.process.bell
    async with pair.here.session(person) as writer, pair.there.session(person) as reader:
        place = await conversation_of(writer)
        await reader.ask("conversation.subscribe", conversationId=place)
        await pair.hears(person)
        monkeypatch.setattr(bells, "PAUSE_FIRST_S", 0.5)
        monkeypatch.setattr(attaching, "JOURNALED_S", 0.0)  # as if it had ended long ago
        await redis.client_kill_filter(_type="pubsub")
        await eventually(lambda: bell._is_deaf)
        started = await writer.start("while it is deaf", conversationId=place)
        turn = started["turnId"]
        outcome = await writer.outcome(turn)
        await pair.here.harness.process.turns.journal.flush()
        await redis.unlink(journal_key(UUID(turn)), journal_state_key(UUID(turn)))
        snapshot = await reader.next("turn.snapshot")
        assert snapshot["text"] == text_of(writer.of_turn(turn))
        assert snapshot["outcome"] == outcome
        beginning = {k: v for k, v in started.items() if k != "re"}
        assert reader.of_turn(turn) == [beginning, snapshot]
