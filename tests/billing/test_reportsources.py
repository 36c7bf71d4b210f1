"""Which rows a range is added up from."""

from datetime import UTC, datetime

import pytest

from billing.reportsources import Filters, hour_of, sources

NAMES = ("usage_hours", "usage_logs", "outbox")


@pytest.mark.parametrize(
    ("start", "end", "read"),
    [
        ("12:00", "15:00", (1, 0, 1)),
        ("12:10", "15:00", (1, 1, 1)),
        ("12:00", "15:10", (1, 1, 1)),
        ("12:10", "15:10", (1, 2, 1)),
        ("12:10", "12:50", (0, 1, 1)),
        ("12:10", "13:50", (0, 1, 1)),
        ("12:10", "14:00", (1, 1, 1)),
    ],
)
def test_whole_hours_are_read_as_sums_and_the_rest_call_by_call(
    start: str, end: str, read: tuple[int, int, int]
) -> None:
    found = sources(Filters(features=("chat",)), at(start), at(end), by_call=False, name="now")
    assert tuple(found.sql.count(f"FROM {name} ") for name in NAMES) == read
    assert found.sql.count("feature = ANY(:features)") == sum(read)
    assert found.values["features"] == ("chat",)


@pytest.mark.parametrize(
    ("filters", "by_call"),
    [(Filters(), True), (Filters(outcomes=("failed",)), False)],
)
def test_what_sums_do_not_tell_is_read_call_by_call(filters: Filters, by_call: bool) -> None:
    found = sources(filters, at("12:00"), at("15:00"), by_call=by_call, name="now")
    assert [found.sql.count(f"FROM {name} ") for name in NAMES] == [0, 1, 1]


def test_an_hour_is_one_of_utc() -> None:
    assert hour_of(datetime.fromisoformat("2026-03-15T12:40:00.5+05:30")) == at("07:00")


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-15T{time}:00Z").astimezone(UTC)
