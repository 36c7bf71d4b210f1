"""Where figures of a range come from: whole hours from their sums, the rest call by call.

Three parts that never share a call, within one snapshot: ``usage_hours`` for whole hours,
``usage_logs`` for what is before and after them (or for all of it, where something is asked that
sums by the hour do not tell), and the outbox for calls that are settled and not billed yet. So a
report is exact at any moment of any range, also while billing is behind.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text

from server.persistence.database import Snapshot, allow

STATEMENT_S = 30.0
"""Some ten million calls, read one by one."""

HOUR = timedelta(hours=1)

_SHARED = "creator_id, feature, agent, provider, model"
_AMOUNTS = "input_tokens, output_tokens, cost_usd, charged, charged_usd"

_HOURS = f"""
SELECT hour AS at, {_SHARED}, NULL AS plan, calls, failed, {_AMOUNTS},
       0 AS unbilled_calls, 0 AS unbilled_usd
FROM usage_hours WHERE hour >= :{{start}} AND hour < :{{end}}"""  # noqa: S608 - names of this file

_LOGS = f"""
SELECT at, {_SHARED}, plan, 1 AS calls, (outcome = 'failed')::int AS failed, {_AMOUNTS},
       0 AS unbilled_calls, 0 AS unbilled_usd
FROM usage_logs WHERE at >= :{{start}} AND at < :{{end}}"""  # noqa: S608

UNBILLED = """(
SELECT call_id, (payload->>'turnId')::uuid AS turn_id, (payload->>'creatorId')::uuid AS creator_id,
       (payload->>'workspaceId')::uuid AS workspace_id, payload->>'feature' AS feature,
       payload->>'agent' AS agent, payload->>'provider' AS provider, payload->>'model' AS model,
       (payload->'usage'->>'input_tokens')::bigint AS input_tokens,
       coalesce((payload->'usage'->>'cached_input_tokens')::bigint, 0) AS cached_input_tokens,
       (payload->'usage'->>'output_tokens')::bigint AS output_tokens,
       coalesce((payload->'usage'->>'reasoning_tokens')::bigint, 0) AS reasoning_tokens,
       coalesce((payload->'usage'->>'images')::bigint, 0) AS images,
       coalesce((payload->'usage'->>'characters')::bigint, 0) AS characters,
       coalesce((payload->'usage'->>'audio_ms')::bigint, 0) AS audio_ms,
       (payload->>'costUsd')::bigint AS cost_usd, (payload->>'charged')::bigint AS charged,
       (payload->>'chargedUsd')::bigint AS charged_usd,
       payload->'usage'->>'source' AS usage_source, payload->>'outcome' AS outcome,
       payload->>'plan' AS plan, payload->>'correlationId' AS correlation_id,
       (payload->>'durationMs')::bigint AS duration_ms, (payload->>'at')::timestamptz AS at
FROM outbox WHERE applied_at IS NULL) AS unbilled"""
"""Events that no usage row is made of yet, with its columns."""

_WAITING = f"""
SELECT at, {_SHARED}, plan, 1, (outcome = 'failed')::int, {_AMOUNTS}, 1, cost_usd
FROM {UNBILLED} WHERE at >= :{{start}} AND at < :{{end}}"""  # noqa: S608


class Filters(Struct, frozen=True, kw_only=True):
    """What calls must be; an empty tuple, or None: no matter which."""

    creator: UUID | None = None
    workspace: UUID | None = None
    features: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()

    @property
    def is_by_call(self) -> bool:
        """Whether it asks what sums by the hour do not tell."""
        return self.workspace is not None or bool(self.outcomes)


class Sources(Struct, frozen=True, kw_only=True):
    """``sql`` answers calls, or hours of them; ``values`` are its parameters."""

    sql: str
    values: dict[str, Any]


async def read_patiently(tx: Snapshot) -> None:
    """What a report's snapshot begins with: statements may take their time, and are planned for the
    range at hand. A plan for any range would take every range for a short one."""
    await allow(tx, STATEMENT_S)
    await tx.execute(_OWN_PLANS)


_OWN_PLANS = text("SET LOCAL plan_cache_mode = force_custom_plan")


def conditions(filters: Filters) -> tuple[str, dict[str, Any]]:
    """``filters`` as the end of a WHERE over columns of usage rows, and its parameters."""
    wanted: dict[str, tuple[str, Any]] = {
        "creator": ("creator_id = :creator", filters.creator),
        "workspace": ("workspace_id = :workspace", filters.workspace),
        "features": ("feature = ANY(:features)", filters.features),
        "agents": ("agent = ANY(:agents)", filters.agents),
        "models": ("model = ANY(:models)", filters.models),
        "providers": ("provider = ANY(:providers)", filters.providers),
        "outcomes": ("outcome = ANY(:outcomes)", filters.outcomes),
    }
    given = {name: pair for name, pair in wanted.items() if pair[1] not in (None, ())}
    return (
        "".join(f" AND {condition}" for condition, _ in given.values()),
        {name: value for name, (_, value) in given.items()},
    )


def sources(
    filters: Filters, start: datetime, end: datetime, *, by_call: bool, name: str
) -> Sources:
    """Calls in ``[start, end)`` with the columns ``at`` (of hours their beginning), who and what,
    ``plan`` (only ``by_call``), calls, failed, tokens, amounts, and what of it is not billed yet.
    ``name`` tells the parameters of one range from those of another: letters only."""
    where, values = conditions(filters)
    first, last = _whole_hours(start, end)
    if by_call or filters.is_by_call or first >= last:
        parts = [(_LOGS, "start", start, "end", end)]
    else:
        parts = [(_HOURS, "first", first, "last", last)]
        if start < first:
            parts.append((_LOGS, "start", start, "first", first))
        if last < end:
            parts.append((_LOGS, "last", last, "end", end))
    parts.append((_WAITING, "start", start, "end", end))
    selects = []
    for part, since_name, since, until_name, until in parts:
        names = {"start": f"{name}_{since_name}", "end": f"{name}_{until_name}"}
        values |= {names["start"]: since, names["end"]: until}
        selects.append(part.format(**names) + where)
    return Sources(sql="\nUNION ALL".join(selects), values=values)


def _whole_hours(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    first = hour_of(start)
    return first if first == start else first + HOUR, hour_of(end)


def hour_of(moment: datetime) -> datetime:
    """When its UTC hour began."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
