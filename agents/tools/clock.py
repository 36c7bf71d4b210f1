"""The time and the calendar, which models do not know and compute badly."""

import calendar
import zoneinfo
from datetime import date, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct, json

from agents.tools.base import ToolContext
from server.domain.errors import Invalid


class ClockArguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    zone: Annotated[
        str,
        Meta(description="IANA time zone, like Europe/Paris. Default: UTC.", max_length=64),
    ] = "UTC"
    day: (
        Annotated[date, Meta(description="A day to tell about, as YYYY-MM-DD. Default: today.")]
        | None
    ) = None
    until: (
        Annotated[date, Meta(description="Count the days from day to this day, as YYYY-MM-DD.")]
        | None
    ) = None
    month: (
        Annotated[
            str,
            Meta(
                description="A month to show as a calendar, as YYYY-MM.",
                pattern="^[0-9]{4}-(0[1-9]|1[0-2])$",
                max_length=7,
            ),
        ]
        | None
    ) = None


class ClockTool:
    """``current_time``: what time it is where, which day of which week, how long until."""

    name = "current_time"
    description = (
        "The current date and time in a time zone, with weekday and ISO week. Also the weekday and"
        " ISO week of any day, the number of days between two days, and the calendar of a month."
        " Ask it whenever an answer depends on today's date or on a calendar."
    )
    parameters = ClockArguments

    async def run(self, arguments: Any, context: ToolContext) -> str:
        asked: ClockArguments = arguments
        now = context.now.astimezone(_zone(asked.zone))
        day = asked.day or now.date()
        told: dict[str, Any] = {"now": _moment(now), "zone": asked.zone, "day": _day(day)}
        if asked.day is not None:
            told["daysFromToday"] = (day - now.date()).days
        if asked.until is not None:
            told["until"] = _day(asked.until)
            told["daysUntil"] = (asked.until - day).days
        if asked.month is not None:
            told["month"] = _month(asked.month)
        return json.encode(told).decode()


def _zone(name: str) -> zoneinfo.ZoneInfo:
    """Of the system's database, else of the package ``tzdata``. The name is the model's."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            f"There is no time zone {name!r}; they are named as in Europe/Paris.", path="$.zone"
        ) from None


def _moment(now: datetime) -> dict[str, Any]:
    return {
        "iso": now.isoformat(timespec="seconds"),
        "utcOffset": now.strftime("%z"),
        "abbreviation": now.tzname(),
        "isDaylightSaving": bool(now.dst()),
    }


def _day(day: date) -> dict[str, Any]:
    year, week, _ = day.isocalendar()
    return {
        "date": day.isoformat(),
        "weekday": calendar.day_name[day.weekday()],
        "isoWeek": f"{year}-W{week:02}",
        "dayOfYear": day.timetuple().tm_yday,
    }


def _month(month: str) -> str:
    """Weeks begin on Monday, as ISO weeks do."""
    year = int(month[:4])
    if year < date.min.year:
        raise Invalid("The calendar begins with the year 0001.", path="$.month")
    return calendar.TextCalendar(calendar.MONDAY).formatmonth(year, int(month[5:])).rstrip()
