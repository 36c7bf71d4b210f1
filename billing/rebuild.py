"""Tables that follow from others, made again: usage rows from their events; hours and, with their
adjustments, charges from the rows.

Equal to the byte to what the worker wrote, because it is written by the same code. Both go on while
workers write: what is added meanwhile is in the sum or comes to it afterwards.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from msgspec import ValidationError, convert
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from billing.consumers.charges import usage_row
from billing.consumers.failures import is_transient
from billing.invariants.usage import (
    BILLED,
    HOUR_KEYS,
    WRONG_CHARGES,
    WRONG_HOURS,
    WRONG_ROWS,
)
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

_LOST = """
WITH lost AS (
    SELECT turns.user_id, turns.month
    FROM turns CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(outcome->'receipt'->'calls')
        WHEN 'array' THEN outcome->'receipt'->'calls' ELSE '[]' END) AS call
    WHERE NOT EXISTS (SELECT FROM usage_logs WHERE call_id::text = call->>'callId')
      AND NOT EXISTS (SELECT FROM outbox WHERE call_id::text = call->>'callId')
)
"""
"""Where a call on a receipt has neither row nor event, what was summed is the last that knows of
it."""

_WRONG_CHARGES = text(f"""
{_LOST}
SELECT creator_id, month FROM ({WRONG_CHARGES.text}) AS wrong
WHERE (creator_id, month) NOT IN (SELECT user_id, month FROM lost)
""")  # noqa: S608 - of the invariant

_WRONG_HOURS = text(f"""
{_LOST}
SELECT {HOUR_KEYS} FROM ({WRONG_HOURS.text}) AS wrong
WHERE creator_id NOT IN (SELECT user_id FROM lost)
""")  # noqa: S608

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
FROM ({BILLED} WHERE (creator_id, month) IN ({_KEYS}) GROUP BY creator_id, month) AS logs
WHERE charge.creator_id = logs.creator_id AND charge.month = logs.month
""")  # noqa: S608

_DROP_CHARGES = text(f"""
DELETE FROM monthly_charges AS charge
WHERE (creator_id, month) IN ({_KEYS})
  AND NOT EXISTS (SELECT FROM usage_logs
                  WHERE usage_logs.creator_id = charge.creator_id
                    AND usage_logs.month = charge.month)
  AND NOT EXISTS (SELECT FROM adjustments
                  WHERE adjustments.creator_id = charge.creator_id
                    AND adjustments.month = charge.month)
""")  # noqa: S608

_HOURS = f"""
    SELECT {HOUR_KEYS}
    FROM unnest(CAST(:hours AS timestamptz[]), CAST(:creators AS uuid[]),
                CAST(:features AS text[]), CAST(:agents AS text[]), CAST(:providers AS text[]),
                CAST(:models AS text[])) AS keys ({HOUR_KEYS})
"""  # noqa: S608

_LOCK_HOURS = text(f"""
INSERT INTO usage_hours ({HOUR_KEYS}) {_HOURS} ORDER BY {HOUR_KEYS}
ON CONFLICT ({HOUR_KEYS}) DO UPDATE SET calls = usage_hours.calls
""")

_OF_HOUR = """
    logs.creator_id = keys.creator_id AND logs.at >= keys.hour
    AND logs.at < keys.hour + interval '1 hour' AND logs.feature = keys.feature
    AND logs.agent = keys.agent AND logs.provider = keys.provider AND logs.model = keys.model
"""

_SUM_HOURS = text(f"""
UPDATE usage_hours AS hours
SET calls = summed.calls, failed = summed.failed, input_tokens = summed.input_tokens,
    output_tokens = summed.output_tokens, cost_usd = summed.cost_usd, charged = summed.charged,
    charged_usd = summed.charged_usd, cost_squares = summed.cost_squares
FROM (SELECT keys.*, count(*) AS calls, count(*) FILTER (WHERE outcome = 'failed') AS failed,
             sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
             sum(cost_usd) AS cost_usd, sum(charged) AS charged, sum(charged_usd) AS charged_usd,
             sum(cost_usd::numeric * cost_usd) AS cost_squares
      FROM ({_HOURS}) AS keys JOIN usage_logs AS logs ON {_OF_HOUR}
      GROUP BY 1, 2, 3, 4, 5, 6) AS summed
WHERE (hours.hour, hours.creator_id, hours.feature, hours.agent, hours.provider, hours.model)
    = (summed.hour, summed.creator_id, summed.feature, summed.agent, summed.provider, summed.model)
""")  # noqa: S608

_DROP_HOURS = text(f"""
DELETE FROM usage_hours AS keys
WHERE ({HOUR_KEYS}) IN ({_HOURS}) AND NOT EXISTS (SELECT FROM usage_logs AS logs WHERE {_OF_HOUR})
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


async def usage_hours(database: Database) -> list[datetime]:
    """Sum the hours anew that differ from their usage rows, but for creators of which rows are lost
    for good. Answers which. Raises ServiceUnavailable.

    Locked before they are summed, as charges are: the trigger that adds to them does the same.
    """
    async with database.snapshot() as snapshot:
        await allow(snapshot, STATEMENT_S)
        wrong = sorted(tuple(row) for row in await snapshot.execute(_WRONG_HOURS))
    for batch in _batches(wrong):
        await database.run(partial(_sum_hours, keys=batch))
    return sorted({key[0] for key in wrong})


async def _sum_hours(tx: Tx, keys: Sequence[tuple[Any, ...]]) -> None:
    names = ("hours", "creators", "features", "agents", "providers", "models")
    values = {
        name: list(of_keys) for name, of_keys in zip(names, zip(*keys, strict=True), strict=True)
    }
    await allow(tx, STATEMENT_S)
    for statement in (_LOCK_HOURS, _SUM_HOURS, _DROP_HOURS):
        await tx.execute(statement, values)


def _batches(items: list[_Item]) -> Iterator[list[_Item]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
