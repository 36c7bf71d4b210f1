"""Reports say what adding up the calls by hand says: any range, filtered and grouped any way."""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.consumers import charges
from billing.reports import (
    STEPS,
    Figures,
    Group,
    Grouping,
    Place,
    Range,
    Ranking,
    series,
    total,
)
from billing.reportsources import Filters, read_patiently
from server.domain.ids import UserId
from server.domain.money import MicroCredits, NanoUsd
from server.domain.usage import CallOutcome, Usage, UsageEvent
from server.local.engines import EngineUrls
from server.persistence import outbox
from server.persistence.database import Database, open_database
from tests.billing.support import NOON, make_user, usage_event
from tests.conftest import empty

USERS = 3
DIMENSIONS: tuple[Grouping, ...] = ("creator", "feature", "agent", "model", "provider", "plan")

calls = st.lists(
    st.fixed_dictionaries(
        {
            "user": st.integers(0, USERS - 1),
            # Around whole hours, days and the end of a month, which is where sums go wrong.
            "minutes": st.one_of(st.integers(-120, 120), st.integers(0, 60 * 24 * 40)),
            "feature": st.sampled_from(["chat", "caption"]),
            "agent": st.sampled_from(["assistant", "content"]),
            "model": st.sampled_from(["demo/a", "demo/b", "openai/c"]),
            "plan": st.sampled_from(["starter", "pro"]),
            "cost": st.integers(0, 10**12),
            "charged": st.integers(0, 10**9),
            "tokens": st.integers(0, 10**6),
            "outcome": st.sampled_from(list(CallOutcome)),
            "is_billed": st.booleans(),
        }
    ),
    max_size=25,
)
moments = st.integers(-60 * 3, 60 * 24 * 41).map(lambda minutes: NOON + timedelta(minutes=minutes))
ranges = st.lists(moments, min_size=2, max_size=2, unique=True).map(sorted)
groupings = st.lists(st.sampled_from([*DIMENSIONS, *STEPS]), min_size=1, max_size=2, unique=True)
chosen = st.fixed_dictionaries(
    {
        "creator": st.sampled_from([None, None, 0]),
        "features": st.sampled_from([(), ("chat",), ("chat", "caption")]),
        "models": st.sampled_from([(), (), ("demo/a", "openai/c")]),
        "outcomes": st.sampled_from([(), (), (), ("failed",)]),
    }
)


