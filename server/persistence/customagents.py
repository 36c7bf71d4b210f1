"""Agents of creators' own making: rows and store."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ForeignKey, UniqueConstraint, delete, func, select
from sqlalchemy import update as sql_update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from server.domain.errors import Conflict
from server.persistence.base import Base
from server.persistence.database import Snapshot, Tx
from server.persistence.owners import check_room, lock_owner


class CustomAgentRow(Base):
    """``model`` None: the one that the creator's assistant has. ``tools`` are names."""

    __tablename__ = "custom_agents"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    description: Mapped[str]
    instructions: Mapped[str]
    model: Mapped[str | None]
    tools: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CustomAgentContent(Struct, frozen=True, kw_only=True):
    """What its creator decides. ``tools``: names of those that it is given."""

    name: str
    description: str
    instructions: str
    model: str | None
    tools: list[str]


class CustomAgent(CustomAgentContent, frozen=True, kw_only=True):
    id: UUID
    created_at: datetime
    updated_at: datetime


_COLUMNS = tuple(getattr(CustomAgentRow, field.name) for field in structs.fields(CustomAgent))


async def add(
    tx: Tx, agent: UUID, user: UUID, content: CustomAgentContent, *, most: int
) -> CustomAgent:
    """
    Raises:
        Conflict: the user has ``most``, or one of that name.
    """
    await lock_owner(tx, user)
    await check_room(tx, CustomAgentRow.user_id == user, most=most, things="agents")
    rows = await tx.execute(
        insert(CustomAgentRow)
        .values(id=agent, user_id=user, **structs.asdict(content))
        .on_conflict_do_nothing(index_elements=["user_id", "name"])
        .returning(*_COLUMNS)
    )
    made = rows.first()
    if made is None:
        raise _taken()
    return convert(made, CustomAgent, from_attributes=True)


async def find(tx: Tx | Snapshot, agent: UUID, user: UUID) -> CustomAgent | None:
    """None: there is none, or it is somebody else's."""
    rows = await tx.execute(
        select(*_COLUMNS).where(CustomAgentRow.id == agent, CustomAgentRow.user_id == user)
    )
    found = rows.first()
    return None if found is None else convert(found, CustomAgent, from_attributes=True)


async def list_agents(tx: Tx | Snapshot, user: UUID) -> list[CustomAgent]:
    """All of one's own, by name."""
    rows = await tx.execute(
        select(*_COLUMNS).where(CustomAgentRow.user_id == user).order_by(CustomAgentRow.name)
    )
    return [convert(row, CustomAgent, from_attributes=True) for row in rows]


async def update(tx: Tx, agent: UUID, user: UUID, changes: dict[str, Any]) -> CustomAgent | None:
    """Change fields of ``CustomAgentContent``; None: this user has no such agent.

    Raises:
        Conflict: another one has that name.
    """
    if "name" in changes:
        await lock_owner(tx, user)
        other = select(CustomAgentRow.id).where(
            CustomAgentRow.user_id == user,
            CustomAgentRow.name == changes["name"],
            CustomAgentRow.id != agent,
        )
        if await tx.scalar(other) is not None:
            raise _taken()
    rows = await tx.execute(
        sql_update(CustomAgentRow)
        .where(CustomAgentRow.id == agent, CustomAgentRow.user_id == user)
        .values(**changes, updated_at=func.now())
        .returning(*_COLUMNS)
    )
    found = rows.first()
    return None if found is None else convert(found, CustomAgent, from_attributes=True)


async def remove(tx: Tx, agent: UUID, user: UUID) -> bool:
    """False: this user has no such agent."""
    rows = await tx.execute(
        delete(CustomAgentRow)
        .where(CustomAgentRow.id == agent, CustomAgentRow.user_id == user)
        .returning(CustomAgentRow.id)
    )
    return rows.first() is not None


def _taken() -> Conflict:
    return Conflict("You have an agent of that name.", path="$.name")
