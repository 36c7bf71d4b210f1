"""Who was told of an incident: notifications of admins, and what went to their webhooks."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from server.persistence.database import Snapshot

SHOWN = 100
"""The newest, of each."""

# Each version of an incident is told under a key of its own, which every admin has once: rows are
# found by the index that sees to that.
_TOLD = text("""
SELECT CAST(noted.data->>'version' AS bigint) AS version, noted.event, count(*) AS admins,
       min(noted.created_at) AS at
FROM users JOIN notifications AS noted ON noted.user_id = users.id
WHERE users.role = 'admin' AND noted.key = ANY(:keys)
GROUP BY 1, 2 ORDER BY 1 DESC LIMIT :shown
""")

_SENT = text("""
SELECT CAST(noted.data->>'version' AS bigint) AS version, noted.event, webhooks.host,
       deliveries.state, deliveries.attempts, deliveries.created_at AS at, deliveries.finished_at
FROM users JOIN notifications AS noted ON noted.user_id = users.id
JOIN webhook_deliveries AS deliveries ON deliveries.event_id = noted.id
JOIN webhooks ON webhooks.id = deliveries.webhook_id
WHERE users.role = 'admin' AND noted.key = ANY(:keys)
ORDER BY 1 DESC, webhooks.host LIMIT :shown
""")


async def of(tx: Snapshot, alert: UUID, version: int) -> tuple[list[Any], list[Any]]:
    """Of an incident that stands at ``version``: what was told to how many, what was sent where."""
    keys = [f"alert:{alert}:{each}" for each in range(max(1, version - SHOWN + 1), version + 1)]
    asked = {"keys": keys, "shown": SHOWN}
    told, sent = await tx.execute(_TOLD, asked), await tx.execute(_SENT, asked)
    return list(told), list(sent)
