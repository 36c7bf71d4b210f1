"""What comes by itself comes on its day, at the user's own minute, and never twice."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.cadence import BEGIN, WINDOW, Cadence, next_moment

FIRST, LATER = UUID(int=0), UUID(int=61)
START = datetime(2020, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 80 * 366 * 86_400).map(lambda s: START + timedelta(seconds=s))


@pytest.mark.parametrize(
    ("cadence", "now", "following"),
    [
        ("weekly", "2026-05-06T12:00Z", "2026-05-11T04:00Z"),  # from a Wednesday
        ("weekly", "2026-05-11T03:59Z", "2026-05-11T04:00Z"),
        ("weekly", "2026-05-11T04:00Z", "2026-05-18T04:00Z"),
        ("monthly", "2026-05-06T12:00Z", "2026-06-01T04:00Z"),
        ("monthly", "2026-12-01T03:00Z", "2026-12-01T04:00Z"),
        ("monthly", "2026-12-01T04:00Z", "2027-01-01T04:00Z"),
    ],
)
def test_it_comes_on_mondays_or_on_the_first(cadence: str, now: str, following: str) -> None:
    found = next_moment(Cadence(cadence), FIRST, datetime.fromisoformat(now))
    assert found == datetime.fromisoformat(following)


def test_users_do_not_all_come_at_once() -> None:
    apart = next_moment(Cadence.WEEKLY, LATER, START) - next_moment(Cadence.WEEKLY, FIRST, START)
    assert apart == timedelta(minutes=61)


def test_a_moment_told_in_another_zone_is_the_same_moment() -> None:
    now = datetime(2026, 6, 1, 3, 30, tzinfo=UTC)
    elsewhere = now.astimezone(timezone(timedelta(hours=-8)))  # still the last of May there
    for cadence in Cadence:
        assert next_moment(cadence, FIRST, elsewhere) == next_moment(cadence, FIRST, now)


@given(st.sampled_from(Cadence), st.uuids(), MOMENTS)
def test_it_is_ahead_in_its_window_and_goes_on_from_there(
    cadence: Cadence, user: UUID, now: datetime
) -> None:
    found = next_moment(cadence, user, now)
    assert now < found <= now + timedelta(days=7 if cadence is Cadence.WEEKLY else 31)
    assert BEGIN <= timedelta(hours=found.hour, minutes=found.minute) < BEGIN + WINDOW
    again = next_moment(cadence, user, found)
    assert again - found >= timedelta(days=7)
    assert (again.hour, again.minute) == (found.hour, found.minute)
