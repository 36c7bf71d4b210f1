"""Credit packs that are offered: so many credits for so many dollars. Who takes the money is
somebody else; what was booked of a pack is a transfer, which no change here touches."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import delete, insert, select, update

from billing.credittables import PackRow
from server.domain.money import MicroCredits, NanoUsd
from server.persistence.database import Snapshot, Tx


class Pack(Struct, frozen=True, kw_only=True):
    """``active``: users are offered it. One that is not can still be booked for whoever has paid
    for it meanwhile."""

    id: UUID
    name: str
    credits: MicroCredits
    price_usd: NanoUsd
    active: bool
    created_at: datetime


_COLUMNS = tuple(PackRow.__table__.c)


async def create(
    tx: Tx, *, id: UUID, name: str, credits: MicroCredits, price_usd: NanoUsd, active: bool
) -> Pack:
    row = await tx.execute(
        insert(PackRow)
        .values(id=id, name=name, credits=credits, price_usd=price_usd, active=active)
        .returning(*_COLUMNS)
    )
    return convert(row.one(), Pack, from_attributes=True)


async def find(tx: Tx | Snapshot, pack: UUID) -> Pack | None:
    return _pack((await tx.execute(select(*_COLUMNS).where(PackRow.id == pack))).first())


async def take(tx: Tx, pack: UUID) -> Pack | None:
    """As ``find``; until ``tx`` ends nobody else changes it."""
    query = select(*_COLUMNS).where(PackRow.id == pack).with_for_update()
    return _pack((await tx.execute(query)).first())


async def list_packs(tx: Tx | Snapshot, *, before: UUID | None, limit: int) -> list[Pack]:
    """All, newest first, older than ``before``."""
    query = select(*_COLUMNS)
    if before is not None:
        query = query.where(PackRow.id < before)
    rows = await tx.execute(query.order_by(PackRow.id.desc()).limit(limit))
    return [convert(row, Pack, from_attributes=True) for row in rows]


async def offered(tx: Tx | Snapshot, limit: int) -> list[Pack]:
    """Those that users are offered, the smallest first."""
    query = select(*_COLUMNS).where(PackRow.active).order_by(PackRow.credits, PackRow.id)
    rows = await tx.execute(query.limit(limit))
    return [convert(row, Pack, from_attributes=True) for row in rows]


async def change(tx: Tx, pack: UUID, changes: Mapping[str, Any]) -> Pack:
    """Set ``name`` or ``active``: what a pack holds and costs is another pack's to change, so that
    a booking asked for again is the same booking."""
    row = await tx.execute(
        update(PackRow).where(PackRow.id == pack).values(**changes).returning(*_COLUMNS)
    )
    return convert(row.one(), Pack, from_attributes=True)


async def remove(tx: Tx, pack: UUID) -> Pack | None:
    """What it was; None: there is no such pack."""
    found = await tx.execute(delete(PackRow).where(PackRow.id == pack).returning(*_COLUMNS))
    return _pack(found.first())


def _pack(row: Any) -> Pack | None:
    return None if row is None else convert(row, Pack, from_attributes=True)
