"""Processes hear of each other at once, of what concerns them, and of nothing that is broken."""

import asyncio
import logging
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from msgspec import Struct
from redis.asyncio import Redis

from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence import bell as module
from server.persistence.bell import QUEUE_MAX, Bell
from server.persistence.redis import open_redis, user_channel
from tests.support.bells import HeardBell, ringing_bell
from tests.support.eventually import eventually
from tests.support.valkey import Valkey, own_valkey


class Word(Struct, frozen=True):
    text: str


class Ear:
    """What one process heard, and of whom."""

    def __init__(self, bell: Bell) -> None:
        self.heard: list[tuple[UUID, str]] = []
        bell.listen("word", Word, lambda whom, word: self.heard.append((whom, word.text)))

    @property
    def words(self) -> list[str]:
        return [text for _, text in self.heard]


@pytest_asyncio.fixture
async def one(migrated: EngineUrls) -> AsyncIterator[HeardBell]:
    async with ringing_bell(migrated.redis_url) as bell:
        yield bell


@pytest_asyncio.fixture
async def other(migrated: EngineUrls) -> AsyncIterator[HeardBell]:
    async with ringing_bell(migrated.redis_url) as bell:
        yield bell


async def subscriptions(redis: Redis, channel: str) -> int:
    ((_, count),) = await redis.pubsub_numsub(channel)
    return int(count)


async def test_a_process_hears_what_is_rung_for_it_and_not_for_others(
    one: HeardBell, other: HeardBell
) -> None:
    ear, mine = Ear(other), Ear(one)
    await other.hears(new_id())
    one.tell_process(one.boot, "word", Word("for myself"))
    one.tell_process(new_id(), "word", Word("for somebody else"))
    one.tell_process(other.boot, "word", Word("for you"))
    await eventually(lambda: ear.heard)
    assert ear.heard == [(other.boot, "for you")]
    assert mine.heard == []


async def test_news_of_a_user_reach_those_who_have_sessions_of_theirs(
    one: HeardBell, other: HeardBell, redis: Redis
) -> None:
    ear, echo = Ear(other), Ear(one)
    user, stranger = new_id(), new_id()
    await other.hears(user)
    await one.hears(user)
    one.tell_user(stranger, "word", Word("of a stranger"))
    one.tell_user(user, "word", Word("first"))
    one.tell_user(user, "word", Word("second"))
    await eventually(lambda: len(ear.heard) == 2)
    assert ear.heard == [(user, "first"), (user, "second")]
    other.tell_user(user, "word", Word("back"))
    await eventually(lambda: echo.heard)
    assert echo.words == ["back"]


async def test_a_user_is_subscribed_to_while_there_are_sessions(
    one: HeardBell, redis: Redis
) -> None:
    user = new_id()
    channel = user_channel(user)
    leave, leave_too = one.watch(user), one.watch(user)
    await eventually(lambda: user in one.heard)
    leave()
    leave()
    assert await subscriptions(redis, channel) == 1
    leave_too()

    async def has_left() -> bool:
        return await subscriptions(redis, channel) == 0

    await eventually(has_left)
    assert one._watched == {}


async def test_who_goes_and_comes_back_in_one_moment_hears_on(
    one: HeardBell, other: HeardBell
) -> None:
    ear, user = Ear(other), new_id()
    leave = other.watch(user)
    await eventually(lambda: user in other.heard)
    for _ in range(3):
        leave()
        leave = other.watch(user)
        await asyncio.sleep(0)
        leave()
        await asyncio.sleep(0)
        leave = other.watch(user)
    # Behind everything that was subscribed to and left before.
    await other.hears(new_id())
    one.tell_user(user, "word", Word("still there"))
    await eventually(lambda: ear.heard)


