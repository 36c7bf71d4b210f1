"""What several users have spent of a month's quota: for lists of them."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from billing.tables import QuotaRow
from server.domain.money import NanoUsd
from server.persistence.database import Snapshot


async def spent_by(tx: Snapshot, users: Sequence[UUID], month: date) -> dict[UUID, NanoUsd]:
    """By user; who has spent nothing yet is not among them."""
    rows = await tx.execute(
        select(QuotaRow.user_id, QuotaRow.spent).where(
            QuotaRow.user_id.in_(users), QuotaRow.month == month
        )
    )
    return {row.user_id: NanoUsd(row.spent) for row in rows}
