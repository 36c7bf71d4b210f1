"""When a delivery that failed is tried again, and when it is given up."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

PAUSES_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
"""After the first attempt, the second…: the example schedule of Standard Webhooks, some 28 hours.
After one attempt more than there are pauses, it is given up."""

JITTER = 0.2
"""As much longer at most, so that what failed together does not come again together."""

ASKED_MOST = timedelta(days=1)
"""A receiver that asks for a longer pause gets this one."""

HOPELESS = timedelta(days=3)
"""A webhook at which nothing has arrived for so long is disabled when the next delivery is given
up."""

KEPT = timedelta(days=30)
"""Deliveries and what became of them."""


def next_attempt(
    attempts: int, now: datetime, chance: float, asked: datetime | None
) -> datetime | None:
    """After so many ``attempts``; ``chance`` is from 0 to 1; ``asked``: not before then, as the
    receiver wishes. None: there is none."""
    if attempts > len(PAUSES_S):
        return None
    planned = now + timedelta(seconds=PAUSES_S[attempts - 1] * (1 + JITTER * chance))
    return planned if asked is None else max(planned, min(asked, now + ASKED_MOST))


def asked_for(retry_after: str | None, now: datetime) -> datetime | None:
    """The moment that a ``Retry-After`` names, in seconds or as a date; None: none that can be
    read."""
    text = (retry_after or "").strip()
    try:
        if text.isascii() and text.isdigit():
            return now + timedelta(seconds=int(text[:9]))
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else None
