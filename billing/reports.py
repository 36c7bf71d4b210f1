"""What was used and what it cost: any range, filtered, grouped one or two ways, against before."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args
from uuid import UUID

from msgspec import Struct

from billing.reportsources import Filters, sources
from server.domain.money import NanoUsd
from server.persistence.database import Snapshot
from server.persistence.prepared import Prepared

Step: TypeAlias = Literal["hour", "day", "month"]
Grouping: TypeAlias = Literal[
    "creator", "feature", "agent", "model", "provider", "plan", "hour", "day", "month"
]
STEPS: tuple[Step, ...] = get_args(Step)

BATCH = 100

_COLUMNS: dict[str, str] = {
    "creator": "creator_id",
    "feature": "feature",
    "agent": "agent",
    "model": "model",
    "provider": "provider",
    "plan": "plan",
    **{step: f"date_trunc('{step}', at, 'UTC')" for step in STEPS},
}

_SUMS = ", ".join(
    f"coalesce(sum({name}), 0)::bigint AS {name}"
    for name in (
        "calls",
        "failed",
        "input_tokens",
        "output_tokens",
        "cost_usd",
        "charged",
        "charged_usd",
        "unbilled_calls",
        "unbilled_usd",
    )
)


class Figures(Struct, frozen=True, kw_only=True, gc=False):
    """Sums of calls: nano-dollars, micro-credits. ``unbilled_calls`` of them, which cost
    ``unbilled_usd``, are settled and not in a usage row yet."""

    calls: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: NanoUsd = NanoUsd(0)
    charged: int = 0
    charged_usd: NanoUsd = NanoUsd(0)
    unbilled_calls: int = 0
    unbilled_usd: NanoUsd = NanoUsd(0)


_FIGURES = Figures.__struct_fields__


class Range(Struct, frozen=True, kw_only=True):
    """From ``start`` up to and without ``end``."""

    start: datetime
    end: datetime

    @property
    def before(self) -> "Range":
        """As long, and just before."""
        return Range(start=self.start - (self.end - self.start), end=self.start)


class Point(Struct, frozen=True, kw_only=True):
    """``at``: when that hour, day or month began, in UTC."""

    at: datetime
    figures: Figures


class Group(Struct, frozen=True, kw_only=True):
    """``keys`` in the order of the grouping: a creator's id, a name, or when a step began.
    ``name``: what the creator among them is called. ``before_usd``: what it cost in the range
    before; None: there is no such group before (a group of one day has none)."""

    keys: tuple[str | UUID | datetime, ...]
    figures: Figures
    before_usd: NanoUsd | None
    name: str | None
    external_id: str | None


Place: TypeAlias = tuple[NanoUsd, tuple[str | datetime | UUID, ...]]
"""Of a group in its ranking: what it cost, and its keys."""


async def series(tx: Snapshot, filters: Filters, range_: Range, step: Step) -> list[Point]:
    """Steps in which there was something, in their order."""
    found = sources(filters, range_.start, range_.end, by_call=False, name="now")
    statement = Prepared(
        f"SELECT {_COLUMNS[step]} AS key, {_SUMS} FROM ({found.sql}) AS calls "  # noqa: S608
        "GROUP BY key ORDER BY key"
    )
    rows = await statement.rows(tx, **found.values)
    return [Point(at=row["key"], figures=_figures(row)) for row in rows]


async def total(tx: Snapshot, filters: Filters, range_: Range) -> Figures:
    """Of all calls in the range."""
    found = sources(filters, range_.start, range_.end, by_call=False, name="now")
    statement = Prepared(f"SELECT {_SUMS} FROM ({found.sql}) AS calls")  # noqa: S608
    return _figures(await statement.one(tx, **found.values))


class Overview(Struct, frozen=True, kw_only=True):
    """All calls of a range, by steps, and those of the range before."""

    range: Range
    step: Step
    totals: Figures
    before: Figures
    points: list[Point]


async def overview(tx: Snapshot, filters: Filters, range_: Range, step: Step) -> Overview:
    points = await series(tx, filters, range_, step)
    before = await total(tx, filters, range_.before)
    return Overview(
        range=range_,
        step=step,
        totals=summed(point.figures for point in points),
        before=before,
        points=points,
    )


def summed(parts: Iterable[Figures]) -> Figures:
    """Of all parts together."""
    found = list(parts)
    return Figures(**{name: sum(getattr(one, name) for one in found) for name in _FIGURES})


class Ranked(Struct, frozen=True, kw_only=True):
    """One page. ``count``: of all groups that there are, where there is one on the page."""

    groups: list[Group]
    count: int


class Ranking:
    """Groups of a range. Where they are of a time first, in its order; else the dearest first."""

    def __init__(self, filters: Filters, range_: Range, group_by: Sequence[Grouping]) -> None:
        self._keys = _keys(group_by)
        self._order = _order(group_by, self._keys)
        self._creator = dict(zip(group_by, self._keys, strict=True)).get("creator")
        self._statement, self._values = _ranking(filters, range_, tuple(group_by))

    async def page(self, tx: Snapshot, limit: int, after: Place | None) -> Ranked:
        """At most ``limit`` groups, those that come after ``after``."""
        where, values = "", dict(self._values)
        if after is not None:
            cost, places = after
            given = {"after_cost": -cost} | dict(
                zip((f"after_{key}" for key in self._keys), places, strict=True)
            )
            names = [":after_cost" if one == _DEAREST else f":after_{one}" for one in self._order]
            where = f"WHERE ({', '.join(self._order)}) > ({', '.join(names)})"
            values |= given
        order = ", ".join(self._order)
        statement = Prepared(
            f"SELECT groups.*, {_NAMES} FROM (SELECT * FROM ("  # noqa: S608
            f"SELECT *, count(*) OVER () AS group_count FROM ({self._statement}) AS every"
            f") AS ranking {where} ORDER BY {order} LIMIT :most) AS groups "
            f"LEFT JOIN users ON users.id = {self._creator or 'NULL'} ORDER BY {order}"
        )
        rows = await statement.rows(tx, most=limit, **values)
        return Ranked(
            groups=[self._group(row) for row in rows],
            count=rows[0]["group_count"] if rows else 0,
        )

    async def all(self, tx: Snapshot) -> AsyncIterator[list[Group]]:
        """Every group, some at a time."""
        statement = Prepared(
            f"SELECT groups.*, {_NAMES} FROM ({self._statement}) AS groups "  # noqa: S608
            f"LEFT JOIN users ON users.id = {self._creator or 'NULL'} "
            f"ORDER BY {', '.join(self._order)}"
        )
        async for rows in statement.batches(tx, BATCH, **self._values):
            yield [self._group(row) for row in rows]

    def _group(self, row: Any) -> Group:
        return Group(
            keys=tuple(row[key] for key in self._keys),
            figures=_figures(row),
            before_usd=row["before_usd"],
            name=row["creator_name"],
            external_id=row["creator_external_id"],
        )


_NAMES = (
    "coalesce(nullif(users.name, ''), users.email) AS creator_name, "
    "users.external_id AS creator_external_id"
)


_DEAREST = "-cost_usd"


def _keys(group_by: Sequence[str]) -> list[str]:
    """What the columns of a grouping are called in a ranking."""
    return ["key_a", "key_b"][: len(group_by)]


def _order(group_by: Sequence[str], keys: list[str]) -> list[str]:
    if group_by[0] in STEPS:
        return [keys[0], _DEAREST, *keys[1:]]
    return [_DEAREST, *keys]


def _ranking(
    filters: Filters, range_: Range, group_by: tuple[Grouping, ...]
) -> tuple[str, dict[str, Any]]:
    by_call = "plan" in group_by
    now = sources(filters, range_.start, range_.end, by_call=by_call, name="now")
    columns, keys = [_COLUMNS[name] for name in group_by], _keys(group_by)
    named = ", ".join(f"{column} AS {key}" for column, key in zip(columns, keys, strict=True))
    listed = ", ".join(keys)
    statement = f"SELECT {named}, {_SUMS} FROM ({now.sql}) AS calls GROUP BY {listed}"  # noqa: S608
    # A day is in one range only.
    if any(name in STEPS for name in group_by):
        return f"SELECT *, NULL::bigint AS before_usd FROM ({statement}) AS now", now.values  # noqa: S608
    past = range_.before
    before = sources(filters, past.start, past.end, by_call=by_call, name="before")
    compared = (
        f"SELECT now.*, before.cost_usd AS before_usd FROM ({statement}) AS now LEFT JOIN ("  # noqa: S608
        f"SELECT {named}, sum(cost_usd)::bigint AS cost_usd FROM ({before.sql}) AS calls "
        f"GROUP BY {listed}) AS before USING ({listed})"
    )
    return compared, now.values | before.values


def _figures(row: Any) -> Figures:
    return Figures(**{name: row[name] for name in _FIGURES})


class Creator(Struct, frozen=True, kw_only=True):
    """Somebody with figures, also one who has left."""

    id: UUID
    name: str | None
    external_id: str | None
    is_deleted: bool


async def creator(tx: Snapshot, user: UUID) -> Creator | None:
    """None: there never was one."""
    row = await _CREATOR.row(tx, user=user)
    return None if row is None else Creator(**row)


_CREATOR = Prepared("""
SELECT id, coalesce(nullif(name, ''), email) AS name, external_id,
       deleted_at IS NOT NULL AS is_deleted
FROM users WHERE id = :user
""")
