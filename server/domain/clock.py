"""Time as an argument: services take a ``Clock``, pure functions take ``now``."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Answers the present moment, always in UTC."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def month_of(moment: datetime) -> date:
    """First day of the UTC calendar month: the period that quotas and monthly charges count by."""
    return moment.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> datetime:
    """The moment at which ``month`` ends and its quota resets."""
    year, number = (month.year + 1, 1) if month.month == 12 else (month.year, month.month + 1)
    return datetime(year, number, 1, tzinfo=UTC)
