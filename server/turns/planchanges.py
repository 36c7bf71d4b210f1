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
from server.persistence import entitlements
from server.persistence.database import Tx
from server.persistence.entitlements import Entitled
from server.persistence.notices import announce
from server.protocol.events import QuotaThreshold
from server.turns.thresholds import note


async def follow(
    tx: Tx, plans: Plans, user: UUID, before: Entitled, *, now: datetime
) -> list[QuotaThreshold]:
    """Tell the user of another plan; of a limit of which more is spent than 80 or 95 per cent, they
    are told now, since no charge will cross that mark any more.

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
    month = month_of(now)
    used = await change_limit(tx, user, month, limit)
    if limit is None:
        return []
    return await note(tx, user, month, limit, used, passed(used.spent, limit)[-1:], now=now)
