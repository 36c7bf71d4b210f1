"""What detection reads: the last moments' calls and turns, the hours before, and a few totals.

A call is either a usage row or an unapplied outbox row, within one statement as within one
snapshot. What a round reads is bounded by the time since the one before, not by how much there is.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from billing.alerts import ScopeKind
from billing.costbook import Key
from billing.detection.baselines import PAST, Hour
from billing.detection.bursts import Burst, Habit
from billing.detection.costs import FIVE
from billing.detection.recent import SLOT_S, Slot, Sum
from billing.detection.scopes import Scope
from billing.detection.totals import Dead, Top
from server.domain.money import NanoUsd, usd_text
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared

BATCH = 1_000
"""Rows that are taken at a time: some milliseconds, in between which usage events are consumed."""

CLOCKS_S = 60
"""By how much the clocks of two hosts may differ."""

INTERNAL = ("title", "summary")
"""Features of turns that the product begins itself: nobody's requests."""

_SLOTS = Prepared("""
WITH calls AS (
    SELECT at, creator_id, feature, agent, model, provider, cost_usd, outcome
    FROM usage_logs WHERE at >= CAST(:since AS timestamptz)
    UNION ALL
    SELECT (payload->>'at')::timestamptz, (payload->>'creatorId')::uuid, payload->>'feature',
           payload->>'agent', payload->>'model', payload->>'provider',
           (payload->>'costUsd')::bigint, payload->>'outcome'
    FROM outbox
    WHERE applied_at IS NULL AND (payload->>'at')::timestamptz >= CAST(:since AS timestamptz)
)
SELECT floor(extract(epoch FROM at) / CAST(:step AS bigint))::bigint * CAST(:step AS bigint)
           AS slot,
       creator_id, feature, agent, model, provider, sum(cost_usd)::bigint AS usd,
       count(*) AS calls, count(*) FILTER (WHERE outcome = 'failed') AS failed,
       sum(cost_usd::float8 * cost_usd) AS squares
FROM calls GROUP BY 1, 2, 3, 4, 5, 6
""")

_HOURS = {
    kind: Prepared(f"""
SELECT {column} AS key, floor(extract(epoch FROM hour) / 3600)::bigint AS hour,
       sum(cost_usd)::bigint AS usd, sum(calls)::bigint AS calls,
       sum(cost_squares)::float8 AS squares
FROM usage_hours
WHERE hour >= CAST(:since AS timestamptz) AND hour < CAST(:until AS timestamptz) AND {where}
GROUP BY 1, 2
""")  # noqa: S608 - constants of ours
    for kind, column, where in (
        ("creator", "creator_id::text", "creator_id = ANY(CAST(:keys AS uuid[]))"),
        ("feature", "feature", "feature = ANY(CAST(:keys AS text[]))"),
        ("agent", "agent", "agent = ANY(CAST(:keys AS text[]))"),
        ("model", "model", "model = ANY(CAST(:keys AS text[]))"),
        ("system", "''", "CAST(:keys AS text[]) IS NOT NULL"),
    )
}

_TURNS = Prepared("""
SELECT user_id AS creator, count(*) AS turns,
       percentile_disc(0.1) WITHIN GROUP (ORDER BY admitted_at) AS since,
       mode() WITHIN GROUP (ORDER BY feature) AS feature,
       mode() WITHIN GROUP (ORDER BY agent) AS agent,
       mode() WITHIN GROUP (ORDER BY model) AS model
FROM turns
WHERE id >= CAST(:first AS uuid) AND admitted_at >= CAST(:since AS timestamptz)
  AND feature <> ALL(CAST(:internal AS text[]))
GROUP BY 1 HAVING count(*) >= CAST(:least AS bigint)
""")
"""Turns' ids sort by time: a range of them is found by the primary key."""

_HABITS = Prepared("""
WITH fives AS (
    SELECT creator_id, date_bin('5 minutes', at, 'epoch') AS five,
           count(DISTINCT turn_id) AS turns
    FROM usage_logs
    WHERE creator_id = ANY(CAST(:creators AS uuid[])) AND at >= CAST(:since AS timestamptz)
      AND at < CAST(:until AS timestamptz) AND feature <> ALL(CAST(:internal AS text[]))
      AND NOT EXISTS (
          SELECT FROM alerts
          WHERE scope_kind = 'creator' AND scope_key = creator_id::text AND at >= alerts.since
            AND at < coalesce(quiet_since, closed_at, CAST(:until AS timestamptz))
            AND at < alerts.since + interval '1 day')
    GROUP BY 1, 2
)
SELECT creator_id, count(*) AS fives, min(five) AS first,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY turns) AS middle,
       percentile_disc(0.75) WITHIN GROUP (ORDER BY turns) AS upper,
       percentile_disc(0.9) WITHIN GROUP (ORDER BY turns) AS high
FROM fives GROUP BY 1
""")
"""Without earlier incidents of theirs: who asks seldom would be used to them after one. What goes
on for more than a day is a habit."""

_TODAY = Prepared("""
SELECT (coalesce((SELECT sum(cost_usd) FROM usage_hours
                  WHERE hour >= CAST(:day AS timestamptz)), 0)
      + coalesce((SELECT sum((payload->>'costUsd')::bigint) FROM outbox
                  WHERE applied_at IS NULL
                    AND (payload->>'at')::timestamptz >= CAST(:day AS timestamptz)), 0))::bigint
""")