async def test_what_cannot_be_read_is_passed_over(
    one: HeardBell, other: HeardBell, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    ear, user = Ear(other), new_id()
    await other.hears(user)

    def fail(whom: UUID, word: Word) -> None:
        raise RuntimeError("a listener's own trouble")

    other.listen("trouble", Word, fail)
    boot = str(one.boot)
    for broken in (
        b"\xff\x00 nothing",
        b"[]",
        b'{"boot": "5", "kind": "word", "news": {}}',
        msgspec.json.encode({"boot": boot, "kind": "word", "news": {"text": 5}}),
        msgspec.json.encode({"boot": boot, "kind": "of a later version", "news": 1}),
        msgspec.json.encode({"boot": boot, "kind": "trouble", "news": {"text": "x"}}),
    ):
        await redis.publish(user_channel(user), broken)
    one.tell_user(user, "word", Word("and on"))
    await eventually(lambda: ear.heard)
    assert ear.words == ["and on"]
    assert messages(caplog).count("bell.unreadable") == 4
    assert messages(caplog).count("bell.listener_failed") == 1


async def test_who_was_cut_off_hears_again_and_since_when_it_was_deaf(
    one: HeardBell, other: HeardBell, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    ear, user, since = Ear(other), new_id(), list[float]()
    await other.hears(user)
    other.when_heard(lambda _, deaf_since: since.append(deaf_since))
    before = asyncio.get_running_loop().time()
    with caplog.at_level(logging.WARNING):
        await redis.client_kill_filter(_type="pubsub")
        await eventually(lambda: since)
    assert since[0] <= before
    assert messages(caplog).count("bell.deaf") == 2  # each of the two
    await eventually(lambda: one._watched == {} and not one._is_deaf)
    one.tell_user(user, "word", Word("heard again"))
    await eventually(lambda: ear.heard)


async def test_a_redis_that_is_frozen_is_given_up_and_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SILENCE_S", 0.1)
    user = new_id()
    async with (
        own_valkey() as valkey,
        ringing_bell(valkey.url) as one,
        ringing_bell(valkey.url) as other,
    ):
        ear = Ear(other)
        await other.hears(user)
        asked = await calls(valkey, "ping")
        await eventually(lambda: more_calls(valkey, "ping", asked + 3))
        assert not other._is_deaf  # alive, though it has nothing to say
        valkey.freeze()
        await eventually(lambda: other._is_deaf)
        valkey.thaw()
        await eventually(lambda: other.heard.count(user) > 1)
        one.tell_user(user, "word", Word("over another wire"))
        await eventually(lambda: ear.heard)


async def calls(valkey: Valkey, command: str) -> int:
    client = open_redis(valkey.url)
    stats = await client.info("commandstats")
    await client.aclose()
    return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])


async def more_calls(valkey: Valkey, command: str, than: int) -> bool:
    return await calls(valkey, command) > than


async def test_what_could_not_be_rung_is_rung_again_unless_it_is_old(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    user = new_id()
    async with (
        own_valkey() as valkey,
        ringing_bell(valkey.url) as one,
        ringing_bell(valkey.url) as other,
    ):
        ear = Ear(other)
        await other.hears(user)
        await may_publish(valkey, False)
        one.tell_user(user, "word", Word("in time"))
        await eventually(lambda: "bell.unheard" in messages(caplog))
        for number in range(QUEUE_MAX + 500):
            one.tell_user(user, "word", Word(str(number)))
        assert len(one._waiting) == QUEUE_MAX
        await may_publish(valkey, True)
        await eventually(lambda: len(ear.words) == QUEUE_MAX)
        assert ear.words == ["in time", *map(str, range(QUEUE_MAX - 1))]
        assert messages(caplog).count("bell.unheard") == 1
        await may_publish(valkey, False)
        monkeypatch.setattr(module, "KEEP_S", 0.0)
        one.tell_user(user, "word", Word("too late"))
        await eventually(lambda: not one._waiting)
        monkeypatch.undo()
        await may_publish(valkey, True)
        one.tell_user(user, "word", Word("now"))
        await eventually(lambda: ear.words[-1] == "now")
        assert "too late" not in ear.words


async def may_publish(valkey: Valkey, may: bool) -> None:
    client = open_redis(valkey.url)
    await client.execute_command("ACL", "SETUSER", "default", "+publish" if may else "-publish")
    await client.aclose()


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records]
