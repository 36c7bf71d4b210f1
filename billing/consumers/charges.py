"""Usage events become usage logs and monthly charges: each call once, whatever is delivered."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import to_builtins
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from billing.tables import MonthlyChargeRow, UsageLogRow
from server.domain.ids import CallId
from server.domain.usage import UsageEvent
from server.persistence import outbox
from server.persistence.database import Tx

_LOG = insert(UsageLogRow).on_conflict_do_nothing().returning(UsageLogRow.call_id)
_charge = insert(MonthlyChargeRow)
_CHARGE = _charge.on_conflict_do_update(
    index_elements=[MonthlyChargeRow.creator_id, MonthlyChargeRow.month],
    set_={
        "cost_usd": MonthlyChargeRow.cost_usd + _charge.excluded.cost_usd,
        "charged": MonthlyChargeRow.charged + _charge.excluded.charged,
        "charged_usd": MonthlyChargeRow.charged_usd + _charge.excluded.charged_usd,
        "request_count": MonthlyChargeRow.request_count + _charge.excluded.request_count,
    },
).returning(MonthlyChargeRow.creator_id, MonthlyChargeRow.month, MonthlyChargeRow.plan)

_PLAN = text("""
UPDATE monthly_charges SET plan = (
    SELECT plan FROM usage_logs WHERE creator_id = :creator AND month = :month
    ORDER BY at DESC, call_id DESC LIMIT 1)
WHERE creator_id = :creator AND month = :month
""")
"""A month's plan is that of its newest call, in whatever order calls are billed. The row is locked
by now: whoever else adds to it comes later, and asks again."""


async def apply(tx: Tx, events: Sequence[UsageEvent]) -> None:
    """Write what of ``events`` is not written yet, all in this transaction.

    Only the rows that were really inserted are added to the month: a call that comes again, in
    this batch, another worker's or a replay of the whole stream, adds nothing. Rows go in one
    order, so that two workers with the same calls never wait in a circle.
    """
    calls = {event.call_id: event for event in sorted(events, key=lambda event: event.call_id)}
    if not calls:
        return
    written = await tx.execute(_LOG, [usage_row(event) for event in calls.values()])
    charges = monthly(calls[CallId(call)] for call in written.scalars())
    if charges:
        plans = {(charge["creator_id"], charge["month"]): charge["plan"] for charge in charges}
        now = (await tx.execute(_CHARGE, charges)).all()
        changed = [
            {"creator": creator, "month": month}
            for creator, month, plan in now
            if plans[creator, month] != plan
        ]
        if changed:
            await tx.execute(_PLAN, changed)
    await outbox.mark_applied(tx, list(calls))


def usage_row(event: UsageEvent) -> dict[str, Any]:
    """The columns of ``usage_logs`` for one event."""
    return {
        "call_id": event.call_id,
        "turn_id": event.turn_id,
        "creator_id": event.creator_id,
        "workspace_id": event.workspace_id,
        "feature": event.feature,
        "agent": event.agent,
        "provider": event.provider,
        "model": event.model,
        "input_tokens": event.usage.input_tokens,
        "cached_input_tokens": event.usage.cached_input_tokens,
        "cache_write_tokens": event.usage.cache_write_tokens,
        "output_tokens": event.usage.output_tokens,
        "reasoning_tokens": event.usage.reasoning_tokens,
        "prices": to_builtins(event.price),
        "cost_usd": event.cost_usd,
        "charged": event.charged,
        "charged_usd": event.charged_usd,
        "usage_source": event.usage.source.value,
        "outcome": event.outcome.value,
        "plan": event.plan,
        "month": event.month,
        "correlation_id": event.correlation_id,
        "duration_ms": event.duration_ms,
        "at": event.at,
        "raw": event.usage.raw,
    }


def monthly(events: Iterable[UsageEvent]) -> list[dict[str, Any]]:
    """What events add to each creator's month of admission, in the order of the key."""
    sums: defaultdict[tuple[UUID, date], list[UsageEvent]] = defaultdict(list)
    for event in events:
        sums[event.creator_id, event.month].append(event)
    return [
        {
            "creator_id": creator,
            "month": month,
            "cost_usd": sum(event.cost_usd for event in group),
            "charged": sum(event.charged for event in group),
            "charged_usd": sum(event.charged_usd for event in group),
            "request_count": len(group),
            "plan": max(group, key=lambda event: (event.at, event.call_id)).plan,
        }
        for (creator, month), group in sorted(sums.items(), key=lambda item: item[0])
    ]
