"""Tables that follow from others, made again: usage rows from their events, charges from the rows.

Equal to the byte to what the worker wrote, because it is written by the same code. Both go on while
workers write: what is added meanwhile is in the sum or comes to it afterwards.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from msgspec import ValidationError, convert
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from billing.consumers.charges import usage_row
from billing.consumers.failures import is_transient
from billing.invariants.usage import WRONG_CHARGES, WRONG_ROWS
from billing.tables import UsageLogRow
from server.domain.usage import UsageEvent
from server.persistence.database import Database, Tx, allow
from server.persistence.outbox import OutboxRow

_Item = TypeVar("_Item")

BATCH = 200
"""Rows of one transaction: a worker waits for it no longer than for another worker's."""

STATEMENT_S = 300.0
"""Looking for what is wrong reads everything there ever was."""

_row = insert(UsageLogRow)
_WRITE = _row.on_conflict_do_update(
    index_elements=[UsageLogRow.call_id],
    set_={name: column for name, column in _row.excluded.items() if name != "call_id"},
)

_MISSING_ROWS = text("""
SELECT outbox.call_id FROM outbox LEFT JOIN usage_logs USING (call_id)
WHERE applied_at IS NOT NULL AND usage_logs.call_id IS NULL
""")

_WRONG_CHARGES = text(f"""
WITH lost AS (
    SELECT turns.user_id, turns.month
    FROM turns CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(outcome->'receipt'->'calls')
        WHEN 'array' THEN outcome->'receipt'->'calls' ELSE '[]' END) AS call
    WHERE NOT EXISTS (SELECT FROM usage_logs WHERE call_id::text = call->>'callId')
      AND NOT EXISTS (SELECT FROM outbox WHERE call_id::text = call->>'callId')
)
SELECT creator_id, month FROM ({WRONG_CHARGES.text}) AS wrong
WHERE (creator_id, month) NOT IN (SELECT user_id, month FROM lost)
""")  # noqa: S608 - of the invariant
"""Where a call on a receipt has neither row nor event, the charge is the last that knows of it."""

_KEYS = """
    SELECT creator_id, month
    FROM unnest(CAST(:creators AS uuid[]), CAST(:months AS date[])) AS keys (creator_id, month)
"""

_LOCK_CHARGES = text(f"""
INSERT INTO monthly_charges (creator_id, month, plan)
SELECT creator_id, month, '' FROM ({_KEYS}) AS keys ORDER BY creator_id, month
ON CONFLICT (creator_id, month) DO UPDATE SET plan = monthly_charges.plan
""")  # noqa: S608 - parts of this file
"""Those that are missing are made: either way the rows are ours until the end."""

_SUM_CHARGES = text(f"""
UPDATE monthly_charges AS charge
SET cost_usd = logs.cost_usd, charged = logs.charged, charged_usd = logs.charged_usd,
    request_count = logs.request_count, plan = logs.plan
FROM (SELECT creator_id, month, sum(cost_usd) AS cost_usd, sum(charged) AS charged,
             sum(charged_usd) AS charged_usd, count(*) AS request_count,
             (array_agg(plan ORDER BY at DESC, call_id DESC))[1] AS plan
      FROM usage_logs WHERE (creator_id, month) IN ({_KEYS})
      GROUP BY creator_id, month) AS logs
WHERE charge.creator_id = logs.creator_id AND charge.month = logs.month
""")  # noqa: S608

_DROP_CHARGES = text(f"""
DELETE FROM monthly_charges AS charge
WHERE (creator_id, month) IN ({_KEYS})
  AND NOT EXISTS (SELECT FROM usage_logs
                  WHERE usage_logs.creator_id = charge.creator_id
                    AND usage_logs.month = charge.month)
""")  # noqa: S608


async def usage_rows(database: Database) -> list[UUID]:
    """Write the rows anew that are missing or say something else than their applied event.

    A row whose event has been pruned stays as it is, an event that cannot be read is left alone.
    Answers the calls that were written. Raises ServiceUnavailable.
    """
    async with database.snapshot() as snapshot:
        await allow(snapshot, STATEMENT_S)
        wrong = list((await snapshot.scalars(_MISSING_ROWS)).all())
        wrong += (await snapshot.scalars(WRONG_ROWS)).all()
    written: list[UUID] = []
    for batch in _batches(sorted(wrong)):
        written += await database.run(partial(_write_rows, calls=batch))
    return written


async def _write_rows(tx: Tx, calls: Sequence[UUID]) -> list[UUID]:
    found = await tx.execute(
        select(OutboxRow.call_id, OutboxRow.payload)
        .where(OutboxRow.call_id.in_(calls), OutboxRow.applied_at.is_not(None))
        .order_by(OutboxRow.call_id)
    )
    rows = []
    for call, payload in found.all():
        with suppress(ValidationError):  # the event itself is damaged: a finding, for a person
            event = convert(payload, UsageEvent)
            if event.call_id == call:
                rows.append(usage_row(event))
    if await _is_written(tx, rows):
        return [row["call_id"] for row in rows]
    return [row["call_id"] for row in rows if await _is_written(tx, [row])]


async def _is_written(tx: Tx, rows: list[dict[str, Any]]) -> bool:
    """Write all or none. False: one of them cannot be written, however often it is tried."""
    try:
        async with tx.begin_nested():
            if rows:
                await tx.execute(_WRITE, rows)
    except DBAPIError as error:
        if is_transient(error):
            raise
        return False
    return True


async def monthly_charges(database: Database) -> list[tuple[UUID, date]]:
    """Sum the charges anew that differ from their usage rows, but for months of which rows are lost
    for good. Answers whose and which month's.

    Each is locked before its rows are summed, and a worker locks it before it commits a row: so a
    row is either seen here, or added by a worker that waits. Raises ServiceUnavailable.
    """
    async with database.snapshot() as snapshot:
        await allow(snapshot, STATEMENT_S)
        wrong = sorted((row[0], row[1]) for row in await snapshot.execute(_WRONG_CHARGES))
    for batch in _batches(wrong):
        await database.run(partial(_sum_charges, keys=batch))
    return wrong


async def _sum_charges(tx: Tx, keys: Sequence[tuple[UUID, date]]) -> None:
    values = {"creators": [creator for creator, _ in keys], "months": [month for _, month in keys]}
    await allow(tx, STATEMENT_S)
    for statement in (_LOCK_CHARGES, _SUM_CHARGES, _DROP_CHARGES):
        await tx.execute(statement, values)


def _batches(items: list[_Item]) -> Iterator[list[_Item]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
