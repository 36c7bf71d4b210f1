"""Months are UTC's, whatever zone a moment is written in."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from server.domain.clock import month_of, next_month, utc_now

moments = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)


def test_now_is_in_utc() -> None:
    assert utc_now().tzinfo is UTC


def test_the_month_of_a_moment_is_that_of_greenwich() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert month_of(datetime(2026, 3, 1, 8, tzinfo=tokyo)) == date(2026, 2, 1)


@given(moments)
def test_every_moment_lies_in_its_month(moment: datetime) -> None:
    month = month_of(moment)
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    assert start <= moment < next_month(month)


def test_after_december_comes_january() -> None:
    assert next_month(date(2026, 12, 1)) == datetime(2027, 1, 1, tzinfo=UTC)
