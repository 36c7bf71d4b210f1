"""The limit that stands with a month's quota, when a plan or a limit of one's own has changed.

A hold brings it along anyway; until the next one, what running turns charge is seen against it.
"""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from server.domain.money import NanoUsd
from server.persistence.database import Tx
from server.persistence.prepared import Prepared


class Used(NamedTuple):
    """Of a month's quota."""

    spent: NanoUsd
    held: NanoUsd


_CHANGE = Prepared("""
UPDATE quotas SET limit_usd = CAST(:limit AS bigint)
WHERE user_id = :user AND month = :month
RETURNING spent, held
""")


async def change_limit(tx: Tx, user: UUID, month: date, limit: NanoUsd | None) -> Used:
    """Set it, and answer what was used of the month by then: charges come before or after, none
    beside. Nothing is set where nothing was ever held."""
    row = await _CHANGE.row(tx, user=user, month=month, limit=limit)
    if row is None:
        return Used(NanoUsd(0), NanoUsd(0))
    return Used(NanoUsd(row["spent"]), NanoUsd(row["held"]))
