"""Incidents: what is out of the ordinary about money and requests, from its opening to its closing.

``billing.detection`` finds and writes them; everybody else reads, and admins acknowledge.
"""

from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import ColumnElement, exists, func, or_, select, update

from billing.alerttables import AlertRow, PauseRow
from server.domain.ids import UserId, new_id
from server.domain.notices import Notice
from server.domain.notices import Severity as Loudness
from server.persistence import notices
from server.persistence.database import Snapshot, Tx

Kind: TypeAlias = Literal[
    "cost_spike", "request_burst", "daily_cost", "provider_errors", "dead_letters"
]
ScopeKind: TypeAlias = Literal["system", "creator", "feature", "agent", "model", "provider"]
Severity: TypeAlias = Literal["watch", "high"]
State: TypeAlias = Literal["open", "closed"]

KINDS: tuple[Kind, ...] = get_args(Kind)

LOUDNESS: dict[Severity, Loudness] = {"watch": "warning", "high": "critical"}


class Alert(Struct, frozen=True, kw_only=True):
    """One incident. ``observed`` and ``usual`` are ready texts with their unit, ``evidence`` the
    figures behind them as JSON values. ``since``: when it began, as far as the figures tell;
    ``quiet_since``: nothing is out of the ordinary any more since then. ``version`` grows with
    every change that was told. ``is_paused``: new turns of its scope are refused right now."""

    id: UUID
    kind: Kind
    scope_kind: ScopeKind
    scope_key: str
    severity: Severity
    state: State
    version: int
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
    is_paused: bool

    @property
    def scope(self) -> str:
        """What it is about, in words: ``model gemini/gemini-2.5-pro``, ``system``."""
        return scope_text(self.scope_kind, self.scope_key)


_IS_PAUSED = exists().where(
    PauseRow.scope_kind == AlertRow.scope_kind,
    PauseRow.scope_key == AlertRow.scope_key,
    PauseRow.lifted_at.is_(None),
    or_(PauseRow.ends_at.is_(None), PauseRow.ends_at > func.now()),
)

_ALERTS = select(*AlertRow.__table__.columns, _IS_PAUSED.label("is_paused"))


def scope_text(kind: str, key: str) -> str:
    return f"{kind} {key}" if key else kind


async def open_alerts(tx: Snapshot | Tx) -> list[Alert]:
    """Incidents that go on, the gravest first, then the newest. Few: one a scope and kind."""
    rows = await tx.execute(
        _ALERTS.where(AlertRow.state == "open").order_by(AlertRow.severity, AlertRow.id.desc())
    )
    return [_alert(row) for row in rows]


async def find_alert(tx: Snapshot | Tx, id_: UUID) -> Alert | None:
    row = (await tx.execute(_ALERTS.where(AlertRow.id == id_))).one_or_none()
    return None if row is None else _alert(row)


async def list_alerts(
    tx: Snapshot | Tx,
    *,
    state: State | None,
    kind: Kind | None,
    scope_kind: ScopeKind | None,
    scope_key: str | None,
    before: UUID | None,
    limit: int,
) -> list[Alert]:
    """Incidents in the order in which they were opened, newest first. Every filter must fit."""
    wanted: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (AlertRow.state, state),
            (AlertRow.kind, kind),
            (AlertRow.scope_kind, scope_kind),
            (AlertRow.scope_key, scope_key),
        )
        if value is not None
    ]
    if before is not None:
        wanted.append(AlertRow.id < before)
    rows = await tx.execute(_ALERTS.where(*wanted).order_by(AlertRow.id.desc()).limit(limit))
    return [_alert(row) for row in rows]


async def acknowledge(tx: Tx, id_: UUID, by: UserId, now: datetime) -> Alert | None:
    """Somebody is looking after it: told to all admins, once; None: it was acknowledged before, or
    is closed."""
    row = await tx.scalar(
        update(AlertRow)
        .where(AlertRow.id == id_, AlertRow.state == "open", AlertRow.acknowledged_at.is_(None))
        .values(
            acknowledged_at=now, acknowledged_by=by, updated_at=now, version=AlertRow.version + 1
        )
        .returning(AlertRow.id)
    )
    if row is None:
        return None
    alert = await find_alert(tx, id_)
    assert alert is not None  # noqa: S101 - updated in this transaction
    await tell(tx, alert, Notice.ALERT_UPDATED, now)
    return alert


async def tell(tx: Tx, alert: Alert, event: Notice, now: datetime) -> None:
    """Announce this version of ``alert`` to every admin, in the transaction that makes it so."""
    for admin in await notices.admins(tx):
        await notices.announce(
            tx,
            admin,
            event,
            told(alert),
            id=new_id(),
            key=f"alert:{alert.id}:{alert.version}",
            now=now,
            severity="info" if event is Notice.ALERT_CLOSED else LOUDNESS[alert.severity],
        )


def told(alert: Alert) -> dict[str, Any]:
    """What notifications and webhooks say of an incident."""
    return {
        "alertId": str(alert.id),
        "kind": alert.kind,
        "severity": alert.severity,
        "state": alert.state,
        "version": alert.version,
        "scope": alert.scope,
        "observed": alert.observed,
        "usual": alert.usual,
        "since": alert.since.isoformat().replace("+00:00", "Z"),
        "explanation": alert.explanation,
        "callId": alert.evidence.get("call", {}).get("callId"),
        "acknowledged": alert.acknowledged_at is not None,
        "paused": alert.is_paused,
    }


def _alert(row: Any) -> Alert:
    return convert(row, Alert, from_attributes=True)
