"""How billing stands, for operators' figures: what waits, what was put aside, what is open."""

import asyncio
import logging
from collections.abc import Callable

from msgspec import Struct, convert
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from server.domain.errors import AppError
from server.persistence.database import Database, Snapshot
from server.telemetry.logs import fields
from server.telemetry.metrics import Metrics

EVERY_S = 30.0
"""Alarms look at minutes; the statement reads indexes that are almost empty at all times."""

log = logging.getLogger(__name__)

_READ = text("""
SELECT
    coalesce((
        SELECT extract(epoch FROM now() - created_at) FROM outbox
        WHERE applied_at IS NULL AND NOT EXISTS (
            SELECT FROM dead_letters
            WHERE dead_letters.call_id = outbox.call_id AND replayed_at IS NULL)
        ORDER BY id LIMIT 1), 0)::float8 AS unwritten_s,
    (SELECT count(*) FROM dead_letters WHERE replayed_at IS NULL) AS dead_letters,
    (SELECT count(*) FROM webhook_deliveries WHERE state = 'waiting') AS webhooks_waiting,
    (SELECT coalesce(jsonb_object_agg(kind, number), '{}') FROM (
        SELECT kind, count(*) AS number FROM alerts WHERE state = 'open' GROUP BY kind
    ) AS open) AS alerts,
    (SELECT coalesce(jsonb_object_agg(scope_kind, number), '{}') FROM (
        SELECT scope_kind, count(*) AS number FROM pauses
        WHERE lifted_at IS NULL AND coalesce(ends_at > now(), true) GROUP BY scope_kind
    ) AS paused) AS pauses
""")


class Vitals(Struct, frozen=True, kw_only=True):
    """``unwritten_s``: age of the oldest usage event that was neither written nor put aside.
    ``alerts``: open ones by kind; ``pauses``: those in force by the kind of their scope."""

    unwritten_s: float
    dead_letters: int
    webhooks_waiting: int
    alerts: dict[str, int]
    pauses: dict[str, int]


def show(metrics: Metrics, found: Vitals) -> None:
    """The same figures in every process: what they say is of the whole system."""
    metrics.now_open(alerts=found.alerts, pauses=found.pauses)
    metrics.dead_letters.set(found.dead_letters)
    metrics.webhooks_waiting.set(found.webhooks_waiting)
    metrics.usage_unwritten_seconds.set(found.unwritten_s)


async def read(tx: Snapshot) -> Vitals:
    row = (await tx.execute(_READ)).one()
    return convert(row, Vitals, from_attributes=True)


async def keep_reading(database: Database, tell: Callable[[Vitals], None]) -> None:
    """For ever. While the database does not answer nothing is told: figures stand still, and an
    alarm that waits for them goes off."""
    while True:
        try:
            async with database.glances() as tx:
                tell(await read(tx))
        except (AppError, SQLAlchemyError) as error:
            log.warning("vitals.not_read", extra=fields(error=repr(error)))
        await asyncio.sleep(EVERY_S)
