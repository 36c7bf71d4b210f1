"""When an incident opens, is worth telling again, and closes: decisions without storage."""

from datetime import datetime, timedelta

from billing.alerts import Alert
from billing.detection.findings import Finding

QUIET = timedelta(minutes=10)
"""An incident closes when nothing was out of the ordinary for this long: what comes back within it
is the same incident."""

GROWN = 1.25
"""Observed so many times what was told last is news."""


def is_news(alert: Alert, finding: Finding) -> bool:
    """Whether admins should hear of how ``alert`` has gone on: it is graver, or a quarter more, or
    another day's."""
    is_graver = finding.severity == "high" and alert.severity == "watch"
    is_another = finding.evidence.get("day") != alert.evidence.get("day")
    return is_graver or is_another or finding.measure >= GROWN * alert.evidence["toldMeasure"]


def is_over(quiet_since: datetime | None, now: datetime) -> bool:
    """Whether what has been quiet since then is over."""
    return quiet_since is not None and now - quiet_since >= QUIET
