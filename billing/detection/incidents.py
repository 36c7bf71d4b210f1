"""Incidents as they go on: opened, told of, closed, in the transaction of the round that finds so.

One open row for each kind and scope is the incident; a unique index sees to that.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from billing import pauses
from billing.alerts import Alert, find_alert, tell
from billing.alerttables import AlertRow
from billing.detection.findings import Finding, clock
from billing.detection.lifecycle import is_news, is_over
from server.domain.ids import new_id
from server.domain.notices import Notice
from server.persistence.database import Tx

Detail: TypeAlias = Callable[[Finding], Awaitable[dict[str, Any]]]
"""Evidence that is looked up only for an incident that is told."""


async def settle(
    tx: Tx,
    open_: Sequence[Alert],
    findings: Sequence[Finding],
    now: datetime,
    *,
    detail: Detail,
    block: timedelta,
) -> None:
    """Make of what a round found what admins are told. ``open_``: all open incidents. ``block``:
    for how long a creator is paused whose requests come in a burst; zero: not at all."""
    known = {(alert.kind, alert.scope_kind, alert.scope_key): alert for alert in open_}
    for finding in findings:
        alert = known.pop((finding.kind, *finding.scope), None)
        if alert is None:
            await _open(tx, finding, now, detail, block)
        else:
            await _go_on(tx, alert, finding, now, detail)
    for alert in known.values():
        await _rest(tx, alert, now)


async def _open(tx: Tx, finding: Finding, now: datetime, detail: Detail, block: timedelta) -> None:
    id_ = new_id()
    opened = await tx.scalar(
        insert(AlertRow)
        .values(
            id=id_,
            kind=finding.kind,
            scope_kind=finding.scope.kind,
            scope_key=finding.scope.key,
            state="open",
            since=finding.since,
            opened_at=now,
            updated_at=now,
            **await _said(finding, detail),
        )
        .on_conflict_do_nothing()
        .returning(AlertRow.id)
    )
    if opened is None:
        return
    if finding.kind == "request_burst" and block:
        await _block(tx, finding, id_, now + block)
    await _tell(tx, id_, Notice.ALERT_OPENED, now)


async def _block(tx: Tx, finding: Finding, alert: UUID, until: datetime) -> None:
    reason = "Too many requests at once."
    made = await pauses.pause(
        tx,
        finding.scope.kind,
        finding.scope.key,
        reason,
        by=None,
        ends_at=until,
        alert_id=alert,
        id=new_id(),
    )
    if made is not None:
        said = f" New requests of theirs are refused until {clock(until)}."
        await _change(tx, alert, {"explanation": AlertRow.explanation + said})


async def _go_on(tx: Tx, alert: Alert, finding: Finding, now: datetime, detail: Detail) -> None:
    values: dict[str, Any] = {} if alert.quiet_since is None else {"quiet_since": None}
    if not is_news(alert, finding):
        await _change(tx, alert.id, values)
        return
    values |= await _said(finding, detail)
    values |= {"version": AlertRow.version + 1, "updated_at": now}
    if alert.severity == "high":
        values["severity"] = "high"
    if await _change(tx, alert.id, values):
        await _tell(tx, alert.id, Notice.ALERT_UPDATED, now)


async def _rest(tx: Tx, alert: Alert, now: datetime) -> None:
    """Nothing was found of an open incident."""
    if alert.quiet_since is None:
        await _change(tx, alert.id, {"quiet_since": now})
    elif is_over(alert.quiet_since, now):
        closed = {
            "state": "closed",
            "closed_at": now,
            "updated_at": now,
            "version": AlertRow.version + 1,
            "explanation": f"{alert.explanation} Quiet again since {clock(alert.quiet_since)}.",
        }
        if await _change(tx, alert.id, closed):
            await _tell(tx, alert.id, Notice.ALERT_CLOSED, now)


async def _said(finding: Finding, detail: Detail) -> dict[str, Any]:
    """What an incident says from now on."""
    evidence = {**finding.evidence, **await detail(finding)}
    return {
        "severity": finding.severity,
        "observed": finding.observed,
        "usual": finding.usual,
        "explanation": finding.explanation,
        "evidence": {**evidence, "toldMeasure": finding.measure},
    }


async def _change(tx: Tx, id_: UUID, values: dict[str, Any]) -> bool:
    """Whether the incident was still open, and there was something to change."""
    if not values:
        return False
    changed = await tx.execute(
        update(AlertRow).where(AlertRow.id == id_, AlertRow.state == "open").values(**values)
    )
    return changed.rowcount == 1


async def _tell(tx: Tx, id_: UUID, event: Notice, now: datetime) -> None:
    alert = await find_alert(tx, id_)
    assert alert is not None  # noqa: S101 - written in this transaction
    await tell(tx, alert, event, now)
