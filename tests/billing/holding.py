"""Pauses as they are read, without a database."""

from datetime import datetime

from billing.alerts import ScopeKind
from billing.pauses import Pause
from server.domain.ids import new_id
from tests.billing.support import NOON


def paused(kind: ScopeKind, key: str = "", *, ends_at: datetime | None = None) -> Pause:
    return Pause(
        id=new_id(),
        scope_kind=kind,
        scope_key=key,
        reason="It costs too much.",
        alert_id=None,
        created_by=None,
        created_at=NOON,
        ends_at=ends_at,
        lifted_at=None,
        lifted_by=None,
    )
