"""Guessing gets slow and then stops; nobody locks somebody else out."""

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.accounts.throttle import LONGEST_DELAY_S, Throttle, delay
from server.domain.errors import RateLimited, ServiceUnavailable
from server.persistence.redis import open_redis
from tests.server.accounts.people import TurnedClock


def throttle(redis: Redis, per_account: int = 10, per_address: int = 50) -> Throttle:
    return Throttle(redis, per_account=per_account, per_address=per_address, clock=TurnedClock())


async def test_the_eleventh_failure_of_an_account_from_one_address_is_refused(
    redis: Redis,
) -> None:
    guard = throttle(redis)
    for _ in range(10):
        await guard.attempt("ada@example.com", "192.0.2.1")
    with pytest.raises(RateLimited) as refused:
        await guard.attempt("ada@example.com", "192.0.2.1")
    assert 0 < (refused.value.retry_after or 0) <= 900
    assert refused.value.metadata["scope"] == "account"
    await guard.attempt("bob@example.com", "192.0.2.1")
    await guard.attempt("ada@example.com", "192.0.2.2")


async def test_an_address_is_refused_whatever_accounts_it_tries(redis: Redis) -> None:
    guard = throttle(redis, per_address=5)
    for number in range(5):
        await guard.attempt(f"user{number}@example.com", "2001:db8::1")
    with pytest.raises(RateLimited) as refused:
        await guard.attempt("other@example.com", "2001:db8::2")
    assert refused.value.metadata["scope"] == "address"


async def test_guesses_sent_at_once_are_counted_before_any_is_looked_at(redis: Redis) -> None:
    guard = throttle(redis)
    answers = await asyncio.gather(
        *(guard.attempt("ada@example.com", "192.0.2.1") for _ in range(40)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, RateLimited) for answer in answers) == 30


async def test_successes_count_for_nothing(redis: Redis) -> None:
    guard = throttle(redis, per_account=2)
    for _ in range(5):
        await guard.attempt("ada@example.com", "192.0.2.1")
        await guard.succeeded("ada@example.com", "192.0.2.1")


async def test_a_new_password_is_tried_at_once_where_it_was_chosen(redis: Redis) -> None:
    guard = throttle(redis, per_account=5, per_address=6)
    for _ in range(5):
        await guard.attempt("ada@example.com", "192.0.2.1")
    await guard.forget("ada@example.com", "192.0.2.1")
    assert await guard.attempt("ada@example.com", "192.0.2.1") == 0
    with pytest.raises(RateLimited) as refused:
        await guard.attempt("bob@example.com", "192.0.2.1")
    assert refused.value.metadata["scope"] == "address"


async def test_failures_from_elsewhere_only_delay_the_owner(redis: Redis) -> None:
    guard = throttle(redis)
    for number in range(40):
        await guard.attempt("ada@example.com", f"192.0.2.{number}")
    assert await guard.attempt("ada@example.com", "198.51.100.1") == LONGEST_DELAY_S


async def test_every_count_has_a_lifetime_also_after_it_was_taken_back(redis: Redis) -> None:
    guard = throttle(redis)
    await guard.attempt("ada@example.com", "192.0.2.1")
    keys = await redis.keys("*")
    assert len(keys) == 3
    assert all([0 < await redis.ttl(key) <= 900 for key in keys])
    assert not any(b"ada" in key for key in keys)
    await redis.delete(*keys)
    await guard.succeeded("ada@example.com", "192.0.2.1")
    assert await redis.keys("*") == []


async def test_without_redis_nobody_guesses(tmp_path: Path) -> None:
    nobody = open_redis(f"unix://{tmp_path}/nobody.sock")
    guard = throttle(nobody)
    with pytest.raises(ServiceUnavailable):
        await guard.attempt("ada@example.com", "192.0.2.1")
    await guard.succeeded("ada@example.com", "192.0.2.1")
    await nobody.aclose()


def test_delays_double_from_the_fourth_failure_and_are_bounded() -> None:
    assert [delay(failures) for failures in range(10)] == [0, 0, 0, 0.5, 1, 2, 4, 8, 8, 8]
    assert delay(10**9) == LONGEST_DELAY_S
