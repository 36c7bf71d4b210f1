"""The clock knows zones, weeks and months, and takes any name of a zone for what it is."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from agents.tools.base import ToolContext
from agents.tools.clock import ClockArguments, ClockTool
from server.domain.errors import Invalid

EVENING = ToolContext(now=datetime(2026, 12, 31, 23, 30, tzinfo=UTC), correlation_id="c")


async def asked(**fields: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.decode(await ClockTool().run(ClockArguments(**fields), EVENING))
    return told


async def test_it_may_be_tomorrow_elsewhere() -> None:
    here, there = await asked(), await asked(zone="Asia/Tokyo")
    assert (here["now"]["iso"], here["day"]["weekday"]) == ("2026-12-31T23:30:00+00:00", "Thursday")
    assert (there["now"]["iso"], there["day"]["date"]) == (
        "2027-01-01T08:30:00+09:00",
        "2027-01-01",
    )
    assert there["day"]["isoWeek"] == "2026-W53"


async def test_summer_time_is_told() -> None:
    july = ToolContext(now=datetime(2026, 7, 1, tzinfo=UTC), correlation_id="c")
    told = json.decode(await ClockTool().run(ClockArguments(zone="Europe/Paris"), july))
    assert (told["now"]["utcOffset"], told["now"]["isDaylightSaving"]) == ("+0200", True)


async def test_days_are_counted_from_today_and_between() -> None:
    told = await asked(day=date(2026, 12, 24), until=date(2027, 3, 1))
    assert (told["daysFromToday"], told["daysUntil"]) == (-7, 67)
    assert told["until"]["weekday"] == "Monday"
    assert (await asked(until=date(2027, 1, 1)))["daysUntil"] == 1


async def test_a_month_is_shown_from_monday() -> None:
    lines = (await asked(month="2027-02"))["month"].splitlines()
    assert lines[1:3] == ["Mo Tu We Th Fr Sa Su", " 1  2  3  4  5  6  7"]


@pytest.mark.parametrize(
    "zone", ["../../etc/passwd", "/etc/passwd", "", "a\0b", "Europe", "Mars/X"]
)
async def test_what_is_no_zone_is_said_to_be_none(zone: str) -> None:
    with pytest.raises(Invalid) as refused:
        await asked(zone=zone)
    assert refused.value.path == "$.zone"


@pytest.mark.parametrize("month", ["0000-01", "2026-00", "2026-13"])
async def test_what_is_no_month_is_said_to_be_none(month: str) -> None:
    with pytest.raises(Invalid) as refused:
        await asked(month=month)
    assert refused.value.path == "$.month"


@given(st.dates(), st.dates(), st.dates())
async def test_every_day_of_the_calendar_can_be_asked_for(
    day: date, until: date, in_month: date
) -> None:
    month = f"{in_month.year:04}-{in_month.month:02}"
    told = await asked(day=day, until=until, month=month)
    assert told["daysUntil"] == (until - day).days
    assert str(in_month.day) in told["month"]
