"""A turn counts against its user, its address and the workspace that it is in."""

import asyncio

import pytest
from redis.asyncio import Redis

from billing.ratelimit import FREE_AFTER_S
from billing.windows import Remaining
from server.domain.errors import ModelUnavailable, RateLimited
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.redis import rate_key, slots_key
from server.protocol.commands import StartTurnBody
from server.turns.oneshot import Purpose
from tests.support.commands import round_trips_of
from tests.support.eventually import eventually
from tests.support.teams import team
from tests.support.turns import Harness, turn_harness


async def counted(redis: Redis, scope: str, name: object) -> int:
    return int(await redis.zcard(rate_key(scope, str(name))))


async def test_a_workspace_s_own_limit_holds_for_all_its_members_together(
    turns: Harness, database: Database, redis: Redis
) -> None:
    ada, bob = await turns.person(), await turns.person()
    workspace = await team(database, ada, bob, credits=50, requests_per_hour=2)
    await turns.answer(ada, "x", workspace_id=workspace)
    await turns.answer(bob, "x", workspace_id=workspace)
    for caller in (ada, bob):
        with pytest.raises(RateLimited) as refused:
            await turns.say(caller, "x", workspace_id=workspace)
        assert refused.value.metadata["scope"] == "workspace"
        assert refused.value.metadata["limit"] == 2
        # What was refused counts nowhere, and one's own workspace goes on.
        assert await counted(redis, "user", caller.user_id) == 1
        await turns.answer(caller, "x")
    assert await counted(redis, "workspace", workspace) == 2


async def test_a_limit_above_the_deployment_s_changes_nothing(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated, rate_workspace_per_hour=1) as harness:
        caller = await harness.person()
        workspace = await team(database, caller, credits=50, requests_per_hour=100)
        await harness.answer(caller, "x", workspace_id=workspace)
        with pytest.raises(RateLimited) as refused:
            await harness.say(caller, "x", workspace_id=workspace)
        assert refused.value.metadata["limit"] == 1


async def test_a_workspace_found_by_its_conversation_is_counted_too(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()
    workspace = await team(database, caller, credits=50, requests_per_hour=2)
    started = await turns.say(caller, "x", workspace_id=workspace)
    await turns.end(started.cursor)
    place = {"conversation_id": started.event.conversation_id}
    await turns.answer(caller, "y", **place)
    told = list[Remaining]()
    with pytest.raises(RateLimited) as refused:
        await turns.engine.start(
            caller,
            StartTurnBody(
                text="z",
                client_message_id=new_id(),
                conversation_id=started.event.conversation_id,
            ),
            address="127.0.0.1",
            correlation_id="test",
            told=told.extend,
        )
    assert refused.value.metadata["scope"] == "workspace"
    last = {stood.scope: (stood.limit, stood.remaining) for stood in told}
    assert last == {
        "user": (500, 498),
        "workspace": (2, 0),  # the one that refused, and not the caller's own
        "address": (3_000, 2_998),
        "turns": (200, 200),
    }
    # The refused one is counted nowhere: neither where it was found, nor where it was asked before.
    assert await counted(redis, "workspace", workspace) == 2
    assert await counted(redis, "user", caller.user_id) == 2
    assert await counted(redis, "workspace", caller.workspace_id) == 1


async def test_a_later_refusal_gives_all_of_it_back(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()
    workspace = await team(database, caller, credits=50)
    with pytest.raises(ModelUnavailable):
        await turns.say(caller, "x", workspace_id=workspace, model="nobody/nothing")
    assert await redis.keys("*") == []


async def test_whoever_has_a_network_of_addresses_is_counted_once(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()
    for host in ("1", "2:3:4"):
        started = await turns.engine.start(
            caller,
            StartTurnBody(text="x", client_message_id=new_id()),
            address=f"2001:db8:0:7::{host}",
            correlation_id="test",
        )
        await turns.end(started.cursor)
    assert await counted(redis, "address", "2001:db8:0:7::/64") == 2


async def test_the_hour_is_looked_at_and_not_counted(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()
    left = []
    for _ in range(2):
        stood = await turns.process.turns.counting.hour_of(caller)
        left.append(stood and stood.remaining)
        await turns.answer(caller, "x")
    assert left == [500, 499]
    assert await counted(redis, "user", caller.user_id) == 2


@pytest.mark.parametrize(("feature", "frees"), [("title", 0), ("summary", 0), ("test", 1)])
async def test_only_what_was_counted_gives_a_slot_back(
    turns: Harness, database: Database, redis: Redis, feature: str, frees: int
) -> None:
    caller = await turns.person()
    purpose = Purpose(
        creator_id=caller.user_id, feature=feature, agent_id=feature, correlation_id="c"
    )
    with round_trips_of(turns.process.services.redis) as seen:
        await turns.process.turns.generation.generate_text_with_billing("x", purpose)
        await asyncio.sleep(2 * FREE_AFTER_S)
    assert sum("ZREM" in str(command) for command in seen) == frees


async def test_a_message_that_calls_itself_a_title_is_counted_and_gives_its_slot_back(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()
    await turns.answer(caller, "x", feature="title")
    assert await counted(redis, "user", caller.user_id) == 1

    async def is_free() -> bool:
        return await redis.zcard(slots_key(caller.user_id)) == 0

    await eventually(is_free)
