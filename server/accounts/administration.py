"""Changing users: what an admin may make of whom, and that somebody always administers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from server.accounts.access import UserRole
from server.accounts.endings import Endings
from server.domain.errors import Conflict, Forbidden, NotFound
from server.persistence import people, users
from server.persistence.database import Tx
from server.persistence.people import Person


class Change(Struct, frozen=True, kw_only=True):
    """What is to be different; UNSET stays. ``plan`` None: the one that nobody chose."""

    name: str | UnsetType = UNSET
    role: UserRole | UnsetType = UNSET
    plan: str | UnsetType | None = UNSET
    suspended: bool | UnsetType = UNSET


class Step(Struct, frozen=True, kw_only=True):
    """One thing that was changed, as the audit log tells it: which outlives the user, and so does
    not say by which name."""

    action: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class Changed(Struct, frozen=True, kw_only=True):
    """``person`` as of now, and ``before`` it; ``steps`` empty: everything was so already."""

    before: Person
    person: Person
    steps: tuple[Step, ...]

    def tell(self, endings: Endings) -> None:
        """After the commit: what is open on this user's behalf ends, or asks who it is again."""
        actions = {step.action for step in self.steps}
        if "user.suspend" in actions:
            endings.tell_user_ended(self.person.id)
        elif actions:
            endings.tell_user_changed(self.person.id)


async def change_user(
    tx: Tx, user: UUID, wanted: Change, *, actor: UUID | None, now: datetime
) -> Changed:
    """Change a user; whoever does so is still an admin at this very moment.

    ``actor`` None: the command line.

    Raises:
        NotFound: there is no such user.
        Forbidden: the actor has just lost the role.
        Conflict: nobody would be left to administer, or a host application's user would.
    """
    admins = await people.lock_admins(tx)
    _check_actor(admins, actor)
    await users.lock(tx, user)
    person = await people.find(tx, user)
    if person is None:
        raise NotFound("There is no such user.")
    steps, values = _difference(person, wanted, now)
    if values.get("role") == UserRole.ADMIN and person.issuer is not None:
        raise Conflict("A host application's user cannot be an admin.", path="$.role")
    if values.get("role") == UserRole.USER or values.get("suspended_at") is not None:
        _spare_last(admins, user)
    if values:
        await people.change(tx, user, values)
    changed = await people.find(tx, user)
    return Changed(before=person, person=changed or person, steps=steps)


async def spare_last_admin(tx: Tx, user: UUID, *, actor: UUID | None = None) -> None:
    """Before ``user`` is let go in ``tx``.

    ``actor``: the admin who wants it; None: they themselves, or the command line.

    Raises:
        Forbidden: the actor has just lost the role.
        Conflict: nobody would be left to administer.
    """
    admins = await people.lock_admins(tx)
    _check_actor(admins, actor)
    _spare_last(admins, user)


def _check_actor(admins: frozenset[UUID], actor: UUID | None) -> None:
    if actor is not None and actor not in admins:
        raise Forbidden("Only an admin may do that.")


def _spare_last(admins: frozenset[UUID], user: UUID) -> None:
    if admins == {user}:
        raise Conflict("This is the last admin; make somebody else one first.")


def _difference(
    person: Person, wanted: Change, now: datetime
) -> tuple[tuple[Step, ...], dict[str, Any]]:
    """What of ``wanted`` is not so yet: step by step, and by column."""
    steps, values = list[Step](), dict[str, Any]()
    if not isinstance(wanted.name, UnsetType) and wanted.name != person.name:
        values["name"] = wanted.name
        steps.append(Step(action="user.name"))
    if not isinstance(wanted.role, UnsetType) and wanted.role != person.role:
        values["role"] = wanted.role.value
        steps.append(_step("user.role", "role", person.role, wanted.role.value))
    if not isinstance(wanted.plan, UnsetType) and wanted.plan != person.ai_plan:
        values["ai_plan"] = wanted.plan
        steps.append(_step("user.plan", "plan", person.ai_plan, wanted.plan))
    was = person.suspended_at is not None
    if not isinstance(wanted.suspended, UnsetType) and wanted.suspended != was:
        values["suspended_at"] = now if wanted.suspended else None
        action = "user.suspend" if wanted.suspended else "user.resume"
        steps.append(_step(action, "suspended", was, wanted.suspended))
    return tuple(steps), values


def _step(action: str, name: str, before: object, after: object) -> Step:
    return Step(action=action, before={name: before}, after={name: after})
