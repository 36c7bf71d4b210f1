"""What live costs begin with: sums of usage rows and of events that billing has not written yet.

All within one snapshot, in which a call is either a usage row or an unapplied outbox row: billing
changes both in one transaction.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text

from billing.costbook import Cost, Key
from server.domain.ids import CallId
from server.domain.money import NanoUsd
from server.persistence.database import Snapshot, allow
from server.persistence.prepared import Prepared

STATEMENT_S = 30.0
"""A month of a busy installation takes longer than a turn may wait for a statement."""

BATCH = 500
"""Rows that are taken at a time, in a millisecond: turns go on between them, and a busy day has
hundreds of thousands."""

RESENT_S = 300
"""How long after it was sent a call may still come by: the stream keeps entries for a minute, and
a follower more than half a minute late takes a new snapshot."""

_CALLS = """
WITH calls AS (
    SELECT call_id, creator_id, feature, agent, model, provider, cost_usd,
           (outcome = 'failed') AS failed, at
    FROM usage_logs WHERE at >= :since AND at < :until
    UNION ALL
    SELECT call_id, (payload->>'creatorId')::uuid, payload->>'feature', payload->>'agent',
           payload->>'model', payload->>'provider', (payload->>'costUsd')::bigint,
           payload->>'outcome' = 'failed', (payload->>'at')::timestamptz
    FROM outbox
    WHERE applied_at IS NULL AND (payload->>'at')::timestamptz >= :since
      AND (payload->>'at')::timestamptz < :until
)
"""

_CELLS = Prepared(
    _CALLS
    + """
SELECT floor(extract(epoch FROM at) / CAST(:step AS bigint))::bigint * CAST(:step AS bigint)
           AS bucket, creator_id, feature, agent, model, provider,
       sum(cost_usd)::bigint AS usd, count(*) AS calls, count(*) FILTER (WHERE failed) AS failed
FROM calls GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1
"""
)

_DEAREST = text(
    _CALLS
    + """
SELECT * FROM calls ORDER BY cost_usd DESC, call_id DESC LIMIT :most
"""
)

_COUNTED = Prepared("""
SELECT call_id, (payload->>'at')::timestamptz AS at FROM outbox
WHERE applied_at IS NULL OR published_at IS NULL
   OR published_at > now() - CAST(:margin AS interval)
ORDER BY id
""")

_NAMES = text("""
SELECT id, coalesce(nullif(name, ''), email) AS name FROM users WHERE id = ANY(CAST(:ids AS uuid[]))
""")


class Sum(Struct, frozen=True, kw_only=True, gc=False):
    """Calls of one key in the step that begins at ``second``."""

    second: int
    key: Key
    usd: int
    calls: int
    failed: int


async def allow_time(snapshot: Snapshot) -> None:
    """Let this snapshot's statements take as long as sums over a month may."""
    await allow(snapshot, STATEMENT_S)


async def sums(
    snapshot: Snapshot, since: datetime, until: datetime, step_s: int
) -> AsyncIterator[Sum]:
    """Calls in ``[since, until)`` by step and key, in the order of time."""
    async for rows in _CELLS.batches(snapshot, BATCH, since=since, until=until, step=step_s):
        for bucket, creator, feature, agent, model, provider, usd, calls, failed in rows:
            key = Key(creator, feature, agent, model, provider)
            yield Sum(second=bucket, key=key, usd=usd, calls=calls, failed=failed)


async def dearest(snapshot: Snapshot, since: datetime, until: datetime, most: int) -> list[Cost]:
    """The calls in ``[since, until)`` that cost most."""
    rows = await snapshot.execute(_DEAREST, {"since": since, "until": until, "most": most})
    return [
        Cost(
            call_id=CallId(row.call_id),
            key=Key(row.creator_id, row.feature, row.agent, row.model, row.provider),
            cost_usd=NanoUsd(row.cost_usd),
            failed=row.failed,
            at=row.at,
        )
        for row in rows
    ]


async def counted(snapshot: Snapshot) -> dict[UUID, datetime]:
    """Calls in this snapshot that may come by on the stream after it, and when they were made:
    not applied, to be sent (again), or sent a short while ago."""
    margin = timedelta(seconds=RESENT_S)
    return {
        row["call_id"]: row["at"]
        async for rows in _COUNTED.batches(snapshot, BATCH, margin=margin)
        for row in rows
    }


async def names(snapshot: Snapshot, creators: Iterable[UUID]) -> dict[UUID, str]:
    """What people call these creators."""
    rows = await snapshot.execute(_NAMES, {"ids": list(creators)})
    return {row.id: row.name for row in rows}
