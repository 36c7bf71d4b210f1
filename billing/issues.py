"""Which incidents the issue tracker has not heard of yet, and what it has been told."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from billing.alerts import Alert, find_alert
from server.persistence.database import Tx

TELLER_LOCK = 0x69737375
"""Number of the advisory lock under which one process at a time speaks to the issue tracker
("issu" in ASCII)."""

_TRY_LOCK = text(f"SELECT pg_try_advisory_xact_lock({TELLER_LOCK})")

_PATIENCE = text("SELECT set_config('idle_in_transaction_session_timeout', :ms, true)")

_NEXT = text("""
SELECT id FROM alerts
WHERE issue_version < version AND NOT id = ANY(CAST(:skipped AS uuid[]))
  AND (state = 'open' OR issue_url IS NOT NULL OR closed_at > now() - interval '1 day')
ORDER BY id LIMIT 1
""")
"""Not what was over long before anybody had an issue tracker."""

_TOLD = text("""
UPDATE alerts SET issue_url = :url, issue_version = greatest(issue_version, :version)
WHERE id = :id
""")


async def next_untold(tx: Tx, skipped: Collection[UUID], *, patience_s: float) -> Alert | None:
    """The oldest incident with news, this process's to tell until the transaction ends, which may
    rest for ``patience_s``. None: there is none, or another process tells.

    The lock is no row's: whoever finds and closes incidents is never in its way.
    """
    if not await tx.scalar(_TRY_LOCK):
        return None
    await tx.execute(_PATIENCE, {"ms": str(round(patience_s * 1_000))})
    found = await tx.scalar(_NEXT, {"skipped": list(skipped)})
    return None if found is None else await find_alert(tx, found)


async def mark_told(tx: Tx, alert: Alert, url: str | None) -> None:
    """The issue at ``url`` says what ``alert`` does; None: there is none, and shall be none."""
    await tx.execute(_TOLD, {"id": alert.id, "version": alert.version, "url": url})
