"""What is told with each kind of notice: the ``data`` of notifications and of webhooks' events."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from server.domain.cadence import Cadence
from server.domain.notices import Notice
from server.protocol.figures import Quota

Plan = Literal["starter", "pro", "business"]


class ThresholdData(Struct, frozen=True, kw_only=True, rename="camel"):
    """So much of the month's quota is used: 80, 95, or 100 per cent, when a turn was refused or
    stopped."""

    percent: int
    quota: Quota


class PlanData(Struct, frozen=True, kw_only=True, rename="camel"):
    """Another plan holds. ``limitUsd``: dollars a month from now on, one's own limit considered;
    null: none."""

    before: Plan
    plan: Plan
    limit_usd: str | None


class CreditsData(Struct, frozen=True, kw_only=True, rename="camel"):
    """Credits came from whoever runs this server. ``turnId``: the turn whose charge was given back.
    ``workspaceId``: whose account they came to, where it is not one's own."""

    credits: str
    reason: str | None
    turn_id: UUID | UnsetType = UNSET
    workspace_id: UUID | UnsetType = UNSET


class DisabledData(Struct, frozen=True, kw_only=True, rename="camel"):
    """A webhook gets nothing more. ``host``: without the rest of the URL, which may be a secret.
    ``reason``: the receiver answered 410 (gone), or nothing has arrived since ``failingSince``
    (failing)."""

    webhook_id: UUID
    host: str
    reason: Literal["gone", "failing"]
    failing_since: datetime


class ReportReadyData(Struct, frozen=True, kw_only=True, rename="camel"):
    """A performance report that comes by itself is there: ``generationId`` reads it. ``nextAt``:
    when another is due."""

    cadence: Cadence
    generation_id: UUID
    next_at: datetime


class ReportFailedData(Struct, frozen=True, kw_only=True, rename="camel"):
    """A performance report did not come, and the next is due at ``nextAt``. ``code``: that of an
    error, or ``no_figures``: the host application has told none."""

    cadence: Cadence
    code: str
    message: str
    next_at: datetime


class AlertData(Struct, frozen=True, kw_only=True, rename="camel"):
    """One version of an incident: money, requests or errors far from their usual. ``observed``,
    ``usual``: with their unit. ``callId``: the dearest request, where one stands for it."""

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
    call_id: UUID | None = None
    acknowledged: bool
    paused: bool


EXAMPLES: dict[Notice, Struct] = {
    Notice.QUOTA_THRESHOLD: ThresholdData(
        percent=80,
        quota=Quota(
            month="2026-05",
            limit_usd="10.00",
            spent_usd="8.0112",
            held_usd="0.02",
            resets_at=datetime(2026, 6, 1, tzinfo=UTC),
        ),
    ),
    Notice.PLAN_CHANGED: PlanData(before="starter", plan="pro", limit_usd="50.00"),
    Notice.CREDITS_GRANTED: CreditsData(credits="500", reason="Welcome back"),
    Notice.CREDITS_REFUNDED: CreditsData(
        credits="1.25",
        reason="The answer was cut off",
        turn_id=UUID("01960000-0000-7000-8000-000000000001"),
    ),
    Notice.WEBHOOK_DISABLED: DisabledData(
        webhook_id=UUID("01960000-0000-7000-8000-000000000002"),
        host="example.com",
        reason="failing",
        failing_since=datetime(2026, 5, 1, 12, tzinfo=UTC),
    ),
    Notice.REPORT_READY: ReportReadyData(
        cadence=Cadence.WEEKLY,
        generation_id=UUID("01960000-0000-7000-8000-000000000005"),
        next_at=datetime(2026, 5, 11, 6, 30, tzinfo=UTC),
    ),
    Notice.REPORT_FAILED: ReportFailedData(
        cadence=Cadence.WEEKLY,
        code="no_figures",
        message="The host application has told no figures yet.",
        next_at=datetime(2026, 5, 11, 6, 30, tzinfo=UTC),
    ),
    **{
        event: AlertData(
            alert_id=UUID("01960000-0000-7000-8000-000000000003"),
            kind="cost_spike",
            severity="high",
            state="closed" if event is Notice.ALERT_CLOSED else "open",
            version=version,
            scope="model gemini/gemini-2.5-pro",
            observed="12.40 USD in 5 min",
            usual="1.10 USD in 5 min",
            since=datetime(2026, 5, 1, 12, tzinfo=UTC),
            explanation="11 times the usual cost of this model at this hour.",
            call_id=UUID("01960000-0000-7000-8000-000000000004"),
            acknowledged=event is not Notice.ALERT_OPENED,
            paused=False,
        )
        for version, event in enumerate(
            (Notice.ALERT_OPENED, Notice.ALERT_UPDATED, Notice.ALERT_CLOSED), 1
        )
    },
}
"""For documents, and for whoever writes a receiver."""
