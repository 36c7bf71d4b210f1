"""Notifications of the caller: what they are told of beside their turns."""

import logging
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct, ValidationError, convert

from server.accounts.access import Scope
from server.domain.errors import NotFound
from server.domain.notices import Severity
from server.persistence import notifications
from server.persistence.notifications import Notification
from server.protocol.notices import (
    AlertData,
    CreditsData,
    DisabledData,
    PlanData,
    ReportFailedData,
    ReportReadyData,
    ThresholdData,
)
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

TAG = "notifications"
NOT_FOUND = "There is no such notification."


class NotificationView(Struct, frozen=True, kw_only=True, rename="camel", tag_field="event"):
    """``readAt`` null: not read yet. ``event`` says what ``data`` holds; the same ``id`` names the
    event to webhooks."""

    id: UUID
    severity: Severity
    created_at: datetime
    read_at: datetime | None


class QuotaThresholdNote(NotificationView, frozen=True, kw_only=True, tag="quota.threshold"):
    data: ThresholdData


class PlanChangedNote(NotificationView, frozen=True, kw_only=True, tag="plan.changed"):
    data: PlanData


class CreditsGrantedNote(NotificationView, frozen=True, kw_only=True, tag="credits.granted"):
    data: CreditsData


class CreditsRefundedNote(NotificationView, frozen=True, kw_only=True, tag="credits.refunded"):
    data: CreditsData


class WebhookDisabledNote(NotificationView, frozen=True, kw_only=True, tag="webhook.disabled"):
    data: DisabledData


class ReportReadyNote(NotificationView, frozen=True, kw_only=True, tag="report.ready"):
    data: ReportReadyData


class ReportFailedNote(NotificationView, frozen=True, kw_only=True, tag="report.failed"):
    data: ReportFailedData


class AlertOpenedNote(NotificationView, frozen=True, kw_only=True, tag="alert.opened"):
    data: AlertData


class AlertUpdatedNote(NotificationView, frozen=True, kw_only=True, tag="alert.updated"):
    data: AlertData


class AlertClosedNote(NotificationView, frozen=True, kw_only=True, tag="alert.closed"):
    data: AlertData


Note: TypeAlias = (
    QuotaThresholdNote
    | PlanChangedNote
    | CreditsGrantedNote
    | CreditsRefundedNote
    | WebhookDisabledNote
    | ReportReadyNote
    | ReportFailedNote
    | AlertOpenedNote
    | AlertUpdatedNote
    | AlertClosedNote
)


class NotificationPage(Page, frozen=True, kw_only=True):
    """``unread``: how many of all are not read yet."""

    items: list[Note]
    unread: int


class Unread(Struct, frozen=True, kw_only=True, gc=False):
    """How many are not read yet."""

    unread: int


Kind: TypeAlias = Literal["quota", "plan", "credits", "webhook", "report", "alert"]


class NotificationQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``unread`` true: those alone that are not read yet. ``kind``: those alone whose event begins
    with it."""

    unread: bool = False
    kind: Kind | None = None


class ReadNotifications(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """``upTo``: this notification and all before it."""

    up_to: UUID


async def list_notifications(call: Call) -> NotificationPage:
    user, query = call.caller.user_id, call.query(NotificationQuery)
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await notifications.list_notifications(
            tx,
            user,
            unread=query.unread,
            kind=query.kind,
            before=before,
            limit=query.limit + 1,
        )
        unread = await notifications.count_unread(tx, user)
    shown, last = cursors.page(found, query.limit)
    return NotificationPage(
        items=[view for one in shown if (view := _view(one)) is not None],
        unread=unread,
        next_cursor=cursors.write(last.id) if last else None,
    )


async def read_notification(call: Call) -> Unread:
    user, services, one = call.caller.user_id, call.services, call.id("notification_id")
    async with services.database.transaction() as tx:
        if not await notifications.exists(tx, one, user):
            raise NotFound(NOT_FOUND)
        await notifications.read(tx, one, user, services.clock())
        return Unread(unread=await notifications.count_unread(tx, user))


async def read_notifications(call: Call) -> Unread:
    user, services, last = call.caller.user_id, call.services, call.body(ReadNotifications).up_to
    async with services.database.transaction() as tx:
        if not await notifications.exists(tx, last, user):
            raise NotFound(NOT_FOUND, path="$.upTo")
        await notifications.read_up_to(tx, last, user, services.clock())
        return Unread(unread=await notifications.count_unread(tx, user))


def _view(stored: Notification) -> Note | None:
    """None: another version of this server wrote it, in words that this one does not know. One such
    must not hide all others."""
    told = {
        "event": stored.event,
        "id": stored.id,
        "severity": stored.severity,
        "createdAt": stored.created_at,
        "readAt": stored.read_at,
        "data": stored.data,
    }
    try:
        note: Note = convert(told, Note)
    except ValidationError:
        log.warning("notification.unknown", extra=fields(event=stored.event, id=str(stored.id)))
        return None
    return note


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/notifications",
        handler=list_notifications,
        scope=Scope.READ,
        summary="What the caller was told of beside their turns, newest first.",
        tag=TAG,
        query=NotificationQuery,
        response=NotificationPage,
    ),
    Operation(
        method="POST",
        path="/api/notifications/read",
        handler=read_notifications,
        scope=Scope.WRITE,
        summary="Mark a notification, and all before it, as read.",
        tag=TAG,
        request=ReadNotifications,
        response=Unread,
        errors=(NotFound,),
    ),
    Operation(
        method="POST",
        path="/api/notifications/{notification_id:uuid}/read",
        handler=read_notification,
        scope=Scope.WRITE,
        summary="Mark one notification as read.",
        tag=TAG,
        response=Unread,
        errors=(NotFound,),
    ),
)
