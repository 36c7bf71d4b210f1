"""Incidents as rows, for tests of whoever reads them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from billing.alerttables import AlertRow, PauseRow
from server.domain.ids import new_id
from server.persistence.database import Database
from tests.billing.support import NOON, make_user


async def make_alert(database: Database, **changes: object) -> UUID:
    """An open incident about a model, unless ``changes`` say otherwise."""
    fields: dict[str, Any] = {
        "id": new_id(),
        "kind": "cost_spike",
        "scope_kind": "model",
        "scope_key": "demo/causerie-demo",
        "severity": "watch",
        "state": "open",
        "observed": "0.62 USD/min",
        "usual": "0.15 USD/min",
        "explanation": "The cost is 4.1 times the usual.",
        "evidence": {"times": 4.1},
        "since": NOON,
        "opened_at": NOON + timedelta(minutes=1),
        "updated_at": NOON + timedelta(minutes=1),
        **changes,
    }
    async with database.transaction() as tx:
        await tx.execute(insert(AlertRow).values(**fields))
    return UUID(str(fields["id"]))


async def make_pause(database: Database, kind: str, key: str, **changes: object) -> UUID:
    id_ = new_id()
    async with database.transaction() as tx:
        await tx.execute(
            insert(PauseRow).values(
                id=id_, scope_kind=kind, scope_key=key, reason="Too dear.", **changes
            )
        )
    return id_


async def make_admin(database: Database) -> UUID:
    user, _ = await make_user(database)
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE users SET role = 'admin' WHERE id = :id"), {"id": user})
    return user


async def told(database: Database, user: UUID) -> list[tuple[str, str, dict[str, Any]]]:
    """Event, severity and data of what a user was told, in order."""
    async with database.snapshot() as tx:
        rows = await tx.execute(
            text(
                "SELECT event, severity, data FROM notifications WHERE user_id = :user ORDER BY id"
            ),
            {"user": user},
        )
        return [(row.event, row.severity, row.data) for row in rows]