_TOPS = Prepared("""
SELECT DISTINCT ON (grouped) creator_id, feature, model, agent, sum(cost_usd)::bigint AS usd,
       GROUPING(creator_id, feature, model, agent) AS grouped
FROM usage_hours WHERE hour >= CAST(:day AS timestamptz)
GROUP BY GROUPING SETS ((creator_id), (feature), (model), (agent))
ORDER BY grouped, usd DESC
""")

_DEAD = Prepared("""
SELECT count(*) AS events, min(at) AS since, (array_agg(reason ORDER BY id DESC))[1] AS reason
FROM dead_letters WHERE replayed_at IS NULL
""")

_DEAREST = {
    kind: Prepared(f"""
SELECT call_id, creator_id, feature, agent, model, cost_usd, at FROM usage_logs
WHERE at >= CAST(:since AS timestamptz) AND {where}
ORDER BY cost_usd DESC, call_id LIMIT 1
""")  # noqa: S608 - constants of ours
    for kind, where in (
        ("creator", "creator_id = CAST(:key AS uuid)"),
        ("feature", "feature = CAST(:key AS text)"),
        ("agent", "agent = CAST(:key AS text)"),
        ("model", "model = CAST(:key AS text)"),
        ("system", "CAST(:key AS text) IS NOT NULL"),
    )
}


_TOP_COLUMNS: tuple[tuple[ScopeKind, str], ...] = (
    ("creator", "creator_id"),
    ("feature", "feature"),
    ("model", "model"),
    ("agent", "agent"),
)


async def slots(tx: Tx | Snapshot, since: datetime) -> list[Slot]:
    """All calls from ``since`` on, by key and ``SLOT_S`` seconds."""
    return [
        Slot(
            row["slot"],
            Key(*(row[name] for name in ("creator_id", "feature", "agent", "model", "provider"))),
            Sum(usd=row["usd"], calls=row["calls"], failed=row["failed"], squares=row["squares"]),
        )
        async for rows in _SLOTS.batches(tx, BATCH, since=since, step=SLOT_S)
        for row in rows
    ]


async def hours(
    tx: Tx | Snapshot, scopes: Collection[Scope], hour: int
) -> dict[Scope, dict[int, Hour]]:
    """The hours before ``hour`` (since 1970) that a baseline is made of, of each scope."""
    until = datetime.fromtimestamp(hour * 3_600, UTC)
    since = until - timedelta(hours=PAST + 1)
    found: dict[Scope, dict[int, Hour]] = {scope: {} for scope in scopes}
    for kind in {scope.kind for scope in scopes}:
        keys = [scope.key for scope in scopes if scope.kind == kind]
        read = _HOURS[kind].batches(tx, BATCH, keys=keys, since=since, until=until)
        async for rows in read:
            for row in rows:
                sums = Hour(row["usd"], row["calls"], row["squares"])
                found[Scope(kind, row["key"])][row["hour"]] = sums
    return found


async def turns(tx: Tx | Snapshot, now: datetime, least: int) -> list[Burst]:
    """Who began at least so many turns in the last five minutes."""
    since = now - timedelta(seconds=FIVE)
    # Ids are made by another clock than the moment of admission, and a little before.
    first = UUID(int=int((since.timestamp() - CLOCKS_S) * 1_000) << 80)
    rows = await _TURNS.rows(tx, first=first, since=since, internal=list(INTERNAL), least=least)
    return [Burst(**row) for row in rows]


async def habits(
    tx: Tx | Snapshot, creators: Collection[UUID], until: datetime
) -> dict[UUID, Habit]:
    """What these creators usually ask for in five minutes, of four weeks before ``until``."""
    rows = await _HABITS.rows(
        tx,
        creators=list(creators),
        since=until - timedelta(hours=PAST),
        until=until,
        internal=list(INTERNAL),
    )
    return {
        row["creator_id"]: Habit(
            middle=row["middle"],
            upper=row["upper"],
            high=row["high"],
            fives=row["fives"],
            first=row["first"],
        )
        for row in rows
    }


async def spent_since(tx: Tx | Snapshot, day: datetime) -> NanoUsd:
    """What all calls since that hour have cost."""
    return NanoUsd(await _TODAY.value(tx, day=day))


async def tops_since(tx: Tx | Snapshot, day: datetime) -> list[Top]:
    """The dearest creator, feature, model and agent since that hour."""
    found: list[Top] = []
    for row in await _TOPS.rows(tx, day=day):
        kind, key = next((kind, row[name]) for kind, name in _TOP_COLUMNS if row[name] is not None)
        found.append(Top(kind, str(key), row["usd"]))
    return found


async def dead(tx: Tx | Snapshot) -> Dead | None:
    """Usage events that were put aside and not replayed; None: there are none."""
    row = await _DEAD.one(tx)
    return Dead(**row) if row["events"] else None


async def dearest(tx: Tx | Snapshot, scope: Scope, since: datetime) -> dict[str, Any] | None:
    """The call of a scope that cost most since then, as billing wrote it; None: it has not yet."""
    row = await _DEAREST[scope.kind].row(tx, key=scope.key, since=since)
    return (
        None
        if row is None
        else {
            "callId": str(row["call_id"]),
            "creatorId": str(row["creator_id"]),
            "feature": row["feature"],
            "agent": row["agent"],
            "model": row["model"],
            "costUsd": usd_text(row["cost_usd"]),
            "at": row["at"].isoformat().replace("+00:00", "Z"),
        }
    )
