"""A month's dollars: what is left of them, which marks were passed, where the month will end.

Pure: the counting itself happens in ``billing.ledger``, under the same lock as the hold.
"""

from datetime import UTC, date, datetime
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from server.domain.clock import next_month
from server.domain.money import (
    MICROS_PER_CREDIT,
    NANOS_PER_USD,
    MicroCredits,
    NanoUsd,
    usd_text,
)

Mark: TypeAlias = Literal[80, 95, 100]

THRESHOLDS: tuple[Mark, ...] = (80, 95)
"""Per cent of charges at which the user is told, once a month each. 100 is told at the first
refusal or stop by quota, which no charge alone can show."""


class Outlook(Struct, frozen=True, kw_only=True, gc=False):
    """How a month is going. ``percent`` of the limit spent, ``pace`` as a share of the even one
    (1.0: used up on the last day exactly); both None where there is no limit."""

    percent: float | None
    pace: float | None
    forecast_usd: NanoUsd


def remaining(limit: NanoUsd | None, spent: NanoUsd, held: NanoUsd) -> NanoUsd | None:
    """What may still be held; None: no limit. Never below zero, also after a downgrade."""
    return None if limit is None else NanoUsd(max(0, limit - spent - held))


def payable(usd: NanoUsd, credits_per_usd: int) -> MicroCredits:
    """How many credits dollars of a quota allow: in dollars again they are never more."""
    return MicroCredits(usd * credits_per_usd // (NANOS_PER_USD // MICROS_PER_CREDIT))


def passed(spent: NanoUsd, limit: NanoUsd | None) -> tuple[Mark, ...]:
    """The ``THRESHOLDS`` that what is spent has reached."""
    if not limit:
        return ()
    return tuple(mark for mark in THRESHOLDS if spent * 100 >= mark * limit)


def crossed(before: NanoUsd, after: NanoUsd, limit: NanoUsd | None) -> tuple[Mark, ...]:
    """The ``THRESHOLDS`` that a charge passed by raising what is spent from one to the other."""
    return passed(after, limit)[len(passed(before, limit)) :]


def outlook(month: date, spent: NanoUsd, limit: NanoUsd | None, now: datetime) -> Outlook:
    """Carry what was spent so far on evenly to the end of the month.

    The first hour counts as a whole one: a single call a second after midnight is no forecast.
    """
    begin, end = datetime(month.year, month.month, 1, tzinfo=UTC), next_month(month)
    whole = int((end - begin).total_seconds())
    elapsed = min(whole, max(3_600, int((now - begin).total_seconds())))
    forecast = NanoUsd(-(-spent * whole // elapsed))
    if not limit:
        return Outlook(percent=None, pace=None, forecast_usd=forecast)
    return Outlook(
        percent=round(spent * 100 / limit, 2),
        pace=round(forecast / limit, 4),
        forecast_usd=forecast,
    )


def until(moment: datetime, now: datetime) -> float:
    """Seconds to wait for ``moment``; at least one, so that a client never retries at once."""
    return max(1.0, float(round((moment - now).total_seconds())))


def moment_text(moment: datetime) -> str:
    """RFC 3339 in UTC, as the codec writes moments: for metadata, which holds JSON values."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def quota_metadata(
    limit: NanoUsd, spent: NanoUsd, held: NanoUsd, month: date, *, needed: NanoUsd
) -> dict[str, Any]:
    """The figures of a refusal by quota: dollars as decimal strings. ``needed``: what was to be
    held."""
    return {
        "needed": usd_text(needed),
        "limit": usd_text(limit),
        "remaining": usd_text(remaining(limit, spent, held) or 0),
        "resetsAt": moment_text(next_month(month)),
        "scope": "quota",
    }
