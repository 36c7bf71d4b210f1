"""What a round finds: each out of the ordinary, with its explanation, before it is an incident."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from billing.alerts import Kind, Severity
from billing.detection.scopes import Scope
from server.domain.money import NANOS_PER_USD, usd_text


class Finding(Struct, frozen=True, kw_only=True):
    """As ``billing.alerts.Alert`` has it. ``measure``: the figure behind ``observed``; grown by a
    quarter it is news."""

    kind: Kind
    scope: Scope
    severity: Severity
    observed: str
    usual: str
    explanation: str
    evidence: dict[str, Any]
    since: datetime
    measure: float


def dollars(nanos: float) -> str:
    """A decimal string with as many places as say something: two digits below a dollar."""
    places = 2
    while places < 9 and abs(nanos) * 10 ** (places - 1) < NANOS_PER_USD:
        places += 1
    step = 10 ** (9 - places)
    return usd_text(round(nanos / step) * step)


def clock(moment: datetime) -> str:
    return f"{moment:%H:%M} UTC"


def times_text(times: float) -> str:
    return f"{times:.1f}" if times < 20 else f"{times:.0f}"


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
