"""Redis stopped or frozen: turns go on behind the limiter of the process, or are refused with a
hint; either way nobody waits for it but the first who finds out."""

import asyncio

import pytest

from server.accounts.access import Principal
from server.domain.errors import RateLimited, ServiceUnavailable
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness
from tests.support.valkey import Valkey, own_valkey

TURNS = 12
"""Each would wait 2 s for a frozen Redis, more than once."""

SOON_S = 10.0


def urls_of(migrated: EngineUrls, valkey: Valkey) -> EngineUrls:
    return EngineUrls(database_url=migrated.database_url, redis_url=valkey.url)


def go_away(valkey: Valkey, how: str) -> None:
    if how == "frozen":
        valkey.freeze()
    else:
        valkey.kill()


async def come_back(valkey: Valkey, how: str) -> None:
    if how == "frozen":
        valkey.thaw()
    else:
        await valkey.start()


async def answers(harness: Harness, caller: Principal) -> bool:
    try:
        return bool((await harness.answer(caller, "Hello"))["type"] == "turn.completed")
    except ServiceUnavailable:
        return False


@pytest.mark.parametrize("how", ["frozen", "stopped"])
async def test_turns_go_on_behind_the_limiter_of_the_process(
    migrated: EngineUrls, database: Database, how: str
) -> None:
    async with (
        own_valkey() as valkey,
        turn_harness(
            urls_of(migrated, valkey),
            rate_limit_fail_open="true",
            rate_business_per_hour=TURNS + 2,
        ) as harness,
    ):
        caller = await harness.person()
        assert await answers(harness, caller)
        go_away(valkey, how)
        assert await answers(harness, caller)
        async with asyncio.timeout(SOON_S):
            for _ in range(TURNS):
                assert await answers(harness, caller)
        assert await answers(harness, caller)
        with pytest.raises(RateLimited) as refused:
            await harness.answer(caller, "One more than the limit since Redis went")
        assert (refused.value.retry_after or 0) > 3_000
        await come_back(valkey, how)
        guard = harness.process.services.redis.guard
        await eventually(lambda: not guard.is_open)
        assert await answers(harness, caller)  # Redis has not counted those
        await books_balance(database)


@pytest.mark.parametrize("how", ["frozen", "stopped"])
async def test_turns_are_refused_with_a_hint_where_limits_must_hold(
    migrated: EngineUrls, database: Database, how: str
) -> None:
    async with (
        own_valkey() as valkey,
        turn_harness(urls_of(migrated, valkey), rate_limit_fail_open="false") as harness,
    ):
        caller = await harness.person()
        assert await answers(harness, caller)
        go_away(valkey, how)
        with pytest.raises(ServiceUnavailable) as refused:
            await harness.say(caller, "Hello")
        assert refused.value.retry_after
        async with asyncio.timeout(SOON_S):
            for _ in range(10 * TURNS):
                with pytest.raises(ServiceUnavailable):
                    await harness.say(caller, "Hello")
        await come_back(valkey, how)
        await eventually(lambda: answers(harness, caller))
        await books_balance(database)
