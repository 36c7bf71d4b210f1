"""Processes and their leases: rows and store. A process says every few seconds that it lives."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Float, and_, case, cast, delete, func, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.expression import ColumnElement

from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx

STEADY_S = 7.5
"""Seconds between two renewals of a process that is well, at most: two heartbeats of 3 s and some.
Who is later had no database, or was itself away; then it proves nothing about others."""

FORGET_AFTER = "interval '1 day'"
"""Rows of processes that ended are kept this long, for whoever reads what happened."""


class WorkerRow(Base):
    """One run of one process, and when it last said that it lives. It has said so without a pause
    since ``steady_since``: for that long the database could be reached."""

    __tablename__ = "workers"

    boot_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    heartbeat_at: Mapped[datetime] = mapped_column(server_default=func.now())
    steady_since: Mapped[datetime] = mapped_column(server_default=func.now())
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


async def beat(tx: Tx, boot: UUID, *, draining: bool) -> float | None:
    """Renew the lease by the database's own clock. Answers the seconds since it was renewed last;
    None: it is gone."""
    before = (
        select(WorkerRow.boot_id, WorkerRow.heartbeat_at)
        .where(WorkerRow.boot_id == boot)
        .subquery("before")
    )
    age_s: float | None = await tx.scalar(
        update(WorkerRow)
        .where(WorkerRow.boot_id == before.c.boot_id)
        .values(
            heartbeat_at=func.now(),
            steady_since=case((is_renewed(STEADY_S), WorkerRow.steady_since), else_=func.now()),
            draining=draining,
        )
        .returning(cast(func.extract("epoch", func.now() - before.c.heartbeat_at), Float))
    )
    return age_s


async def leave(tx: Tx, boot: UUID) -> None:
    """Give the lease back: this process ended in order and runs nothing."""
    await tx.execute(delete(WorkerRow).where(WorkerRow.boot_id == boot))


async def age_s(tx: Snapshot, boot: UUID) -> float | None:
    """Seconds since the lease of this boot was renewed; None: it is gone."""
    age: float | None = await tx.scalar(
        select(cast(func.extract("epoch", func.now() - WorkerRow.heartbeat_at), Float)).where(
            WorkerRow.boot_id == boot
        )
    )
    return age


async def count(tx: Snapshot, role: str, *, within_s: float) -> int:
    """Processes of that role with a lease."""
    query = select(func.count()).where(WorkerRow.role == role, is_renewed(within_s))
    return int(await tx.scalar(query) or 0)


def is_renewed(within_s: float) -> ColumnElement[bool]:
    """The condition that a lease was renewed within these seconds, by the database's clock."""
    return WorkerRow.heartbeat_at > func.now() - timedelta(seconds=within_s)


def is_steady(for_s: float) -> ColumnElement[bool]:
    """The condition that a process has renewed all the time for so long, until now."""
    since = WorkerRow.steady_since <= func.now() - timedelta(seconds=for_s)
    return and_(is_renewed(STEADY_S), since)
