"""Who may do what in a workspace, and how people come and go.

To somebody who is not in it, a workspace is not there. Its last owner stays: of two that leave at
once, the second finds that nobody else is left, for both have to lock the workspace first.
"""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import UnsetType

from server.accounts.access import Principal
from server.domain.errors import Conflict, Forbidden, NotFound
from server.domain.ids import WorkspaceId
from server.persistence import invitations, members, payers, users, workspaces
from server.persistence.database import Snapshot, Tx
from server.persistence.members import EndedKey, Member
from server.persistence.workspaces import OWNER, Workspace

WorkspaceRole: TypeAlias = Literal["owner", "member"]

MEMBERS_MAX = 1_000
"""Of one workspace: five pages of members; more people are several teams."""

SHARED_MAX = 100
"""Workspaces of one user beside their own: more would be a program making them in a loop."""

LAST_OWNER = "Somebody else has to be an owner first."
NO_MEMBER = "There is no such member."


def no_such_workspace(path: str | None = None) -> NotFound:
    return NotFound("There is no such workspace.", path=path)


def named(caller: Principal, given: UUID | UnsetType | None, path: str) -> WorkspaceId | None:
    """The workspace that a request or the caller's key names; None: neither does.

    Raises:
        NotFound: the request names another one than the key.
    """
    if isinstance(given, UnsetType) or given is None:
        return caller.workspace_id if caller.is_bound else None
    if caller.is_bound and given != caller.workspace_id:
        raise no_such_workspace(path)
    return WorkspaceId(given)


async def home(tx: Tx, caller: Principal, given: UUID | UnsetType | None, path: str) -> WorkspaceId:
    """Where something new belongs: in the workspace that is ``given``, or the caller's own. Until
    ``tx`` ends nobody removes the caller from it, and so misses what they are leaving there.

    Raises:
        NotFound: the caller is no member of that one.
    """
    workspace = named(caller, given, path)
    if workspace is None:
        return caller.workspace_id
    is_there = await workspaces.find(tx, workspace, caller.user_id) is not None
    if not is_there or not await payers.keep_member(tx, workspace, caller.user_id):
        raise no_such_workspace(path)
    return workspace


async def seen(tx: Tx | Snapshot, caller: Principal, workspace: UUID) -> Workspace:
    """Raises NotFound: the caller is no member of it, or has a key that is bound to another."""
    if caller.is_bound and workspace != caller.workspace_id:
        raise no_such_workspace()
    found = await workspaces.find(tx, workspace, caller.user_id)
    if found is None:
        raise no_such_workspace()
    return found


async def owned(tx: Tx | Snapshot, caller: Principal, workspace: UUID) -> Workspace:
    """
    Raises:
        NotFound: as ``seen``.
        Forbidden: the caller is a member, and no owner.
    """
    found = await seen(tx, caller, workspace)
    if not found.is_owned:
        raise Forbidden("Only an owner of the workspace may do that.")
    return found


async def taken(tx: Tx, caller: Principal, workspace: UUID) -> Workspace:
    """As ``owned``; until ``tx`` ends nobody else changes it or who is in it."""
    await workspaces.lock(tx, workspace)
    return await owned(tx, caller, workspace)


async def shared(tx: Tx, caller: Principal, workspace: UUID) -> Workspace:
    """As ``taken``, of one that is not somebody's own.

    Raises:
        Conflict: it is a personal one.
    """
    found = await taken(tx, caller, workspace)
    _refuse_personal(found)
    return found


async def set_role(
    tx: Tx, caller: Principal, workspace: UUID, user: UUID, role: WorkspaceRole, now: datetime
) -> Member:
    """Answers the member as they were.

    Raises:
        NotFound, Forbidden, Conflict: as ``shared``; there is no such member; they are the last
            owner.
    """
    await shared(tx, caller, workspace)
    member = await members.find(tx, workspace, user)
    if member is None:
        raise NotFound(NO_MEMBER)
    if not await members.set_role(tx, workspace, user, role):
        raise Conflict(LAST_OWNER)
    if role != OWNER:
        await invitations.revoke_all(tx, workspace, now, by=user)
    return member


async def remove(
    tx: Tx, caller: Principal, workspace: UUID, user: UUID, now: datetime
) -> list[EndedKey]:
    """A member leaves, or is removed by an owner. Their keys that are bound to the workspace end,
    and so do the invitations that they made; what they shared there stays, as an owner's.

    Answers the keys, whose end is told after the commit.

    Raises:
        NotFound, Forbidden, Conflict: as ``set_role``.
    """
    await workspaces.lock(tx, workspace)
    found = await seen(tx, caller, workspace)
    _refuse_personal(found)
    if user != caller.user_id and not found.is_owned:
        raise Forbidden("Only an owner of the workspace may remove others.")
    if await members.find(tx, workspace, user) is None:
        raise NotFound(NO_MEMBER)
    if not await members.remove(tx, workspace, user):
        raise Conflict(LAST_OWNER)
    await members.hand_over_presets(tx, workspace, user)
    await invitations.revoke_all(tx, workspace, now, by=user)
    return await members.revoke_keys(tx, workspace, now, user=user)


async def admit(tx: Tx, workspace: UUID, user: UUID, role: str) -> None:
    """Make a user a member of a workspace that is locked.

    Raises:
        Conflict: they are one already, it has too many, or they are in too many.
    """
    if await members.count(tx, workspace) >= MEMBERS_MAX:
        raise Conflict(
            f"A workspace has at most {MEMBERS_MAX:,} members.",
            metadata={"limit": MEMBERS_MAX, "scope": "members"},
        )
    await check_room(tx, user)
    if not await members.join(tx, workspace, user, role):
        raise Conflict("You are a member of that workspace already.")


async def check_room(tx: Tx, user: UUID) -> None:
    """Raises Conflict: the user is in as many workspaces as one can be."""
    await users.lock(tx, user)
    if await workspaces.count_shared(tx, user) >= SHARED_MAX:
        raise Conflict(
            f"One can be in at most {SHARED_MAX} workspaces; leave one first.",
            metadata={"limit": SHARED_MAX, "scope": "workspaces"},
        )


def _refuse_personal(workspace: Workspace) -> None:
    if workspace.personal:
        raise Conflict("A personal workspace is for its user alone.")
