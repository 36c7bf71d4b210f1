"""Invitations into a workspace: a link that works once, for a week, for whoever opens it signed in.

The address says where it was sent, not who may accept it: users of host applications have none that
is proved, and people forward such links to the address that they really use.
"""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from server.accounts import membership
from server.accounts.access import Principal
from server.accounts.membership import WorkspaceRole
from server.accounts.secrets import INVITATION_PREFIX, SECRET_MAX, digest, new_secret
from server.domain.errors import NotFound
from server.domain.ids import new_id
from server.persistence import invitations, workspaces
from server.persistence.database import Tx
from server.persistence.invitations import Invitation, NewInvitation

LIFETIME = timedelta(days=7)


class Invited(Struct, frozen=True, kw_only=True):
    """``secret`` is told once and never again."""

    secret: str
    invitation: Invitation


async def invite(
    tx: Tx, caller: Principal, workspace: UUID, *, email: str, role: WorkspaceRole, now: datetime
) -> Invited:
    """
    Raises:
        NotFound, Forbidden, Conflict: as ``membership.shared``.
    """
    await membership.shared(tx, caller, workspace)
    secret = new_secret(INVITATION_PREFIX)
    invitation = Invitation(
        id=new_id(),
        email=email,
        role=role,
        invited_by=caller.user_id,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    await invitations.insert_invitation(
        tx,
        NewInvitation(
            id=invitation.id,
            workspace_id=workspace,
            email=email,
            role=role,
            invited_by=caller.user_id,
            secret_hash=digest(secret),
            created_at=now,
            expires_at=invitation.expires_at,
        ),
    )
    return Invited(secret=secret, invitation=invitation)


async def accept(tx: Tx, caller: Principal, secret: str, now: datetime) -> UUID:
    """Spend an invitation, and answer the workspace that the caller is in now.

    Raises:
        NotFound: unknown, expired, revoked or accepted before.
        Conflict: as ``membership.admit``; the invitation is not spent.
    """
    hashed = digest(secret[:SECRET_MAX])
    workspace = await invitations.workspace_of(tx, hashed, now)
    if workspace is not None:
        # Before the invitation: whoever removes its author takes them in that order as well.
        await workspaces.lock(tx, workspace)
    accepted = await invitations.accept(tx, hashed, now)
    if accepted is None:
        raise NotFound("This invitation is unknown, has expired or was accepted already.")
    await membership.admit(tx, accepted.workspace_id, caller.user_id, accepted.role)
    return accepted.workspace_id


def invitation_url(origin: str, secret: str) -> str:
    """The secret rides in the fragment, which browsers keep out of requests, logs and referrers."""
    return f"{origin}/invitation#{secret}"
