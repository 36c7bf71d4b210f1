"""Rate limits against a real Valkey: exact at the edge, all or nothing, repeated or refused."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from redis.asyncio import Redis

from billing.quotas import moment_text
from billing.ratelimit import Limiter, Remaining, Slots, Window
from server.domain.errors import RateLimited, ServiceUnavailable, TooManyTurns
from server.domain.ids import UserId, new_id
from server.persistence.redis import open_redis, rate_key, slots_key
from tests.support.commands import round_trips_of

USER = UserId(new_id())
HOUR = Window(scope="user", name=str(USER), limit=50, seconds=3_600)
SLOTS = Slots(user_id=USER, limit=2, lease_s=60)


@pytest.fixture
def limiter(redis: Redis) -> Limiter:
    return Limiter(redis)


async def age(redis: Redis, seconds: float) -> None:
    """Move all entries of the user's window back in time: the server's clock cannot be turned."""
    key = rate_key("user", str(USER))
    for member in cast("list[bytes]", await redis.zrange(key, 0, -1)):
        await redis.zincrby(key, -seconds * 1e6, member)


async def test_the_51st_request_in_an_hour_is_refused(redis: Redis, limiter: Limiter) -> None:
    for number in range(50):
        (stood,) = await limiter.admit(member=f"m{number}", windows=[HOUR])
        assert (stood.remaining, stood.fresh) == (49 - number, True)
    with pytest.raises(RateLimited) as refused:
        await limiter.admit(member="m50", windows=[HOUR])
    assert 3_590 < (refused.value.retry_after or 0) <= 3_600
    figures = refused.value.metadata
    assert (figures["limit"], figures["remaining"], figures["scope"]) == (50, 0, "user")
    resets = datetime.fromisoformat(figures["resetsAt"])
    assert abs(resets - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=10)


async def test_a_refused_request_is_not_counted(redis: Redis, limiter: Limiter) -> None:
    for number in range(50):
        await limiter.admit(member=f"m{number}", windows=[HOUR])
    for number in range(20):
        with pytest.raises(RateLimited):
            await limiter.admit(member=f"late{number}", windows=[HOUR])
    await age(redis, 3_600)
    (stood,) = await limiter.admit(member="after", windows=[HOUR])
    assert stood.remaining == 49


async def test_a_second_before_the_window_ends_there_is_no_room(
    redis: Redis, limiter: Limiter
) -> None:
    for number in range(50):
        await limiter.admit(member=f"m{number}", windows=[HOUR])
    await age(redis, 3_598)
    with pytest.raises(RateLimited) as refused:
        await limiter.admit(member="early", windows=[HOUR])
    assert 0 < (refused.value.retry_after or 0) <= 2


async def test_a_repeated_member_counts_once_and_is_admitted_when_full(
    redis: Redis, limiter: Limiter
) -> None:
    window = Window(scope="user", name=str(USER), limit=2, seconds=60)
    for _ in range(50):
        await limiter.admit(member="one", windows=[window])
    await limiter.admit(member="two", windows=[window])
    (stood,) = await limiter.admit(member="one", windows=[window])
    assert (stood.remaining, stood.fresh) == (0, False)
    with pytest.raises(RateLimited):
        await limiter.admit(member="three", windows=[window])


async def test_a_repeated_member_leaves_when_its_first_request_does(
    redis: Redis, limiter: Limiter
) -> None:
    await limiter.admit(member="one", windows=[HOUR])
    await age(redis, 3_590)
    (stood,) = await limiter.admit(member="one", windows=[HOUR])
    assert stood.resets_at - datetime.now(UTC) < timedelta(seconds=15)
    (stood,) = await limiter.admit(member="two", windows=[HOUR])
    assert stood.resets_at - datetime.now(UTC) < timedelta(seconds=15)


async def test_racing_requests_fill_a_window_exactly(redis: Redis, limiter: Limiter) -> None:
    async def attempt(number: int) -> bool:
        try:
            await limiter.admit(member=f"m{number}", windows=[HOUR], slots=None)
        except RateLimited:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt(number) for number in range(80)))) == 50


async def test_one_full_window_refuses_and_no_other_counts(redis: Redis, limiter: Limiter) -> None:
    narrow = Window(scope="address", name="10.0.0.1", limit=1, seconds=60)
    await limiter.admit(member="first", windows=[HOUR, narrow], slots=SLOTS)
    with pytest.raises(RateLimited) as refused:
        await limiter.admit(member="second", windows=[HOUR, narrow], slots=SLOTS)
    assert refused.value.metadata["scope"] == "address"
    assert await redis.zcard(rate_key("user", str(USER))) == 1
    assert await redis.zcard(slots_key(USER)) == 1


async def test_slots_are_counted_and_refused_apart(redis: Redis, limiter: Limiter) -> None:
    for member in ("a", "b"):
        await limiter.admit(member=member, windows=[HOUR], slots=SLOTS)
    with pytest.raises(TooManyTurns) as refused:
        await limiter.admit(member="c", windows=[HOUR], slots=SLOTS)
    assert refused.value.metadata["scope"] == "turns"
    assert await redis.zcard(rate_key("user", str(USER))) == 2
    await limiter.free_slot(USER, "a")
    stood = await limiter.admit(member="c", windows=[HOUR], slots=SLOTS)
    assert [limit.remaining for limit in stood] == [47, 0]


async def test_slots_that_were_freed_together_leave_in_one_round_trip(redis: Redis) -> None:
    others = [UserId(new_id()) for _ in range(3)]
    limiter = Limiter(redis)
    for user in others:
        slots = Slots(user_id=user, limit=1, lease_s=60)
        await limiter.admit(member="a", windows=[], slots=slots)
    with round_trips_of(redis) as seen:
        await asyncio.gather(*(limiter.free_slot(user, "a") for user in others))
    assert len(seen) == 1
    for user in others:
        assert await redis.zcard(slots_key(user)) == 0


async def test_the_next_turn_finds_the_slots_of_those_that_ended(
    redis: Redis, limiter: Limiter
) -> None:
    for member in ("a", "b"):
        await limiter.admit(member=member, windows=[HOUR], slots=SLOTS)
    with round_trips_of(redis) as seen:
        freeing = [asyncio.create_task(limiter.free_slot(USER, name)) for name in ("a", "b")]
        await asyncio.sleep(0)
        stood = await limiter.admit(member="c", windows=[HOUR], slots=SLOTS)
        await asyncio.gather(*freeing)
    assert [limit.remaining for limit in stood] == [47, 1]
    assert len(seen) == 1


async def test_a_slot_that_nobody_gave_back_is_free_again_when_its_lease_ends(
    redis: Redis, limiter: Limiter
) -> None:
    brief = Slots(user_id=USER, limit=2, lease_s=0.3)
    await limiter.admit(member="dead", windows=[], slots=brief)
    await limiter.admit(member="alive", windows=[], slots=SLOTS)
    async with asyncio.timeout(5):
        while True:
            try:
                await limiter.admit(member="next", windows=[], slots=SLOTS)
                break
            except TooManyTurns:
                await asyncio.sleep(0.05)
    assert set(await redis.zrange(slots_key(USER), 0, -1)) == {b"alive", b"next"}


async def test_what_was_taken_is_given_back(redis: Redis, limiter: Limiter) -> None:
    taken = await limiter.admit(member="a", windows=[HOUR], slots=SLOTS)
    await limiter.withdraw("a", [HOUR], SLOTS, taken=taken)
    assert await redis.keys() == []


async def test_a_repeated_request_gives_back_nothing_of_the_first(
    redis: Redis, limiter: Limiter
) -> None:
    await limiter.admit(member="a", windows=[HOUR], slots=SLOTS)
    again = await limiter.admit(member="a", windows=[HOUR], slots=SLOTS)
    await limiter.withdraw("a", [HOUR], SLOTS, taken=again)
    assert await redis.zcard(rate_key("user", str(USER))) == 1
    assert await redis.zcard(slots_key(USER)) == 1


async def test_a_lowered_limit_tells_when_enough_entries_have_left(
    redis: Redis, limiter: Limiter
) -> None:
    for number in range(10):
        await limiter.admit(member=f"m{number}", windows=[HOUR])
    key = rate_key("user", str(USER))
    await redis.zincrby(key, -3_000e6, "m0")
    lowered = Window(scope="user", name=str(USER), limit=5, seconds=3_600)
    with pytest.raises(RateLimited) as refused:
        await limiter.admit(member="new", windows=[lowered])
    assert (refused.value.retry_after or 0) > 3_500


async def test_every_key_ends_by_itself(redis: Redis, limiter: Limiter) -> None:
    await limiter.admit(member="a", windows=[HOUR], slots=SLOTS)
    assert 0 < await redis.ttl(rate_key("user", str(USER))) <= 3_600
    assert 0 < await redis.ttl(slots_key(USER)) <= 60


async def test_flushed_scripts_are_loaded_again(redis: Redis, limiter: Limiter) -> None:
    await limiter.admit(member="a", windows=[HOUR])
    await redis.script_flush()
    (stood,) = await limiter.admit(member="b", windows=[HOUR])
    assert stood.remaining == 48


async def test_admission_is_one_round_trip(redis: Redis, limiter: Limiter) -> None:
    await limiter.admit(member="a", windows=[HOUR], slots=SLOTS)
    before = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
    await limiter.admit(member="b", windows=[HOUR], slots=SLOTS)
    after = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
    assert after - before == 1


async def test_who_is_told_hears_how_all_limits_stand_also_of_a_refusal(
    redis: Redis, limiter: Limiter
) -> None:
    heard: list[list[tuple[str, int]]] = []

    def hear(stood: Sequence[Remaining]) -> None:
        heard.append([(one.scope, one.remaining) for one in stood])

    narrow = Window(scope="address", name="10.0.0.1", limit=1, seconds=60)
    await limiter.admit(member="a", windows=[HOUR, narrow], slots=SLOTS, told=hear)
    with pytest.raises(RateLimited):
        await limiter.admit(member="b", windows=[HOUR, narrow], slots=SLOTS, told=hear)
    # Nothing was taken by the second, not even of what had room.
    assert heard == [[("user", 49), ("address", 0), ("turns", 1)]] * 2


async def test_a_peek_counts_nothing_and_agrees_with_the_next_request(
    redis: Redis, limiter: Limiter
) -> None:
    (empty,) = await limiter.peek([HOUR]) or []
    assert (empty.remaining, empty.limit, empty.seconds) == (50, 50, 3_600)
    for number in range(50):
        await limiter.admit(member=f"m{number}", windows=[HOUR])
        if number == 0:
            await age(redis, 1_000)
    for _ in range(3):
        (full,) = await limiter.peek([HOUR]) or []
        assert full.remaining == 0
    with pytest.raises(RateLimited) as refused:
        await limiter.admit(member="late", windows=[HOUR])
    assert refused.value.metadata["resetsAt"] == moment_text(full.resets_at)
    await age(redis, 2_600)
    (stood,) = await limiter.peek([HOUR]) or []
    assert stood.remaining == 1  # the oldest has left, though nobody has cleared it away
    lowered = Window(scope="user", name=str(USER), limit=5, seconds=3_600)
    (stood,) = await limiter.peek([lowered]) or []
    assert stood.remaining == 0


@pytest.fixture
async def nowhere() -> AsyncIterator[Redis]:
    """A client of a server that is not there."""
    client = open_redis("redis://127.0.0.1:1/0")
    yield client
    await client.aclose()


async def test_without_redis_admission_is_refused(nowhere: Redis) -> None:
    with pytest.raises(ServiceUnavailable):
        await Limiter(nowhere).admit(member="a", windows=[HOUR])


async def test_without_redis_a_peek_says_nothing(nowhere: Redis) -> None:
    assert await Limiter(nowhere, fail_open=True).peek([HOUR]) is None


async def test_without_redis_fail_open_admits_a_share(nowhere: Redis) -> None:
    limiter = Limiter(nowhere, fail_open=True, processes=lambda: 5)
    for number in range(10):
        await limiter.admit(member=f"m{number}", windows=[HOUR])
    with pytest.raises(RateLimited) as refused:
        await limiter.admit(member="m10", windows=[HOUR])
    assert refused.value.metadata["limit"] == 10
    await limiter.admit(member="m3", windows=[HOUR])
    await limiter.withdraw("m3", [HOUR])
    await limiter.admit(member="m11", windows=[HOUR])
    await limiter.free_slot(USER, "m1")
