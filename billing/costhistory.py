"""A window further back than the live day, from the database, as a live window looks."""

import asyncio
from collections import defaultdict
from datetime import datetime

from msgspec import structs

from billing import costqueries
from billing.costbook import DEAREST_MAX, Cell
from billing.costviews import GROUPS_MAX, Query, View, curves, dearest, errors, grouping, rank
from server.persistence.database import Database

STEPS = (1, 10, 60, 600, 3_600, 21_600, 86_400)
"""Lengths of a step in seconds; the smallest is taken that needs no more than ``POINTS_MAX``."""
POINTS_MAX = 1_440
CANDIDATES = 500
"""Dearest calls that are looked at before the filters: they are few, and seldom hide one."""


def step_for(start: datetime, end: datetime) -> int:
    """Seconds of one point of a curve over that window."""
    length = (end - start).total_seconds()
    return next((step for step in STEPS if length <= step * POINTS_MAX), STEPS[-1])


async def past_view(database: Database, query: Query, live: View, now: datetime) -> View:
    """``live`` with the parts that belong to the window of ``query`` replaced.

    Raises ServiceUnavailable.
    """
    start, end = query.window(now)
    step, name, accept = step_for(start, end), grouping(query.group_by), query.filters.accept
    window: defaultdict[str, Cell] = defaultdict(Cell)
    points: defaultdict[tuple[int, str], int] = defaultdict(int)
    async with database.snapshot() as snapshot:
        await costqueries.allow_time(snapshot)
        async for total in costqueries.sums(snapshot, start, end, step):
            if accept(total.key):
                group = name(total.key)
                window[group].add(total.usd, total.calls, total.failed)
                points[total.second, group] += total.usd
        costs = await costqueries.dearest(snapshot, start, end, CANDIDATES)
    # A point for each creator and step is too much for one step of the loop.
    drawn = await asyncio.to_thread(
        lambda: curves((second, group, usd) for (second, group), usd in points.items())
    )
    groups = rank(dict(window), {}, {})
    live_groups = {group.key: group for group in live.groups}
    return structs.replace(
        live,
        step=step,
        errors=errors(window.values()),
        series=drawn,
        groups=[
            structs.replace(live_groups[group.key], calls=group.calls)
            if group.key in live_groups
            else group
            for group in groups[:GROUPS_MAX]
        ],
        group_count=len(groups),
        dearest=dearest(cost for cost in costs if accept(cost.key))[:DEAREST_MAX],
    )
