"""Users as those who administer them see and change them: a store over the rows of ``users``."""

import contextlib
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import ColumnElement, func, or_, select, update

from server.persistence.credentials import ApiKeyRow
from server.persistence.database import Snapshot, Tx
from server.persistence.entitlements import Entitled
from server.persistence.subscriptions import PLAN_COLUMN, PlanSource, source_of
from server.persistence.users import UserRow
from server.persistence.workspaces import MemberRow, WorkspaceRow


class Person(Entitled, frozen=True, kw_only=True):
    """``issuer`` and ``external_id``: of a host application's user, which is not ours to sign in.

    ``ai_plan``: what an admin chose; ``plan``: what holds, None: starter. ``suspended_at`` and
    ``deletion_requested_at``: since when they are kept out.
    """

    id: UUID
    email: str | None
    name: str
    role: str
    ai_plan: str | None
    issuer: str | None
    external_id: str | None
    workspace_id: UUID
    created_at: datetime
    suspended_at: datetime | None
    deletion_requested_at: datetime | None

    @property
    def plan_source(self) -> PlanSource:
        return source_of(self.ai_plan, self.plan)


class PeopleFilter(Struct, frozen=True, kw_only=True):
    """What of it is not None must fit. ``search``: part of the e-mail address or the name, the
    beginning of the external id, or the whole id. ``ids``: one of them."""

    search: str | None = None
    ids: frozenset[UUID] | None = None
    role: str | None = None
    suspended: bool | None = None


class Membership(Struct, frozen=True, kw_only=True):
    """A workspace that somebody belongs to, and as what."""

    id: UUID
    name: str
    personal: bool
    pays: bool
    role: str


_COLUMNS = tuple(
    PLAN_COLUMN if field.name == "plan" else getattr(UserRow, field.name)
    for field in structs.fields(Person)
)
_PRESENT = UserRow.deleted_at.is_(None)
_ACTIVE_ADMIN = (
    UserRow.role == "admin",
    _PRESENT,
    UserRow.suspended_at.is_(None),
    UserRow.deletion_requested_at.is_(None),
)


async def find(tx: Tx | Snapshot, user: UUID) -> Person | None:
    """None: there is no such user, or only a tombstone."""
    row = (await tx.execute(select(*_COLUMNS).where(UserRow.id == user, _PRESENT))).first()
    return None if row is None else convert(row, Person, from_attributes=True)


async def find_external(tx: Tx | Snapshot, external_id: str, issuer: str | None) -> list[UUID]:
    """Whom host applications call that: one at most of an ``issuer``, of None all of them."""
    query = select(UserRow.id).where(UserRow.external_id == external_id, _PRESENT)
    if issuer is not None:
        query = query.where(UserRow.issuer == issuer)
    return list(await tx.scalars(query.order_by(UserRow.id)))


async def list_people(
    tx: Tx | Snapshot, fits: PeopleFilter, *, before: UUID | None, limit: int
) -> list[Person]:
    """Newest first, older than ``before``; those that leave are among them, tombstones are not."""
    query = select(*_COLUMNS).where(_PRESENT)
    if fits.search is not None:
        query = query.where(_matches(fits.search))
    if fits.ids is not None:
        query = query.where(UserRow.id.in_(fits.ids))
    if fits.role is not None:
        query = query.where(UserRow.role == fits.role)
    if fits.suspended is not None:
        query = query.where(UserRow.suspended_at.is_not(None) == fits.suspended)
    if before is not None:
        query = query.where(UserRow.id < before)
    rows = await tx.execute(query.order_by(UserRow.id.desc()).limit(limit))
    return [convert(row, Person, from_attributes=True) for row in rows]


def _matches(search: str) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = [
        UserRow.email.icontains(search, autoescape=True),
        UserRow.name.icontains(search, autoescape=True),
        UserRow.external_id.startswith(search, autoescape=True),
    ]
    with contextlib.suppress(ValueError):  # it need not be an id
        ways.append(UserRow.id == UUID(search))
    return or_(*ways)


async def lock_admins(tx: Tx) -> frozenset[UUID]:
    """Every admin who is neither suspended nor leaving, none of whom changes until ``tx`` ends.

    Always in one order, so that two who change each other wait instead of deadlocking; who waited
    sees what the other made of it, for the condition is looked at again.
    """
    query = select(UserRow.id).where(*_ACTIVE_ADMIN).order_by(UserRow.id)
    return frozenset(await tx.scalars(query.with_for_update(key_share=True)))


async def change(tx: Tx, user: UUID, values: dict[str, Any]) -> None:
    """Write ``values`` of columns of ``Person``."""
    await tx.execute(update(UserRow).where(UserRow.id == user).values(**values))


async def list_memberships(tx: Tx | Snapshot, user: UUID) -> list[Membership]:
    """The personal workspace first, then by name."""
    rows = await tx.execute(
        select(
            WorkspaceRow.id,
            WorkspaceRow.name,
            WorkspaceRow.personal,
            WorkspaceRow.pays,
            MemberRow.role,
        )
        .join(MemberRow, MemberRow.workspace_id == WorkspaceRow.id)
        .where(MemberRow.user_id == user, WorkspaceRow.deleted_at.is_(None))
        .order_by(WorkspaceRow.personal.desc(), WorkspaceRow.name, WorkspaceRow.id)
    )
    return [convert(row, Membership, from_attributes=True) for row in rows]


async def count_valid_keys(tx: Tx | Snapshot, user: UUID, now: datetime) -> int:
    query = select(func.count()).where(
        ApiKeyRow.user_id == user,
        ApiKeyRow.revoked_at.is_(None),
        or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > now),
    )
    return int(await tx.scalar(query) or 0)
