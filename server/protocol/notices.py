"""What is told with each kind of notice: the ``data`` of notifications and of webhooks' events."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from server.domain.notices import Notice
from server.protocol.figures import Quota

Plan = Literal["starter", "pro", "business"]


class ThresholdData(Struct, frozen=True, kw_only=True, rename="camel"):
    """So much of the month's quota is used: 80, 95, or 100 per cent, when a turn was refused or
    stopped."""

    percent: int
    quota: Quota


class PlanData(Struct, frozen=True, kw_only=True, rename="camel"):
    """``limitUsd``: dollars a month from now on, one's own limit considered; null: none."""

    before: Plan
    plan: Plan
    limit_usd: str | None


class CreditsData(Struct, frozen=True, kw_only=True, rename="camel"):
    """``turnId``: the turn whose charge was given back."""

    credits: str
    reason: str | None
    turn_id: UUID | UnsetType = UNSET


class DisabledData(Struct, frozen=True, kw_only=True, rename="camel"):
    """``host``: without the rest of the URL, which may be a secret. ``reason``: the receiver
    answered 410 (gone), or nothing has arrived since ``failingSince`` (failing)."""

    webhook_id: UUID
    host: str
    reason: Literal["gone", "failing"]
    failing_since: datetime


class AlertData(Struct, frozen=True, kw_only=True, rename="camel"):
    """One version of an incident. ``observed``, ``usual``: with their unit."""

    alert_id: UUID
    kind: str
    severity: str
    state: str
    version: int
    scope: str
    observed: str
    usual: str
    since: datetime
    explanation: str
    acknowledged: bool
    paused: bool


DATA: dict[Notice, type[Struct]] = {
    Notice.QUOTA_THRESHOLD: ThresholdData,
    Notice.PLAN_CHANGED: PlanData,
    Notice.CREDITS_GRANTED: CreditsData,
    Notice.CREDITS_REFUNDED: CreditsData,
    Notice.WEBHOOK_DISABLED: DisabledData,
    Notice.ALERT_OPENED: AlertData,
    Notice.ALERT_UPDATED: AlertData,
    Notice.ALERT_CLOSED: AlertData,
}
