"""A turn without a conversation is held like any other, and ended by others when it is left."""

import pytest
from msgspec import structs
from redis.asyncio import Redis
from sqlalchemy import text

from agents.answering import Answering
from agents.counters import ESTIMATES
from agents.team.clerk import ClerkAgent
from server.accounts import membership
from server.accounts.access import Principal
from server.domain.clock import utc_now
from server.domain.content import ChatMessage, Params, Role
from server.domain.errors import InsufficientCredits, Invalid, NotFound, QuotaExceeded
from server.domain.ids import AccountId, BootId, new_id
from server.domain.limits import OwnLimits
from server.domain.money import NanoUsd
from server.persistence.database import Database
from server.persistence.entitlements import set_own_limits
from server.persistence.notifications import NotificationRow
from server.team import make_answering
from server.turns.oneshot import Asked, OneShots, Purpose
from server.turns.tariff import Tariffs
from tests.server.turns.scene import books_balance, count
from tests.support.teams import team
from tests.support.turns import Harness


def one_shots(turns: Harness, boot: BootId) -> OneShots:
    services = turns.process.services
    return OneShots(
        services.database,
        services.ledger,
        services.plans,
        services.pauses,
        services.thresholds,
        registry=services.registry,
        tariffs=Tariffs(services.prices, ESTIMATES),
        boot=boot,
        hold_s=900,
        credits_per_usd=1_000,
        clock=services.clock,
    )


def answering(turns: Harness) -> Answering:
    services = turns.process.services
    return make_answering(
        services.settings, services.registry, ESTIMATES, services.health, services.clock
    )


def asked(caller: Principal, said: str = "Hello") -> Asked:
    return Asked(
        purpose=Purpose(
            creator_id=caller.user_id, feature="title", agent_id="title", correlation_id="c"
        ),
        models=("demo/causerie-demo",),
        messages=(ChatMessage(role=Role.USER, text=said),),
        instructions="",
        params=Params(max_output_tokens=1_000),
        output=None,
    )


async def held(database: Database) -> int:
    async with database.snapshot() as tx:
        return int(await tx.scalar(text("SELECT sum(held) FROM accounts")) or 0)


async def test_the_hold_is_there_before_anything_is_asked(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person(credits=100)
    shots = one_shots(turns, turns.process.boot)
    turn, plan = await shots.admit(asked(caller), ClerkAgent("title", answering(turns)))
    # 1000 tokens of the demo model take 2 credits, and the question a little.
    assert 2_000_000 < await held(database) < 2_010_000
    assert (turn.conversation_id, turn.agent) == (None, "title")
    run = turns.engine.run(turn, None, plan)
    await run.ended.wait()
    assert run.buffer.text
    assert await held(database) == 0
    await books_balance(database)


async def test_one_in_a_workspace_is_paid_by_it_while_its_user_is_a_member(
    turns: Harness, database: Database
) -> None:
    owner, member = await turns.person(), await turns.person(credits=0)
    workspace = await team(database, owner, member, credits=50)
    shots, agent = one_shots(turns, turns.process.boot), ClerkAgent("title", answering(turns))
    question = asked(member)
    there = structs.replace(
        question, purpose=structs.replace(question.purpose, workspace_id=workspace)
    )
    turn, plan = await shots.admit(there, agent)
    assert turn.workspace_id == workspace
    assert turn.account_id == AccountId(workspace)
    await turns.engine.run(turn, None, plan).ended.wait()
    async with database.transaction() as tx:
        await membership.remove(tx, owner, workspace, member.user_id, utc_now())
    with pytest.raises(NotFound):
        await shots.admit(there, agent)
    with pytest.raises(InsufficientCredits):
        await shots.admit(question, agent)
    await books_balance(database)


async def test_one_whose_process_died_is_ended_and_its_hold_released(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person(credits=100)
    shots = one_shots(turns, BootId(new_id()))
    for _ in range(2):
        await shots.admit(asked(caller), ClerkAgent("title", answering(turns)))
    assert await turns.process.turns.leases.reap(all_others=True) == 2
    await turns.process.turns.journal.flush()
    assert await redis.keys("turn:*") == []  # nobody follows them
    assert await held(database) == 0
    balance, _ = await turns.engine.figures(caller)
    assert balance.credits == "100"
    await books_balance(database)


async def test_what_cannot_be_paid_or_sent_leaves_nothing_behind(
    turns: Harness, database: Database
) -> None:
    poor, caller = await turns.person(credits=1), await turns.person(credits=100)
    shots, clerk = one_shots(turns, turns.process.boot), ClerkAgent("title", answering(turns))
    with pytest.raises(InsufficientCredits):
        await shots.admit(asked(poor), clerk)
    with pytest.raises(Invalid):
        await shots.admit(asked(caller, "word " * 60_000), clerk)
    async with database.snapshot() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM turns")) == 0
    assert await held(database) == 0


@pytest.mark.parametrize(("feature", "told"), [("title", 0), ("analysis", 1)])
async def test_a_refusal_by_quota_is_told_of_what_somebody_asked_for(
    turns: Harness, database: Database, feature: str, told: int
) -> None:
    caller = await turns.person()
    async with database.transaction() as tx:
        await set_own_limits(tx, caller.user_id, OwnLimits(quota_usd=NanoUsd(1_000_000)))
    question = asked(caller)
    question = structs.replace(question, purpose=structs.replace(question.purpose, feature=feature))
    agent = ClerkAgent("title", answering(turns))
    for _ in range(2):
        with pytest.raises(QuotaExceeded):
            await one_shots(turns, turns.process.boot).admit(question, agent)
    assert await count(database, NotificationRow) == told
