"""Each invariant of Redis goes red when what it guards is broken."""

from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from billing.consumers.group import CLAIM_IDLE_MS
from billing.invariants.base import GRACE
from billing.invariants.keys import check_keys
from server.domain.clock import utc_now
from server.persistence.database import Database
from server.persistence.redis import (
    INSIGHTS_CAP,
    INSIGHTS_STREAM,
    USAGE_GROUP,
    USAGE_STREAM,
    open_redis,
    slots_key,
)
from server.persistence.usage_stream import EVENT
from tests.billing import books

LEASE_S = 900.0
LATE_MS = CLAIM_IDLE_MS + round(GRACE.total_seconds() * 1_000)


async def names(redis: Redis, database: Database) -> list[str]:
    return [one.name for one in await check_keys(redis, database, slot_lease_s=LEASE_S)]


async def test_nothing_is_found_where_all_is_well(redis: Redis, database: Database) -> None:
    assert await names(redis, database) == []
    await redis.set("rate:user:x", 1, ex=60)
    await redis.xadd(INSIGHTS_STREAM, {"creator": "x"}, maxlen=INSIGHTS_CAP)
    await redis.xadd(USAGE_STREAM, {EVENT: b"{}"})
    await redis.xgroup_create(USAGE_STREAM, USAGE_GROUP, id="0")
    await redis.xreadgroup(USAGE_GROUP, "reader", {USAGE_STREAM: ">"})
    assert await names(redis, database) == []


async def test_a_key_without_a_lifetime_is_named(redis: Redis, database: Database) -> None:
    for number in range(1_500):
        await redis.set(f"rate:user:{number}", 1, ex=60)
    await redis.persist("rate:user:777")
    (found,) = await check_keys(redis, database, slot_lease_s=LEASE_S)
    assert (found.name, found.ids) == ("I11 keys", ["rate:user:777"])


async def test_entries_that_no_group_reads_are_found(redis: Redis, database: Database) -> None:
    await redis.xadd(USAGE_STREAM, {EVENT: b"{}"})
    await redis.xgroup_create(USAGE_STREAM, "another", id="0")
    assert await names(redis, database) == ["I11 group"]


async def test_an_entry_that_nobody_claims_is_named(redis: Redis, database: Database) -> None:
    entry: Any = await redis.xadd(USAGE_STREAM, {EVENT: b"{}"})
    await redis.xgroup_create(USAGE_STREAM, USAGE_GROUP, id="0")
    await redis.xreadgroup(USAGE_GROUP, "dead", {USAGE_STREAM: ">"})
    await redis.xclaim(USAGE_STREAM, USAGE_GROUP, "dead", 0, [entry], idle=LATE_MS - 5_000)
    assert await names(redis, database) == []
    await redis.xclaim(USAGE_STREAM, USAGE_GROUP, "dead", 0, [entry], idle=LATE_MS + 5_000)
    (found,) = await check_keys(redis, database, slot_lease_s=LEASE_S)
    assert (found.name, found.ids) == ("I11 pending", [entry.decode()])
    assert found.rows[0]["consumer"] == "dead"


@pytest.mark.parametrize(
    ("ended_ago", "leased_s", "is_leak"),
    [
        (timedelta(hours=1), 600, True),
        (timedelta(hours=1), -1, False),  # the lease is over: it counts no more
        (timedelta(minutes=10), 600, False),  # Redis was away when it ended
    ],
)
async def test_the_slot_of_a_turn_that_ended_long_ago_is_named(
    redis: Redis, database: Database, ended_ago: timedelta, leased_s: float, is_leak: bool
) -> None:
    owner = await books.make_owner(database)
    ended, live = await books.admit(database, owner), await books.admit(database, owner)
    await books.end(database, ended, at=utc_now() - ended_ago)
    until = int((utc_now().timestamp() + leased_s) * 1_000_000)
    key = slots_key(owner.user)
    await redis.zadd(
        key,
        {str(ended.client_message_id): until, str(live.client_message_id): until, "junk": until},
    )
    await redis.expire(key, 900)
    found = await check_keys(redis, database, slot_lease_s=LEASE_S)
    assert [(one.name, one.ids) for one in found] == (
        [("I3 slots", [str(ended.client_message_id)])] if is_leak else []
    )


async def test_redis_away_is_said(database: Database) -> None:
    nowhere = open_redis("redis://127.0.0.1:1/0")
    try:
        assert await names(nowhere, database) == ["I11 redis"]
    finally:
        await nowhere.aclose()
