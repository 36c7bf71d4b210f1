"""Users hear of 80, 95 and 100 per cent of their month, once each, whatever happens around it."""

import asyncio
from typing import Any

from msgspec import structs
from redis.asyncio import Redis
from sqlalchemy import insert, select, update

from billing.tables import QuotaRow
from server.accounts.access import Principal
from server.domain.errors import QuotaExceeded
from server.domain.ids import new_id
from server.domain.limits import OwnLimits
from server.domain.money import NANOS_PER_USD, NanoUsd
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.deliveries import DeliveryRow
from server.persistence.entitlements import set_own_limits
from server.persistence.notifications import NotificationRow
from server.persistence.webhooks import WebhookRow
from server.protocol.events import QuotaThreshold
from server.turns.thresholds import told_marks
from tests.billing.support import statements_of
from tests.server.turns.scene import books_balance, count, nanos
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

ANSWER = "[demo: long 500] x"
"""0.001 dollars and a little for 500 tokens of the demo model."""

COST = 1_000_000
"""Nano-dollars of it, at least."""


async def limited(turns: Harness, usd: int, *, webhook: bool = False) -> Principal:
    """A user whose own limit is so many nano-dollars, and who may want to hear by a webhook."""
    caller = await turns.person(plan="business")
    async with turns.process.services.database.transaction() as tx:
        await set_own_limits(tx, caller.user_id, OwnLimits(quota_usd=NanoUsd(usd)))
        if webhook:
            await tx.execute(insert(WebhookRow).values(webhook_of(caller)))
    return structs.replace(caller, own_limits=OwnLimits(quota_usd=NanoUsd(usd)))


def webhook_of(caller: Principal) -> dict[str, Any]:
    return {
        "id": new_id(),
        "user_id": caller.user_id,
        "url": "https://host.example/hook",
        "host": "host.example",
        "description": "",
        "events": ["quota.threshold"],
        "secret": b"sealed",
    }


def hear(turns: Harness, caller: Principal) -> list[int]:
    """Marks that sessions of the caller are told of, as they come."""
    heard = list[int]()

    def listen(event: object) -> None:
        if isinstance(event, QuotaThreshold):
            heard.append(event.percent)

    turns.engine.feed.follow_user(caller.user_id, listen)
    return heard


async def told(database: Database, caller: Principal) -> list[dict[str, Any]]:
    async with database.snapshot() as tx:
        rows = await tx.scalars(
            select(NotificationRow.data)
            .where(NotificationRow.user_id == caller.user_id)
            .order_by(NotificationRow.id)
        )
        return list(rows)


async def spend(turns: Harness, caller: Principal, usd: int) -> None:
    """As if so much of this month had been charged before."""
    await turns.answer(caller, "x")
    async with turns.process.services.database.transaction() as tx:
        await tx.execute(
            update(QuotaRow).where(QuotaRow.user_id == caller.user_id).values(spent=usd)
        )


