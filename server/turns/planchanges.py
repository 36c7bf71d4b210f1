"""What follows from another plan, or from another limit of one's own, in its own transaction."""

from datetime import datetime
from uuid import UUID

from billing.plans import Plans
from billing.quotalimits import change_limit
from billing.quotas import passed
from server.domain.clock import month_of
from server.domain.ids import new_id
from server.domain.money import usd_text
from server.domain.notices import Notice
from server.persistence import entitlements, notifications
from server.persistence.database import Tx
from server.persistence.entitlements import Entitled
from server.persistence.notices import announce
from server.protocol.events import QuotaChanged
from server.turns.feed import QuotaEvent
from server.turns.receipts import quota_of
from server.turns.thresholds import note


async def follow(
    tx: Tx, plans: Plans, user: UUID, before: Entitled, *, now: datetime
) -> list[QuotaEvent]:
    """Tell the user of another plan or limit. With another limit, what was told of marks of the one
    before counts as read. Where 80 or 95 per cent of the new one is spent already, that mark is
    told now, since no charge will cross it any more.

    ``before``: what held until this transaction. Answers what sessions are told after the commit.
    """
    after = await entitlements.find(tx, user)
    was, holds = (plans.of(each.plan, each.own_limits) for each in (before, after))
    limit = holds.quota_usd
    if was.name != holds.name:
        id = new_id()
        told = {
            "before": was.name.value,
            "plan": holds.name.value,
            "limitUsd": None if limit is None else usd_text(limit),
        }
        await announce(tx, user, Notice.PLAN_CHANGED, told, id=id, key=f"plan:{id}", now=now)
    if was.quota_usd == limit:
        return []
    # Marks of a limit that holds no longer would stand over every page.
    await notifications.read_event(tx, Notice.QUOTA_THRESHOLD, user, now)
    month = month_of(now)
    used = await change_limit(tx, user, month, limit)
    news: list[QuotaEvent] = [QuotaChanged(quota=quota_of(month, limit, used.spent, used.held))]
    if limit is not None:
        news += await note(tx, user, month, limit, used, passed(used.spent, limit)[-1:], now=now)
    return news
