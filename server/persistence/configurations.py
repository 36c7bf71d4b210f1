"""How creators want to be spoken for: rows and store."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, to_builtins
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from server.domain.configuration import UNCONFIGURED, Configuration, ConfigurationChange
from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx


class ConfigurationRow(Base):
    """``content`` is a ``server.domain.configuration.Configuration`` as JSON."""

    __tablename__ = "configurations"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    content: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Configured(Struct, frozen=True, kw_only=True):
    """``updated_at`` None: nobody has configured anything yet."""

    configuration: Configuration
    updated_at: datetime | None


async def find(tx: Tx | Snapshot, user: UUID) -> Configured:
    rows = await tx.execute(
        select(ConfigurationRow.content, ConfigurationRow.updated_at).where(
            ConfigurationRow.user_id == user
        )
    )
    row = rows.first()
    if row is None:
        return Configured(configuration=UNCONFIGURED, updated_at=None)
    return _configured(row.content, row.updated_at)


async def replace(tx: Tx, user: UUID, configuration: Configuration) -> Configured:
    """Forget what was configured before."""
    return await _write(tx, user, to_builtins(configuration), keeps=False)


async def change(tx: Tx, user: UUID, changes: ConfigurationChange) -> Configured:
    """Field by field, in one statement: of two that come at once, neither undoes the other."""
    return await _write(tx, user, to_builtins(changes), keeps=True)


async def _write(tx: Tx, user: UUID, content: dict[str, Any], *, keeps: bool) -> Configured:
    new = insert(ConfigurationRow).values(user_id=user, content=content)
    merged = ConfigurationRow.content.op("||")(new.excluded.content)
    rows = await tx.execute(
        new.on_conflict_do_update(
            index_elements=[ConfigurationRow.user_id],
            set_={
                "content": merged if keeps else new.excluded.content,
                "updated_at": func.now(),
            },
        ).returning(ConfigurationRow.content, ConfigurationRow.updated_at)
    )
    row = rows.one()
    return _configured(row.content, row.updated_at)


def _configured(content: dict[str, Any], updated_at: datetime) -> Configured:
    return Configured(configuration=convert(content, Configuration), updated_at=updated_at)
