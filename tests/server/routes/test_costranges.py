"""What a report is about, and what is refused with the field that is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.reports import Range, Step
from server.domain.errors import Invalid
from server.domain.ids import new_id
from server.persistence.database import Database
from server.routes.costranges import (
    FilterQuery,
    RangeQuery,
    filters_of,
    grouping_of,
    key_text,
    range_of,
    step_of,
    steps_of,
)

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def test_this_month_until_now_is_meant_unless_something_else_is_said() -> None:
    assert range_of(RangeQuery(), NOW) == Range(start=MARCH, end=NOW)
    february = Range(start=datetime(2026, 2, 1, tzinfo=UTC), end=MARCH)
    assert range_of(RangeQuery(end=MARCH), NOW) == february
    assert range_of(RangeQuery(), MARCH) == february
    abroad = datetime.fromisoformat("2026-03-01T00:30:00+01:00")
    assert range_of(RangeQuery(end=abroad), NOW).start == february.start


@pytest.mark.parametrize(
    ("query", "path"),
    [
        (RangeQuery(start=NOW), "$query.to"),
        (RangeQuery(start=NOW + timedelta(days=1)), "$query.to"),
        (RangeQuery(start=NOW - timedelta(days=1_200)), "$query.from"),
        (RangeQuery(end=datetime(9_999, 12, 31, tzinfo=UTC)), "$query.to"),
        (RangeQuery(end=datetime(1, 1, 1, tzinfo=UTC)), "$query.to"),
    ],
)
def test_a_range_that_is_none_is_refused(query: RangeQuery, path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        range_of(query, NOW)
    assert refusal.value.path == path


@pytest.mark.parametrize("given", ["", ",", "mood", "day,day", "day,model,creator", "Model"])
def test_groups_that_are_none_are_refused(given: str) -> None:
    with pytest.raises(Invalid) as refusal:
        grouping_of(given)
    assert refusal.value.path == "$query.groupBy"


def test_one_or_two_groups_are_read() -> None:
    assert grouping_of("model") == ("model",)
    assert grouping_of("day, creator") == ("day", "creator")
    with pytest.raises(Invalid):
        grouping_of("day,creator", most=1)


@pytest.mark.parametrize(
    ("days", "asked", "step"),
    [(1, None, "hour"), (30, None, "day"), (365, None, "month"), (365, "day", "day")],
)
def test_a_curve_has_the_step_that_suits_it(days: int, asked: Step | None, step: Step) -> None:
    assert step_of(Range(start=NOW, end=NOW + timedelta(days=days)), asked) == step


@pytest.mark.parametrize(("days", "asked"), [(42, "hour"), (1_001, "day")])
def test_a_curve_has_no_more_points_than_anybody_reads(days: int, asked: Step) -> None:
    with pytest.raises(Invalid) as refusal:
        step_of(Range(start=NOW, end=NOW + timedelta(days=days)), asked)
    assert refusal.value.path == "$query.step"


def test_every_step_of_a_range_is_named() -> None:
    def starts(range_: Range, step: Step) -> list[str]:
        return [key_text(at, step) for at in steps_of(range_, step)]

    hours = Range(start=NOW, end=NOW + timedelta(hours=2))
    assert starts(hours, "hour") == [f"2026-03-15T{hour}:00:00Z" for hour in (12, 13, 14)]
    year = Range(start=NOW - timedelta(days=100), end=NOW)
    assert starts(year, "month") == ["2025-12", "2026-01", "2026-02", "2026-03"]
    assert starts(Range(start=MARCH, end=MARCH + timedelta(days=2)), "day") == [
        "2026-03-01", "2026-03-02",
    ]  # fmt: skip


async def test_lists_of_names_are_read_and_names_that_are_none_refused(database: Database) -> None:
    user = new_id()
    async with database.snapshot() as tx:
        found = await filters_of(
            tx,
            FilterQuery(
                creator_id=str(user), feature="chat, image", model="a/b", outcome="failed,ok"
            ),
        )
        assert (found.creator, found.features, found.models) == (user, ("chat", "image"), ("a/b",))
        assert found.outcomes == ("failed", "ok")
        for query, name in (
            (FilterQuery(feature="chat,mood"), "feature"),
            (FilterQuery(outcome="good"), "outcome"),
            (FilterQuery(creator_id="nobody"), "creatorId"),
            (FilterQuery(creator_id="external:nobody"), "creatorId"),
        ):
            with pytest.raises(Invalid) as refusal:
                await filters_of(tx, query)
            assert refusal.value.path == f"$query.{name}"
