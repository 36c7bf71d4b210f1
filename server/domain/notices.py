"""What users are told of beside their turns: by a notification, and by their webhooks."""

import enum
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["info", "warning", "critical"]


class Notice(enum.StrEnum):
    """Events that a webhook can ask for. Those of alerts are for admins only."""

    QUOTA_THRESHOLD = "quota.threshold"
    PLAN_CHANGED = "plan.changed"
    CREDITS_GRANTED = "credits.granted"
    CREDITS_REFUNDED = "credits.refunded"
    WEBHOOK_DISABLED = "webhook.disabled"
    REPORT_READY = "report.ready"
    REPORT_FAILED = "report.failed"
    ALERT_OPENED = "alert.opened"
    ALERT_UPDATED = "alert.updated"
    ALERT_CLOSED = "alert.closed"


WEBHOOK_TEST = "webhook.test"
"""Sent to a webhook whose owner asks for it, and told to nobody else."""

FOR_ADMINS = frozenset({Notice.ALERT_OPENED, Notice.ALERT_UPDATED, Notice.ALERT_CLOSED})
