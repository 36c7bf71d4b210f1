"""The time and the calendar, which models do not know and compute badly."""

import calendar
import zoneinfo
from datetime import date, datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, json

from agents.tools.base import ToolContext
from server.domain.errors import Invalid


class ClockArguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    zone: Annotated[str, Meta(description="IANA zone, default UTC", max_length=64)] = "UTC"
    day: Annotated[date, Meta(description="Default today")] | UnsetType = UNSET
    until: Annotated[date, Meta(description="Count days from day to this")] | UnsetType = UNSET
    month: (
        Annotated[str, Meta(description="YYYY-MM to show", pattern="^[0-9]{4}-[0-9]{2}$")]
        | UnsetType
    ) = UNSET


class ClockTool:
    """``current_time``: what time it is where, which day of which week, how long until."""

    name = "current_time"
    description = (
        "Date, time, weekday and ISO week in a time zone; also of any day, days between two days,"
        " a month's calendar. Ask whenever the answer depends on today or on a calendar."
    )
    parameters = ClockArguments

    async def run(self, arguments: Any, context: ToolContext) -> str:
        asked: ClockArguments = arguments
        now = context.now.astimezone(_zone(asked.zone))
        day = now.date() if isinstance(asked.day, UnsetType) else asked.day
        told: dict[str, Any] = {"now": _moment(now), "zone": asked.zone, "day": _day(day)}
        if asked.day is not UNSET:
            told["daysFromToday"] = (day - now.date()).days
        if not isinstance(asked.until, UnsetType):
            told["until"] = _day(asked.until)
            told["daysUntil"] = (asked.until - day).days
        if not isinstance(asked.month, UnsetType):
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
    year, number = int(month[:4]), int(month[5:])
    if year < date.min.year or number not in range(1, 13):
        raise Invalid(f"There is no month {month}.", path="$.month")
    return calendar.TextCalendar(calendar.MONDAY).formatmonth(year, number).rstrip()
