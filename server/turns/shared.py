"""Shared workspaces with all that belongs to one: its first owner, and its credit account, which
stays in the books when it is deleted.

Here, because it is where accounts and billing may meet.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from billing.ledger import Ledger
from server.accounts import membership
from server.accounts.access import Principal
from server.domain.clock import month_of
from server.domain.errors import Conflict
from server.domain.ids import AccountId
from server.domain.money import credits_text
from server.persistence import invitations, members, workspaces
from server.persistence.database import Tx
from server.persistence.members import EndedKey
from server.persistence.workspaces import OWNER, Workspace


async def open_workspace(tx: Tx, ledger: Ledger, workspace: UUID, name: str) -> None:
    """An empty one: nobody is in it yet."""
    await workspaces.insert_workspace(tx, workspace, name, personal=False)
    await ledger.open_account(tx, account=AccountId(workspace), kind="workspace", owner=workspace)


async def found_workspace(
    tx: Tx, ledger: Ledger, caller: Principal, workspace: UUID, name: str, settings: dict[str, Any]
) -> Workspace:
    """One of which the caller is the owner; ``settings`` as ``workspaces.change`` takes them.

    Raises:
        Conflict: the caller is in as many as one can be.
    """
    await membership.check_room(tx, caller.user_id)
    await open_workspace(tx, ledger, workspace, name)
    await workspaces.insert_member(tx, workspace, caller.user_id, OWNER)
    await workspaces.change(tx, workspace, settings)
    return await membership.seen(tx, caller, workspace)


async def close_workspace(
    tx: Tx, ledger: Ledger, caller: Principal, workspace: UUID, now: datetime, *, forfeit: bool
) -> list[EndedKey]:
    """Everybody leaves, and it is not there any more. Turns that it pays for run on to their end.
    Presets go back to their authors, keys that are bound to it end; they are answered, and told of
    after the commit.

    Raises:
        NotFound, Forbidden: as ``membership.owned``.
        Conflict: a personal one; or it has credits, and those shall not be ``forfeit``: they stay
            on its account, and nobody can spend them.
    """
    await membership.shared(tx, caller, workspace)
    left = await ledger.figures(tx, AccountId(workspace), caller.user_id, month_of(now), None)
    if left.balance and not forfeit:
        raise Conflict(
            "The workspace has credits left. Say forfeit=true to delete it with them.",
            path="$query.forfeit",
            metadata={"credits": credits_text(left.balance)},
        )
    await workspaces.close(tx, workspace, now)
    await members.take_presets_home(tx, workspace)
    await members.clear(tx, workspace)
    await invitations.revoke_all(tx, workspace, now)
    return await members.revoke_keys(tx, workspace, now)
