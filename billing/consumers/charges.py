"""Usage events become usage logs and monthly charges: each call once, whatever is delivered."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import to_builtins

from server.domain.ids import CallId
from server.domain.usage import UsageEvent
from server.persistence import outbox
from server.persistence.database import Tx
from server.persistence.prepared import Prepared, as_json

_LOG = Prepared("""
INSERT INTO usage_logs (
    call_id, turn_id, creator_id, workspace_id, feature, agent, provider, model, input_tokens,
    cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, prices, cost_usd,
    charged, charged_usd, usage_source, outcome, plan, month, correlation_id, duration_ms, at, raw,
    images, characters, audio_ms)
SELECT
    call_id, turn_id, creator_id, workspace_id, feature, agent, provider, model, input_tokens,
    cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, prices, cost_usd,
    charged, charged_usd, usage_source, outcome, plan, month, correlation_id, duration_ms, at, raw,
    images, characters, audio_ms
FROM jsonb_populate_recordset(CAST(NULL AS usage_logs), CAST(:rows AS jsonb))
ORDER BY call_id
ON CONFLICT DO NOTHING
RETURNING call_id
""")

_CHARGE = Prepared("""
INSERT INTO monthly_charges (
    creator_id, month, cost_usd, charged, charged_usd, request_count, plan)
SELECT creator_id, month, cost_usd, charged, charged_usd, request_count, plan
FROM jsonb_populate_recordset(CAST(NULL AS monthly_charges), CAST(:rows AS jsonb))
ORDER BY creator_id, month
ON CONFLICT (creator_id, month) DO UPDATE SET
    cost_usd = monthly_charges.cost_usd + excluded.cost_usd,
    charged = monthly_charges.charged + excluded.charged,
    charged_usd = monthly_charges.charged_usd + excluded.charged_usd,
    request_count = monthly_charges.request_count + excluded.request_count
RETURNING creator_id, month, plan
""")

_PLAN = Prepared("""
UPDATE monthly_charges SET plan = (
    SELECT plan FROM usage_logs WHERE creator_id = :creator AND month = :month
    ORDER BY at DESC, call_id DESC LIMIT 1)
WHERE creator_id = :creator AND month = :month
""")
"""A month's plan is that of its newest call, in whatever order calls are billed. The row is locked
by now: whoever else adds to it comes later, and asks again."""


async def apply(tx: Tx, events: Sequence[UsageEvent]) -> list[UsageEvent]:
    """Write what of ``events`` is not written yet, all in this transaction, and answer which.

    Only the rows that were really inserted are added to the month: a call that comes again, in
    this batch, another worker's or a replay of the whole stream, adds nothing. Rows go in one
    order, so that two workers with the same calls never wait in a circle.
    """
    calls = {event.call_id: event for event in events}
    if not calls:
        return []
    rows = as_json([usage_row(event) for event in calls.values()])
    written = [calls[CallId(row["call_id"])] for row in await _LOG.rows(tx, rows=rows)]
    charges = monthly(written)
    if charges:
        plans = {(charge["creator_id"], charge["month"]): charge["plan"] for charge in charges}
        for creator, month, plan in await _CHARGE.rows(tx, rows=as_json(charges)):
            if plans[creator, month] != plan:
                await _PLAN.run(tx, creator=creator, month=month)
    await outbox.mark_applied(tx, list(calls))
    return written


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
        "images": event.usage.images,
        "characters": event.usage.characters,
        "audio_ms": event.usage.audio_ms,
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
