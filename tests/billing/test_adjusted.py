"""What was given back is told beside what was taken."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from billing.adjusted import Adjusted, adjusted
from billing.consumers import charges
from billing.credittables import AdjustmentRow
from billing.reports import Range
from billing.reportsources import Filters
from server.domain.ids import new_id
from server.domain.money import NanoUsd
from server.domain.usage import UsageEvent
from server.persistence.database import Database
from tests.billing.support import MONTH, NOON, make_user, usage_event

DAY = Range(start=NOON, end=NOON + timedelta(days=1))


async def test_adjustments_count_when_they_are_made_and_for_the_calls_they_are_of(
    database: Database,
) -> None:
    ann, account = await make_user(database)
    bob, other = await make_user(database)
    chat = usage_event(ann, at=NOON - timedelta(days=5))
    image = usage_event(bob, feature="image", at=NOON)
    async with database.transaction() as tx:
        await charges.apply(tx, [chat, image])
        for event, paid_from, given, at in (
            (chat, account, 5, DAY.start),
            (image, other, 70, DAY.end - timedelta(seconds=1)),
            (image, other, 900, DAY.end),
        ):
            await tx.execute(insert(AdjustmentRow).values(row(event, paid_from, given, at)))
    async with database.snapshot() as snapshot:
        assert await adjusted(snapshot, Filters(), DAY) == told(2, 75)
        assert await adjusted(snapshot, Filters(features=("chat",)), DAY) == told(1, 5)
        assert await adjusted(snapshot, Filters(creator=bob), DAY) == told(1, 70)
        assert await adjusted(snapshot, Filters(creator=bob, features=("chat",)), DAY) == told(0, 0)


def told(count: int, given: int) -> Adjusted:
    return Adjusted(count=count, cost_usd=NanoUsd(0), charged=-given, charged_usd=NanoUsd(-given))


def row(event: UsageEvent, account: Any, given: int, at: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "kind": "refund",
        "batch_id": new_id(),
        "call_id": event.call_id,
        "turn_id": event.turn_id,
        "account_id": account,
        "creator_id": event.creator_id,
        "month": MONTH,
        "cost_usd": 0,
        "charged": -given,
        "charged_usd": -given,
        "reason": "It was wrong.",
        "key": f"test:{new_id()}",
        "at": at,
    }
