"""How often something comes by itself, and when it comes next."""

import enum
from datetime import UTC, datetime, timedelta
from uuid import UUID

from server.domain.clock import month_of, next_month

BEGIN = timedelta(hours=4)
WINDOW = timedelta(hours=6)
"""Of the day in UTC: the host application has told of the day before, and work begins in Europe
and America. Each user has a minute of their own in it, so that not all come at once."""


class Cadence(enum.StrEnum):
    """On Mondays, or on the first of the month."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


def next_moment(cadence: Cadence, user: UUID, now: datetime) -> datetime:
    """The first one of this user's that comes after ``now``."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    minutes = user.int % (WINDOW // timedelta(minutes=1))
    own = BEGIN + timedelta(minutes=minutes)
    match cadence:
        case Cadence.WEEKLY:
            this = today - timedelta(days=today.weekday())
            following = this + timedelta(days=7)
        case Cadence.MONTHLY:
            this, following = today.replace(day=1), next_month(month_of(now))
    return this + own if this + own > now else following + own
