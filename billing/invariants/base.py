"""What an invariant is, and how a breach of one is told.

All that are asked of the database run in one snapshot, in which every transaction is there whole or
not at all: so most hold at any moment, also while turns run. What travels between transactions gets
``:grace``.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import TextClause, text

GRACE = timedelta(minutes=2)
"""How long an event may be on its way, and a hold's end may lag behind its expiry."""

SHOWN_MAX = 20
"""Rows of one finding that are named; ``count`` has them all."""

_EVENTS = """
WITH events AS (
    SELECT call_id, turn_id, creator_id, month, cost_usd, charged, charged_usd FROM usage_logs
    UNION ALL
    SELECT call_id, (payload->>'turnId')::uuid, (payload->>'creatorId')::uuid,
           (payload->>'month')::date, (payload->>'costUsd')::bigint,
           (payload->>'charged')::bigint, (payload->>'chargedUsd')::bigint
    FROM outbox WHERE applied_at IS NULL
), spendings AS (
    SELECT creator_id, month, charged_usd FROM events
    UNION ALL
    SELECT creator_id, month, charged_usd FROM adjustments
)
"""


class Invariant(Struct, frozen=True, kw_only=True):
    """``name`` as in the list of invariants, ``says`` what is true unless the query has rows.

    The query's first column names what breaks it, the others are figures.
    """

    name: str
    says: str
    query: TextClause


class Finding(Struct, frozen=True, kw_only=True):
    """An invariant that does not hold: what should be true, and where it is not.

    ``ids`` name accounts, turns, calls, creators or keys; ``rows`` say the same with their figures.
    """

    name: str
    says: str
    count: int
    ids: list[str]
    rows: list[dict[str, str]]


def told(name: str, says: str, rows: Sequence[dict[str, Any]]) -> Finding | None:
    """What ``rows`` show; None: there are none, all is well."""
    if not rows:
        return None
    shown = [{name: _text(value) for name, value in row.items()} for row in rows[:SHOWN_MAX]]
    return Finding(
        name=name,
        says=says,
        count=len(rows),
        ids=[next(iter(row.values())) for row in shown],
        rows=shown,
    )


def over_events(query: str) -> TextClause:
    """A query that may read ``events``: every usage event, written or not; and ``spendings``: what
    they and their adjustments were charged in dollars."""
    return text(_EVENTS + query)


def _text(value: object) -> str:
    """Sums of bigints come as decimals, which would show 8000000 as 8.00E+6."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