async def test_each_mark_is_told_when_a_charge_passes_it_and_never_again(
    turns: Harness, database: Database
) -> None:
    caller = await limited(turns, 100 * COST, webhook=True)
    heard = hear(turns, caller)
    await spend(turns, caller, 79 * COST + COST // 2)
    assert heard == []
    outcome = await turns.answer(caller, ANSWER)
    assert heard == [80]
    await turns.answer(caller, ANSWER)
    assert heard == [80]
    (first,) = await told(database, caller)
    assert first == {"percent": 80, "quota": outcome["quota"]}
    await spend(turns, caller, 94 * COST + COST // 2)
    await turns.answer(caller, ANSWER)
    assert heard == [80, 95]
    assert await count(database, DeliveryRow) == 2


async def test_a_charge_that_passes_two_marks_tells_of_both(
    turns: Harness, database: Database
) -> None:
    caller = await limited(turns, 100 * COST)
    heard = hear(turns, caller)
    await spend(turns, caller, 79 * COST)
    await turns.answer(caller, "[demo: long 9000] x")
    assert heard == [80, 95]


async def test_the_first_refusal_is_told_and_those_after_it_cost_nothing(
    turns: Harness, database: Database
) -> None:
    caller = await limited(turns, 100 * COST, webhook=True)
    heard = hear(turns, caller)
    await spend(turns, caller, 99 * COST)
    noted = list[int]()
    for _ in range(3):
        with statements_of(turns.process.services.database) as seen:
            refusals = await asyncio.gather(
                *(turns.say(caller, "x") for _ in range(4)), return_exceptions=True
            )
        assert {type(refusal) for refusal in refusals} == {QuotaExceeded}
        noted.append(sum("INSERT INTO notifications" in statement for statement in seen))
    assert noted == [1, 0, 0]
    assert heard == [100]
    (only,) = await told(database, caller)
    assert (only["percent"], only["quota"]["spentUsd"]) == (100, "0.099")
    assert await count(database, DeliveryRow) == 1


async def test_a_refusal_says_limit_rest_need_and_when_it_comes_back(
    turns: Harness, database: Database
) -> None:
    caller = await limited(turns, 100 * COST)
    await spend(turns, caller, 99 * COST)
    (refused,) = await asyncio.gather(turns.say(caller, "x"), return_exceptions=True)
    assert isinstance(refused, QuotaExceeded)
    figures = refused.metadata
    assert (figures["scope"], figures["limit"], figures["remaining"]) == ("quota", "0.1", "0.001")
    assert nanos(figures["needed"]) > COST
    _, quota = await turns.engine.figures(caller)
    assert figures["resetsAt"] == quota.resets_at.isoformat().replace("+00:00", "Z")


async def test_an_answer_that_the_quota_stops_is_the_hundredth_per_cent(
    turns: Harness, database: Database
) -> None:
    caller = await limited(turns, 10 * COST)
    heard = hear(turns, caller)
    outcome = await turns.answer(caller, "[demo: long 20000] x")
    assert outcome["finishReason"] == "quota"
    assert heard == [80, 95, 100]
    assert [each["percent"] for each in await told(database, caller)] == [80, 95, 100]
    await books_balance(database)


async def test_who_is_given_another_limit_is_told_of_that_one_as_well(
    turns: Harness, database: Database
) -> None:
    caller = await limited(turns, 10 * COST)
    heard = hear(turns, caller)
    await turns.answer(caller, "[demo: long 20000] x")
    async with turns.process.services.database.transaction() as tx:
        await set_own_limits(tx, caller.user_id, OwnLimits(quota_usd=NanoUsd(100 * COST)))
    await spend(turns, caller, 79 * COST + COST // 2)
    await turns.answer(caller, ANSWER)
    assert heard == [80, 95, 100, 80]
    async with database.snapshot() as tx:
        month = (await tx.execute(select(QuotaRow.month))).scalar_one()
        for limit, marks in ((10, [80, 95, 100]), (100, [80]), (50, [])):
            found = await told_marks(tx, caller.user_id, month, NanoUsd(limit * COST))
            assert found == marks


async def test_who_has_no_limit_is_told_nothing(turns: Harness, database: Database) -> None:
    caller = await turns.person(plan="business")
    heard = hear(turns, caller)
    await spend(turns, caller, 10**6 * NANOS_PER_USD)
    await turns.answer(caller, ANSWER)
    assert (heard, await told(database, caller)) == ([], [])


async def test_sessions_hear_of_it_in_every_process(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as here, turn_harness(migrated) as elsewhere:
        caller, confirmed = await limited(here, 10 * COST), list[object]()
        elsewhere.process.bell.when_heard(lambda *who: confirmed.append(who))
        elsewhere.process.bell.watch(caller.user_id)
        await eventually(lambda: confirmed)
        heard = hear(elsewhere, caller)
        await here.answer(caller, "[demo: long 20000] x")
        await eventually(lambda: heard == [80, 95, 100])
        # The other process refuses, too, and finds that it was told.
        await asyncio.gather(elsewhere.say(caller, "x"), return_exceptions=True)
        assert heard == [80, 95, 100]