def event_of(users: list[UserId], made: dict[str, Any]) -> UsageEvent:
    return usage_event(
        users[made["user"]],
        at=NOON + timedelta(minutes=made["minutes"]),
        cost=made["cost"],
        charged=MicroCredits(made["charged"]),
        charged_usd=NanoUsd(made["charged"] * 1_000),
        feature=made["feature"],
        agent=made["agent"],
        model=made["model"],
        provider=made["model"].partition("/")[0],
        plan=made["plan"],
        outcome=made["outcome"],
        usage=Usage(input_tokens=made["tokens"], output_tokens=made["tokens"] // 2),
    )


async def write(database: Database, billed: list[UsageEvent], waiting: list[UsageEvent]) -> None:
    async with database.transaction() as tx:
        await outbox.append(tx, [*billed, *waiting])
        await charges.apply(tx, billed)


def added(events: list[UsageEvent], waiting: list[UsageEvent]) -> Figures:
    late = [event for event in events if event in waiting]
    return Figures(
        calls=len(events),
        failed=sum(event.outcome is CallOutcome.FAILED for event in events),
        input_tokens=sum(event.usage.input_tokens for event in events),
        output_tokens=sum(event.usage.output_tokens for event in events),
        cost_usd=NanoUsd(sum(event.cost_usd for event in events)),
        charged=sum(event.charged for event in events),
        charged_usd=NanoUsd(sum(event.charged_usd for event in events)),
        unbilled_calls=len(late),
        unbilled_usd=NanoUsd(sum(event.cost_usd for event in late)),
    )


def step_of(at: datetime, step: str) -> datetime:
    hour = at.hour if step == "hour" else 0
    start = at.replace(hour=hour, minute=0, second=0, microsecond=0)
    return start.replace(day=1) if step == "month" else start


def key_of(event: UsageEvent, group_by: list[Grouping]) -> tuple[Any, ...]:
    return tuple(
        step_of(event.at, name)
        if name in STEPS
        else event.creator_id
        if name == "creator"
        else getattr(event, name)
        for name in group_by
    )


def fits(event: UsageEvent, filters: Filters) -> bool:
    return (
        filters.creator in {None, event.creator_id}
        and (not filters.features or event.feature in filters.features)
        and (not filters.models or event.model in filters.models)
        and (not filters.outcomes or event.outcome in filters.outcomes)
    )


async def pages(database: Database, ranking: Ranking, limit: int) -> list[Group]:
    """All groups, page by page."""
    found: list[Group] = []
    after: Place | None = None
    async with database.snapshot() as tx:
        await read_patiently(tx)
        counts = set()
        while (page := await ranking.page(tx, limit, after)).groups:
            found += page.groups
            after = (found[-1].figures.cost_usd, found[-1].keys)
            counts.add(page.count)
        assert counts <= {len(found)}
        assert [one async for some in ranking.all(tx) for one in some] == found
    return found


async def agrees_with_the_calls(
    database: Database,
    made: list[dict[str, Any]],
    between: list[datetime],
    group_by: list[Grouping],
    choice: dict[str, Any],
) -> None:
    await empty(database)
    users = [(await make_user(database))[0] for _ in range(USERS)]
    events = [event_of(users, one) for one in made]
    waiting = [event for event, one in zip(events, made, strict=True) if not one["is_billed"]]
    await write(database, [event for event in events if event not in waiting], waiting)
    creator = None if choice["creator"] is None else users[choice["creator"]]
    filters = Filters(**{**choice, "creator": creator})
    range_ = Range(start=between[0], end=between[1])
    fitting = [event for event in events if fits(event, filters)]
    within = [event for event in fitting if range_.start <= event.at < range_.end]
    before = [
        event
        for event in fitting
        if range_.start - (range_.end - range_.start) <= event.at < range_.start
    ]
    groups = await pages(database, Ranking(filters, range_, group_by), limit=3)
    expected, past = defaultdict(list), defaultdict(list)
    for event in within:
        expected[key_of(event, group_by)].append(event)
    for event in before:
        past[key_of(event, group_by)].append(event)
    assert {group.keys: group.figures for group in groups} == {
        key: added(some, waiting) for key, some in expected.items()
    }
    if not set(group_by) & set(STEPS):
        for group in groups:
            cost = sum(event.cost_usd for event in past[group.keys])
            assert group.before_usd == (cost if past[group.keys] else None)
    if group_by[0] in STEPS:
        assert [group.keys[0] for group in groups] == sorted(group.keys[0] for group in groups)
    else:
        assert all(a.figures.cost_usd >= b.figures.cost_usd for a, b in pairwise(groups))
    async with database.snapshot() as tx:
        await read_patiently(tx)
        assert await total(tx, filters, range_) == added(within, waiting)
        for step in STEPS:
            points = await series(tx, filters, range_, step)
            assert {point.at: point.figures.cost_usd for point in points} == {
                at: sum(event.cost_usd for event in within if step_of(event.at, step) == at)
                for at in {step_of(event.at, step) for event in within}
            }
            assert [point.at for point in points] == sorted(point.at for point in points)


def test_every_figure_is_that_of_its_calls(migrated: EngineUrls) -> None:
    with asyncio.Runner() as runner:
        opened = open_database(migrated.database_url, pool_size=1)
        database = runner.run(opened.__aenter__())

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(made=calls, between=ranges, group_by=groupings, choice=chosen)
        def holds(
            made: list[dict[str, Any]],
            between: list[datetime],
            group_by: list[Grouping],
            choice: dict[str, Any],
        ) -> None:
            runner.run(agrees_with_the_calls(database, made, between, group_by, choice))

        try:
            holds()
        finally:
            runner.run(empty(database))
            runner.run(opened.__aexit__(None, None, None))


async def test_groups_are_named_as_their_creators_are(database: Database) -> None:
    user, _ = await make_user(database)
    await write(database, [usage_event(user, cost=5)], [])
    range_ = Range(start=NOON, end=NOON + timedelta(hours=1))
    (group,) = await pages(database, Ranking(Filters(), range_, ["feature", "creator"]), 50)
    assert (group.keys, group.name, group.external_id) == (("chat", user), "Someone", None)
