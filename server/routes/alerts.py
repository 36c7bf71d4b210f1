"""Incidents over HTTP: admins list, read and acknowledge them, and see who was told."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, convert, field

from billing import alerts, alerttold
from billing.alerts import Alert, Kind, ScopeKind, Severity, State
from server.accounts.access import Scope
from server.domain.errors import Conflict, Forbidden, NotFound
from server.persistence.database import Snapshot, Tx
from server.routes import audit, cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Access, Operation

TAG = "admin"
PATH = "/api/admin/alerts"


class AlertsQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Every filter that is given must fit. ``key``: of the scope, as in ``scopeKey``."""

    state: State | None = None
    kind: Kind | None = None
    scope: ScopeKind | None = None
    key: Annotated[str, Meta(max_length=300)] | None = None


class AlertView(Struct, frozen=True, kw_only=True, rename="camel"):
    """One incident. ``scope``: what it is about, in words. ``observed`` and ``usual``: texts with
    their unit; ``evidence``: the figures behind them, and what made most of it. ``since``: when it
    began; ``quietSince``: nothing is out of the ordinary any more since then. ``version`` grows
    with every change that was told. ``paused``: new turns of its scope are refused right now."""

    id: UUID
    kind: Kind
    severity: Severity
    state: State
    version: int
    scope: str
    scope_kind: ScopeKind
    scope_key: str
    observed: str
    usual: str
    explanation: str
    evidence: dict[str, Any]
    since: datetime
    opened_at: datetime
    updated_at: datetime
    quiet_since: datetime | None
    closed_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: UUID | None
    issue_url: str | None
    is_paused: bool = field(name="paused")


class AlertPage(Page, frozen=True, kw_only=True):
    items: list[AlertView]


class Told(Struct, frozen=True, kw_only=True, rename="camel"):
    """One telling of an incident: ``version`` of it, to ``admins`` notifications."""

    version: int
    event: str
    admins: int
    at: datetime


class Sent(Struct, frozen=True, kw_only=True, rename="camel"):
    """One telling on its way to one webhook of an admin. ``host``: where it goes; ``state``:
    waiting, delivered, failed or cancelled."""

    version: int
    event: str
    host: str
    state: str
    attempts: int
    at: datetime
    finished_at: datetime | None


class AlertDeliveries(Struct, frozen=True, kw_only=True, rename="camel"):
    """To whom an incident was told, newest first: a hundred of each at most. Its issue in Linear is
    ``issueUrl`` of the incident."""

    told: list[Told]
    sent: list[Sent]


async def list_alerts(call: Call) -> AlertPage:
    query = call.query(AlertsQuery)
    async with call.services.database.snapshot() as tx:
        found = await alerts.list_alerts(
            tx,
            state=query.state,
            kind=query.kind,
            scope_kind=query.scope,
            scope_key=query.key,
            before=cursors.read(query.cursor, UUID),
            limit=query.limit + 1,
        )
    shown, last = cursors.page(found, query.limit)
    return AlertPage(
        items=[_view(alert) for alert in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


async def get_alert(call: Call) -> AlertView:
    async with call.services.database.snapshot() as tx:
        return _view(await _found(tx, call.id("alert_id")))


async def acknowledge_alert(call: Call) -> AlertView:
    """Twice is once: what was acknowledged before stays as it is."""
    services, id_ = call.services, call.id("alert_id")
    async with services.database.transaction() as tx:
        changed = await alerts.acknowledge(tx, id_, call.caller.user_id, services.clock())
        if changed is not None:
            await audit.record(
                tx,
                call,
                action="alert.acknowledge",
                target_kind="alert",
                target_id=id_,
                after={"kind": changed.kind, "scope": changed.scope},
            )
            return _view(changed)
        alert = await _found(tx, id_)
    if alert.acknowledged_at is None:
        raise Conflict("That incident is over.")
    return _view(alert)


async def list_alert_deliveries(call: Call) -> AlertDeliveries:
    async with call.services.database.snapshot() as tx:
        alert = await _found(tx, call.id("alert_id"))
        told, sent = await alerttold.of(tx, alert.id, alert.version)
    return AlertDeliveries(
        told=convert(told, list[Told], from_attributes=True),
        sent=convert(sent, list[Sent], from_attributes=True),
    )


async def _found(tx: Tx | Snapshot, id_: UUID) -> Alert:
    alert = await alerts.find_alert(tx, id_)
    if alert is None:
        raise NotFound("There is no such alert.")
    return alert


def _view(alert: Alert) -> AlertView:
    return convert(alert, AlertView, from_attributes=True)


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        handler=list_alerts,
        scope=Scope.ADMIN_READ,
        summary="Incidents: costs, requests and failures out of the ordinary; newest first.",
        tag=TAG,
        access=Access.ADMIN,
        query=AlertsQuery,
        response=AlertPage,
        errors=(Forbidden,),
    ),
    Operation(
        method="GET",
        path=f"{PATH}/{{alert_id:uuid}}",
        handler=get_alert,
        scope=Scope.ADMIN_READ,
        summary="One incident: what is observed, what is usual, since when, and what made it.",
        tag=TAG,
        access=Access.ADMIN,
        response=AlertView,
        errors=(Forbidden, NotFound),
    ),
    Operation(
        method="GET",
        path=f"{PATH}/{{alert_id:uuid}}/deliveries",
        handler=list_alert_deliveries,
        scope=Scope.ADMIN_READ,
        summary="To whom an incident was told: notifications, and each webhook's delivery.",
        tag=TAG,
        access=Access.ADMIN,
        response=AlertDeliveries,
        errors=(Forbidden, NotFound),
    ),
    Operation(
        method="POST",
        path=f"{PATH}/{{alert_id:uuid}}/acknowledge",
        handler=acknowledge_alert,
        summary="Say that somebody is looking after an incident; all admins are told.",
        tag=TAG,
        access=Access.ADMIN,
        response=AlertView,
        errors=(Forbidden, NotFound, Conflict),
    ),
)
