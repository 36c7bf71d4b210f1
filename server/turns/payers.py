"""In which workspace a turn is, and whose credits pay for it.

A turn that names a workspace is in that one, a bound key's in the key's; any other goes on where
its conversation was begun, as long as its user is a member there. A workspace that pays does so
from its own account; in all others the user does.
"""

from msgspec import Struct, structs

from billing.figures import Figures
from server.accounts import membership
from server.accounts.access import Principal, own_account
from server.domain.ids import AccountId, UserId, WorkspaceId
from server.domain.money import NanoUsd
from server.persistence import payers
from server.persistence.database import Snapshot, Tx
from server.persistence.opening import Opening
from server.persistence.payers import Standing
from server.protocol.commands import TurnRequest
from server.turns.placement import figures_of

PATH = "$.workspaceId"


class Payer(Struct, frozen=True, kw_only=True, gc=False):
    """``account_id`` is what holds are taken from. ``is_shared``: the workspace is one that the
    user may be removed from; ``requests_per_hour``: a limit of its own."""

    workspace_id: WorkspaceId
    account_id: AccountId
    is_shared: bool = False
    requests_per_hour: int | None = None


def alone(user: UserId, personal: WorkspaceId) -> Payer:
    """A user in their personal workspace."""
    return Payer(workspace_id=personal, account_id=own_account(user))


def own(caller: Principal) -> Payer:
    return alone(caller.user_id, caller.workspace_id)


def named_workspace(caller: Principal, request: TurnRequest) -> WorkspaceId | None:
    """The workspace that the request or the caller's key names; None: neither does.

    Raises:
        NotFound: the request names another one than the key.
    """
    return membership.named(caller, request.workspace_id, PATH)


async def named_by(tx: Tx | Snapshot, caller: Principal, request: TurnRequest) -> Payer | None:
    """Who pays, as the request or the key says; None: neither does. One statement at most.

    Raises:
        NotFound: the caller is no member of that workspace.
    """
    workspace = named_workspace(caller, request)
    if workspace is None:
        return None
    if workspace == caller.workspace_id and not caller.is_bound:
        return own(caller)
    return await payer_in(tx, caller.user_id, workspace)


async def payer_in(tx: Tx | Snapshot, user: UserId, workspace: WorkspaceId) -> Payer:
    """Raises NotFound: the user is no member of that shared workspace."""
    standing = await payers.find(tx, workspace, user)
    if standing is None:
        raise membership.no_such_workspace(PATH)
    return _payer(user, workspace, standing)


async def billed(
    tx: Snapshot,
    caller: Principal,
    named: Payer | None,
    opening: Opening,
    limit: NanoUsd | None,
) -> tuple[Payer, Figures]:
    """Who pays at last, and what they have. ``opening`` was asked for the account of ``named``, or
    the caller's own; a further statement is made only for a conversation of another workspace.

    Raises:
        NotFound: there is no such account.
    """
    place = opening.place
    if named is None and place is not None and place.workspace_id != caller.workspace_id:
        standing = await payers.find(tx, place.workspace_id, caller.user_id)
        if standing is not None:
            if standing.pays:
                opening = structs.replace(opening, balance=standing.balance, held=standing.held)
            payer = _payer(caller.user_id, place.workspace_id, standing)
            return payer, figures_of(opening, limit)
    return named or own(caller), figures_of(opening, limit)


async def is_kept(tx: Tx, user: UserId, payer: Payer) -> bool:
    """Whether the user may still bill ``payer``, and goes on doing so until ``tx`` ends."""
    return not payer.is_shared or await payers.keep_member(tx, payer.workspace_id, user)


def _payer(user: UserId, workspace: WorkspaceId, standing: Standing) -> Payer:
    return Payer(
        workspace_id=workspace,
        account_id=AccountId(workspace) if standing.pays else own_account(user),
        is_shared=True,
        requests_per_hour=standing.requests_per_hour,
    )
