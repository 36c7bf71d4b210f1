"""Processes and their leases: rows and store. A process says every few seconds that it lives."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Mapped, mapped_column

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx

FORGET_AFTER = "interval '1 day'"
"""Rows of processes that ended are kept this long, for whoever reads what happened."""


class WorkerRow(Base):
    """One run of one process, and when it last said that it lives."""

    __tablename__ = "workers"

    boot_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    heartbeat_at: Mapped[datetime] = mapped_column(server_default=func.now())
    draining: Mapped[bool] = mapped_column(server_default=text("false"))


async def register(tx: Tx, *, boot: UUID, role: str, host: str, pid: int) -> None:
    """Take the lease of this boot; forgets processes long gone."""
    await tx.execute(
        delete(WorkerRow).where(WorkerRow.heartbeat_at < func.now() - literal_column(FORGET_AFTER))
    )
    await tx.execute(
        pg_insert(WorkerRow)
        .values(boot_id=boot, role=role, host=host, pid=pid)
        .on_conflict_do_nothing()
    )


async def beat(tx: Tx, boot: UUID, *, draining: bool) -> bool:
    """Renew the lease by the database's own clock; False: it is gone."""
    row = await tx.execute(
        update(WorkerRow)
        .where(WorkerRow.boot_id == boot)
        .values(heartbeat_at=func.now(), draining=draining)
        .returning(WorkerRow.boot_id)
    )
    return row.first() is not None


async def leave(tx: Tx, boot: UUID) -> None:
    """Give the lease back: this process ended in order and runs nothing."""
    await tx.execute(delete(WorkerRow).where(WorkerRow.boot_id == boot))


async def living(tx: Tx | Snapshot, ttl_s: float) -> set[UUID]:
    """Boots whose lease was renewed within ``ttl_s``, by the database's clock."""
    rows = await tx.scalars(
        select(WorkerRow.boot_id).where(
            WorkerRow.heartbeat_at
            > func.now() - text("make_interval(secs => :ttl)").bindparams(ttl=ttl_s)
        )
    )
    return set(rows)
