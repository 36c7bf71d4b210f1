"""Usage events become rows and sums: each call once."""

import asyncio
from datetime import date

from sqlalchemy import text

from billing.consumers import charges
from server.domain.money import NanoUsd
from tests.billing.consumers.scene import Scene, totals
from tests.billing.support import NOON, make_user, statements_of, usage_event


async def test_a_call_becomes_a_row_with_all_it_had(scene: Scene) -> None:
    user, _ = await make_user(scene.database)
    event = usage_event(user)
    await scene.commit([event])
    async with scene.database.transaction() as tx:
        await charges.apply(tx, [event])
    async with scene.database.snapshot() as snapshot:
        row = (await snapshot.execute(text("SELECT * FROM usage_logs"))).mappings().one()
    assert dict(row) == charges.usage_row(event)
    assert await scene.unapplied() == 0


async def test_the_same_calls_again_add_nothing(scene: Scene) -> None:
    user, _ = await make_user(scene.database)
    events = [usage_event(user, cost=cost) for cost in (1, 20, 300)]
    for batch in (events[:2], events, [*events, *events]):
        async with scene.database.transaction() as tx:
            await charges.apply(tx, batch)
    assert await scene.charges() == totals(events)


async def test_charges_go_to_the_month_of_admission_of_each_creator(scene: Scene) -> None:
    ann, _ = await make_user(scene.database)
    bob, _ = await make_user(scene.database)
    events = [
        usage_event(ann, cost=5),
        usage_event(ann, cost=7, month=date(2026, 2, 1)),
        usage_event(bob, cost=11),
        usage_event(bob, cost=13, charged=0, charged_usd=NanoUsd(0)),
    ]
    async with scene.database.transaction() as tx:
        await charges.apply(tx, events)
    assert await scene.charges() == totals(events)
    assert len(await scene.charges()) == 3


async def test_two_workers_with_the_same_calls_agree(scene: Scene) -> None:
    users = [(await make_user(scene.database))[0] for _ in range(5)]
    events = [usage_event(users[number % 5], cost=number + 1) for number in range(60)]
    await scene.commit(events)

    async def work(order: int) -> None:
        await scene.database.run(lambda tx: charges.apply(tx, events[::order]))

    await asyncio.gather(*(work(order) for order in (1, -1, 1, -1)))
    assert await scene.charges() == totals(events)
    assert await scene.unapplied() == 0


async def test_a_batch_of_any_size_is_three_statements(scene: Scene) -> None:
    user, _ = await make_user(scene.database)
    events = [usage_event(user, at=NOON) for _ in range(200)]
    async with scene.database.transaction() as tx:
        with statements_of(scene.database) as seen:
            await charges.apply(tx, events)
        assert len(seen) == 3
        await charges.apply(tx, [])
