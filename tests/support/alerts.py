"""An open incident, as the detector leaves it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from billing.alerttables import AlertRow
from server.domain.ids import new_id
from server.persistence.database import Database


async def open_alert(
    database: Database,
    scope_kind: str,
    scope_key: str,
    *,
    severity: str = "high",
    observed: str = "4.10 USD in 5 min",
    usual: str = "0.93 USD in 5 min",
    explanation: str = "4.4 times the usual, nearly all of it by one creator.",
    evidence: dict[str, Any] | None = None,
    since: datetime | None = None,
) -> UUID:
    """Answers its id."""
    alert = new_id()
    async with database.transaction() as tx:
        await tx.execute(
            insert(AlertRow).values(
                id=alert,
                kind="cost_spike",
                scope_kind=scope_kind,
                scope_key=scope_key,
                severity=severity,
                state="open",
                observed=observed,
                usual=usual,
                explanation=explanation,
                evidence=evidence or {},
                since=since or datetime.now(UTC),
            )
        )
    return alert
