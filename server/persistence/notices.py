"""Telling users of something beside their turns: a notification, and a delivery to each webhook
that asked for such events, in the transaction of what they are told of.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from server.domain.notices import FOR_ADMINS, Notice, Severity
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared, as_json

_ANNOUNCE = Prepared("""
WITH reader AS (
    SELECT id FROM users
    WHERE id = CAST(:user AS uuid) AND deletion_requested_at IS NULL AND deleted_at IS NULL
      AND (role = 'admin' OR NOT CAST(:for_admins AS boolean))
    FOR KEY SHARE
), noted AS (
    INSERT INTO notifications (id, user_id, event, severity, data, key, created_at)
    SELECT CAST(:id AS uuid), reader.id, CAST(:event AS text), CAST(:severity AS text),
           CAST(:data AS jsonb), CAST(:key AS text), CAST(:now AS timestamptz)
    FROM reader
    ON CONFLICT DO NOTHING
    RETURNING id, user_id
), sent AS (
    INSERT INTO webhook_deliveries (webhook_id, event_id, event, body, state, next_at, created_at)
    SELECT webhooks.id, noted.id, CAST(:event AS text), CAST(:body AS text), 'waiting',
           CAST(:now AS timestamptz), CAST(:now AS timestamptz)
    FROM noted JOIN webhooks ON webhooks.user_id = noted.user_id
    WHERE webhooks.enabled AND CAST(:event AS text) = ANY(webhooks.events)
    ON CONFLICT DO NOTHING
)
SELECT id FROM noted
""")
"""Whoever is leaving is told nothing, and stands in nobody's way: the trigger that refuses rows of
theirs would undo what they are told of."""

_ADMINS = text("""
SELECT id FROM users
WHERE role = 'admin' AND suspended_at IS NULL AND deletion_requested_at IS NULL
  AND deleted_at IS NULL
ORDER BY id
""")


async def announce(
    tx: Tx,
    user: UUID,
    event: Notice,
    data: dict[str, Any],
    *,
    id: UUID,
    key: str,
    now: datetime,
    severity: Severity = "info",
) -> bool:
    """Tell ``user`` once: a ``key`` that was told before is told no more, which answers False.

    ``data`` holds JSON values; ``id`` is made outside the transaction and names the event to
    webhooks as well. Whoever leaves is told nothing, nor of alerts who is no admin.
    """
    found = await _ANNOUNCE.value(
        tx,
        user=user,
        id=id,
        event=event.value,
        severity=severity,
        data=as_json(data),
        key=key,
        now=now,
        for_admins=event in FOR_ADMINS,
        body=body_of(event.value, data, id=id, now=now),
    )
    return found is not None


def body_of(event: str, data: dict[str, Any], *, id: UUID, now: datetime) -> str:
    """What webhooks are sent: the fields that Standard Webhooks names, and the event's id."""
    told = {"type": event, "timestamp": now, "id": str(id), "data": data}
    return msgspec.json.encode(told).decode()


async def admins(tx: Tx | Snapshot) -> list[UUID]:
    """Who is told of alerts."""
    return list((await tx.execute(_ADMINS)).scalars())
