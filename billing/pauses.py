"""Scopes that are paused: rows, and what every process knows of them.

New turns of a paused scope are refused, of every kind; those that run go on, but for what one of
several agents would begin.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias, get_args
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from billing.alerts import ScopeKind, find_alert, tell
from billing.alerttables import AlertRow, PauseRow
from billing.quotas import moment_text
from server.domain.clock import Clock
from server.domain.errors import Paused
from server.domain.notices import Notice
from server.persistence.database import Snapshot, Tx

KINDS: tuple[ScopeKind, ...] = get_args(ScopeKind)

Scope: TypeAlias = tuple[ScopeKind, str]
"""Kind and key: ``("model", "gemini/gemini-2.5-pro")``; of ``system`` the key is empty."""


class Pause(Struct, frozen=True, kw_only=True):
    """``ends_at`` None: until somebody lifts it. ``created_by`` None: nobody did, an alert did."""

    id: UUID
    scope_kind: ScopeKind
    scope_key: str
    reason: str
    alert_id: UUID | None
    created_by: UUID | None
    created_at: datetime
    ends_at: datetime | None
    lifted_at: datetime | None
    lifted_by: UUID | None

    def holds(self, now: datetime) -> bool:
        return self.lifted_at is None and (self.ends_at is None or self.ends_at > now)


_COLUMNS = tuple(getattr(PauseRow, field.name) for field in structs.fields(Pause))

_HOLDS = and_(
    PauseRow.lifted_at.is_(None), or_(PauseRow.ends_at.is_(None), PauseRow.ends_at > func.now())
)


async def pause(
    tx: Tx,
    scope_kind: ScopeKind,
    scope_key: str,
    reason: str,
    *,
    by: UUID | None,
    ends_at: datetime | None,
    alert_id: UUID | None,
    id: UUID,
) -> Pause | None:
    """Refuse new turns of that scope until ``ends_at``, or until it is lifted; None: it is paused
    already, and stays so as it is. Of two at once one wins."""
    scope = (PauseRow.scope_kind == scope_kind, PauseRow.scope_key == scope_key)
    # What has ended by itself still holds the scope's place among those in force.
    await tx.execute(
        update(PauseRow)
        .where(*scope, PauseRow.lifted_at.is_(None), PauseRow.ends_at <= func.now())
        .values(lifted_at=PauseRow.ends_at)
    )
    made = await tx.execute(
        insert(PauseRow)
        .values(
            id=id,
            scope_kind=scope_kind,
            scope_key=scope_key,
            reason=reason,
            alert_id=alert_id,
            created_by=by,
            ends_at=ends_at,
        )
        .on_conflict_do_nothing()
        .returning(*_COLUMNS)
    )
    return _one(made.one_or_none())


async def lift(tx: Tx, id: UUID, by: UUID) -> Pause | None:
    """Let new turns in again; None: there is no such pause in force."""
    lifted = await tx.execute(
        update(PauseRow)
        .where(PauseRow.id == id, _HOLDS)
        .values(lifted_at=func.now(), lifted_by=by)
        .returning(*_COLUMNS)
    )
    return _one(lifted.one_or_none())


async def end_due(tx: Tx, now: datetime) -> None:
    """What has ended by itself is over, and incidents of that scope say so."""
    ended = await tx.execute(
        update(PauseRow)
        .where(PauseRow.lifted_at.is_(None), PauseRow.ends_at <= now)
        .values(lifted_at=PauseRow.ends_at)
        .returning(*_COLUMNS)
    )
    for row in ended.all():
        await tell_alerts(tx, convert(row, Pause, from_attributes=True), now)


async def list_pauses(
    tx: Tx | Snapshot, *, in_force: bool, before: UUID | None = None, limit: int | None = None
) -> list[Pause]:
    """Newest first; ``in_force``: only those that refuse somebody at present."""
    wanted: list[ColumnElement[bool]] = [_HOLDS] if in_force else []
    if before is not None:
        wanted.append(PauseRow.id < before)
    rows = await tx.execute(
        select(*_COLUMNS).where(*wanted).order_by(PauseRow.id.desc()).limit(limit)
    )
    return [convert(row, Pause, from_attributes=True) for row in rows]


async def tell_alerts(tx: Tx, changed: Pause, now: datetime) -> None:
    """Incidents of that scope say whether it is paused: each that is open is told once more."""
    touched = await tx.scalars(
        update(AlertRow)
        .where(
            AlertRow.scope_kind == changed.scope_kind,
            AlertRow.scope_key == changed.scope_key,
            AlertRow.state == "open",
        )
        .values(version=AlertRow.version + 1, updated_at=now)
        .returning(AlertRow.id)
    )
    for id_ in list(touched):
        alert = await find_alert(tx, id_)
        if alert is not None:
            await tell(tx, alert, Notice.ALERT_UPDATED, now)


def _one(row: object | None) -> Pause | None:
    return None if row is None else convert(row, Pause, from_attributes=True)


class PauseBook:
    """All pauses in force, in memory: admission asks without a query. ``refresh`` takes in what was
    changed; one that ends by itself needs nobody to say so."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pauses: dict[Scope, Pause] = {}

    def check(self, *, creator: UUID, feature: str, agent: str, model: str, provider: str) -> None:
        """Whether such a turn may begin.

        Raises:
            Paused: something of it may not; ``metadata`` says what, why and until when.
        """
        self._refuse(
            ("system", ""),
            ("creator", str(creator)),
            ("provider", provider),
            ("model", model),
            ("agent", agent),
            ("feature", feature),
        )

    def check_call(self, *, agent: str, model: str, provider: str) -> None:
        """Whether one of several agents of a turn that runs may make a further call.

        Raises:
            Paused: as ``check``.
        """
        self._refuse(("provider", provider), ("model", model), ("agent", agent))

    def _refuse(self, *scopes: Scope) -> None:
        if not self._pauses:
            return
        found = next((pause for scope in scopes if (pause := self._find(scope))), None)
        if found is not None:
            raise paused(found)

    def has_model(self, model: str, provider: str) -> bool:
        """Whether nobody is to ask that model at present."""
        scopes: tuple[Scope, ...] = (("system", ""), ("provider", provider), ("model", model))
        return any(self._find(scope) for scope in scopes)

    def _find(self, scope: Scope) -> Pause | None:
        known = self._pauses.get(scope)
        return known if known is not None and known.holds(self._clock()) else None

    def replace(self, pauses: Iterable[Pause]) -> None:
        """Forget what was known so far and use these."""
        self._pauses = {(one.scope_kind, one.scope_key): one for one in pauses}

    async def refresh(self, tx: Tx | Snapshot) -> None:
        """Read those in force again: one query."""
        self.replace(await list_pauses(tx, in_force=True))


def paused(found: Pause) -> Paused:
    match found.scope_kind:
        case "system":
            what = "New requests are"
        case "creator":
            what = "Your requests are"
        case kind:
            what = f"The {kind} {found.scope_key} is"
    until = None if found.ends_at is None else moment_text(found.ends_at)
    return Paused(
        f"{what} paused: {found.reason}",
        metadata={
            "scope": found.scope_kind,
            "key": found.scope_key,
            "reason": found.reason,
            "until": until,
        },
    )
