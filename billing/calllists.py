"""Provider calls one by one, as they were billed or wait to be: for lists and tables."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from billing.reports import BATCH, Range
from billing.reportsources import UNBILLED, Filters, conditions
from server.domain.money import MicroCredits, NanoUsd
from server.persistence.database import Snapshot
from server.persistence.prepared import Prepared

Order: TypeAlias = Literal["newest", "dearest"]


class Sought(Struct, frozen=True, kw_only=True):
    """One call, a turn's, or those of a request; None: no matter which."""

    call_id: UUID | None = None
    turn_id: UUID | None = None
    correlation_id: str | None = None


class ListedCall(Struct, frozen=True, kw_only=True, gc=False):
    """One provider call; ``is_billed`` False: its usage row is yet to be written."""

    call_id: UUID
    turn_id: UUID
    at: datetime
    creator_id: UUID
    creator_name: str | None
    workspace_id: UUID
    feature: str
    agent: str
    provider: str
    model: str
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    images: int
    characters: int
    audio_ms: int
    cost_usd: NanoUsd
    charged: MicroCredits
    charged_usd: NanoUsd
    usage_source: str
    outcome: str
    plan: str
    correlation_id: str
    duration_ms: int
    is_billed: bool


Place: TypeAlias = tuple[int, datetime, UUID]
"""Of a call in its list: nano-dollars (0 where they do not count), when, which."""

_STORED = tuple(
    name for name in ListedCall.__struct_fields__ if name not in {"creator_name", "is_billed"}
)
_COLUMNS = ", ".join(_STORED)

_ORDERS: dict[Order, tuple[str, ...]] = {
    "newest": ("at", "call_id"),
    "dearest": ("cost_usd", "at", "call_id"),
}


async def page(
    tx: Snapshot,
    filters: Filters,
    range_: Range,
    *,
    sought: Sought,
    order: Order,
    limit: int,
    after: Place | None,
) -> list[ListedCall]:
    """At most ``limit`` calls of the range, those that come after ``after``."""
    where, values = _where(filters, range_, sought)
    columns = _ORDERS[order]
    if after is not None:
        place = dict(zip(("cost_usd", "at", "call_id"), after, strict=True))
        names = [f":after_{column}" for column in columns]
        where += f" AND ({', '.join(columns)}) < ({', '.join(names)})"
        values |= {f"after_{column}": place[column] for column in columns}
    falling = ", ".join(f"{column} DESC" for column in columns)
    # Each part brings no more than the page has, by its index where there is one.
    parts = (
        f"(SELECT {_COLUMNS}, {billed} AS is_billed FROM {table} {where} "  # noqa: S608 - names of this file
        f"ORDER BY {falling} LIMIT :most)"
        for table, billed in (("usage_logs", "true"), (UNBILLED, "false"))
    )
    statement = Prepared(
        f"SELECT calls.*, {_NAME} FROM (SELECT * FROM ({' UNION ALL '.join(parts)}) AS found "  # noqa: S608
        f"ORDER BY {falling} LIMIT :most) AS calls LEFT JOIN users ON users.id = creator_id "
        f"ORDER BY {falling}"
    )
    return [_call(row) for row in await statement.rows(tx, most=limit, **values)]


async def every(
    tx: Snapshot, filters: Filters, range_: Range, sought: Sought
) -> AsyncIterator[list[ListedCall]]:
    """All calls of the range, the oldest first, some at a time."""
    where, values = _where(filters, range_, sought)
    parts = (
        f"SELECT {_COLUMNS}, {billed} AS is_billed FROM {table} {where}"  # noqa: S608
        for table, billed in (("usage_logs", "true"), (UNBILLED, "false"))
    )
    statement = Prepared(
        f"SELECT calls.*, {_NAME} FROM ({' UNION ALL '.join(parts)}) AS calls "  # noqa: S608
        "LEFT JOIN users ON users.id = creator_id ORDER BY at, call_id"
    )
    async for rows in statement.batches(tx, BATCH, **values):
        yield [_call(row) for row in rows]


_NAME = "coalesce(nullif(users.name, ''), users.email) AS creator_name"


def _where(filters: Filters, range_: Range, sought: Sought) -> tuple[str, dict[str, Any]]:
    where, values = conditions(filters)
    for name in ("call_id", "turn_id", "correlation_id"):
        if (value := getattr(sought, name)) is not None:
            where += f" AND {name} = :{name}"
            values[name] = value
    values |= {"start": range_.start, "end": range_.end}
    return f"WHERE at >= :start AND at < :end{where}", values


def _call(row: Any) -> ListedCall:
    return ListedCall(**row)
