"""Usage events become rows and sums: each call once."""

import asyncio
from datetime import date, timedelta

from sqlalchemy import text

from billing.consumers import charges
from server.domain.money import NanoUsd
from tests.billing.consumers.scene import Scene, totals
from tests.billing.support import NOON, make_user, statements_of, usage_event
from tests.support.eventually import eventually


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
    written = []
    for batch in (events[:2], events, [*events, *events]):
        async with scene.database.transaction() as tx:
            written.append(len(await charges.apply(tx, batch)))
    assert written == [2, 1, 0]
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


async def plans(scene: Scene) -> list[str]:
    return [row[0] for row in await scene.rows("SELECT plan FROM monthly_charges")]


async def test_the_plan_of_a_month_is_that_of_its_newest_call_in_any_order(scene: Scene) -> None:
    user, _ = await make_user(scene.database)
    calls = [
        usage_event(user, plan=plan, at=NOON + timedelta(hours=hour))
        for hour, plan in enumerate(("starter", "pro", "business", "pro"))
    ]
    for batch, plan in (
        ([calls[2]], "business"),
        ([calls[1], calls[0]], "business"),
        ([calls[3]], "pro"),
        (calls, "pro"),
    ):
        async with scene.database.transaction() as tx:
            await charges.apply(tx, batch)
        assert await plans(scene) == [plan]


async def test_two_workers_agree_on_the_plan_of_a_month(scene: Scene) -> None:
    user, _ = await make_user(scene.database)
    older = usage_event(user, plan="starter")
    newer = usage_event(user, plan="pro", at=NOON + timedelta(hours=1))
    for first, second in ((older, newer), (newer, older)):
        async with scene.database.transaction() as tx:
            await tx.execute(text("TRUNCATE usage_logs, monthly_charges"))
        async with scene.database.transaction() as one:
            await charges.apply(one, [first])
            waits = asyncio.create_task(
                scene.database.run(lambda tx, event=second: charges.apply(tx, [event]))  # type: ignore[misc]
            )
            await eventually(lambda: is_waiting_for_a_lock(scene))
        await waits
        assert await plans(scene) == ["pro"]


async def is_waiting_for_a_lock(scene: Scene) -> bool:
    rows = await scene.rows(
        "SELECT pid FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return bool(rows)


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
