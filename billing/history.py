"""What moved on an account: the entries of its owner's own statement."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from server.domain.ids import AccountId, TurnId
from server.domain.money import MicroCredits
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared

EntryKind: TypeAlias = Literal["grant", "purchase", "capture", "refund", "adjustment"]
"""Given, bought, taken for a turn; given back of one by an operator, or because its price was put
right."""


class EntryFilter(Struct, frozen=True, kw_only=True, gc=False):
    """None: of any kind, from the first, to the last. ``end`` itself is not in it."""

    kind: EntryKind | None = None
    start: datetime | None = None
    end: datetime | None = None


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """One line of an account: ``credits`` is negative where they left it."""

    id: UUID
    kind: str
    credits: MicroCredits
    turn_id: TurnId | None
    reason: str | None
    at: datetime


class Entries(Struct, frozen=True, kw_only=True):
    """Newest first; ``next_cursor`` asks for the page after it, None: there is none."""

    items: list[Entry]
    next_cursor: UUID | None


_ENTRIES = Prepared("""
(SELECT id, kind, amount, turn_id, reason, created_at FROM transfers
 WHERE credit_account = CAST(:account AS uuid)
   AND (CAST(:before AS uuid) IS NULL OR id < CAST(:before AS uuid))
   AND (CAST(:kind AS text) IS NULL OR kind = CAST(:kind AS text))
   AND (CAST(:start AS timestamptz) IS NULL OR created_at >= CAST(:start AS timestamptz))
   AND (CAST(:end AS timestamptz) IS NULL OR created_at < CAST(:end AS timestamptz))
 ORDER BY id DESC LIMIT CAST(:most AS bigint))
UNION ALL
(SELECT id, kind, -amount, turn_id, reason, created_at FROM transfers
 WHERE debit_account = CAST(:account AS uuid)
   AND (CAST(:before AS uuid) IS NULL OR id < CAST(:before AS uuid))
   AND (CAST(:kind AS text) IS NULL OR kind = CAST(:kind AS text))
   AND (CAST(:start AS timestamptz) IS NULL OR created_at >= CAST(:start AS timestamptz))
   AND (CAST(:end AS timestamptz) IS NULL OR created_at < CAST(:end AS timestamptz))
 ORDER BY id DESC LIMIT CAST(:most AS bigint))
ORDER BY id DESC LIMIT CAST(:most AS bigint)
""")
"""Two index scans: one condition over both columns would read the account's whole history."""


async def entries(
    tx: Tx | Snapshot,
    account: AccountId,
    before: UUID | None,
    limit: int,
    fits: EntryFilter | None = None,
) -> Entries:
    """Newest first: ``limit`` entries older than ``before`` that ``fits`` lets through."""
    fits = fits or EntryFilter()
    rows = await _ENTRIES.rows(
        tx,
        account=account,
        before=before,
        most=limit + 1,
        kind=fits.kind,
        start=fits.start,
        end=fits.end,
    )
    items = [
        Entry(id=id_, kind=kind, credits=amount, turn_id=turn, reason=reason, at=at)
        for id_, kind, amount, turn, reason, at in rows[:limit]
    ]
    return Entries(items=items, next_cursor=items[-1].id if len(rows) > limit else None)
