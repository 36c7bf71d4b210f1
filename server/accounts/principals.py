"""From whoever holds a credential in the database to the ``Principal`` that acts."""

from typing import cast

from server.accounts.access import (
    EMBEDDED,
    CredentialKind,
    Principal,
    UserRole,
    narrowed,
    own_account,
)
from server.accounts.keys import scopes_of
from server.domain.ids import AccountId, UserId, WorkspaceId
from server.persistence.holders import Holder

DEFAULT_PLAN = "starter"


def principal_of(holder: Holder, most: frozenset[str] | None = None) -> Principal:
    """``most``: the scopes beyond which it shall not go, whatever the credential allows."""
    granted = EMBEDDED if holder.sponsor_id else scopes_of(holder.scopes)
    payer = holder.bound_id if holder.bound_id and holder.pays else None
    serves = holder.role == UserRole.ADMIN and holder.sponsor_id is None
    return Principal(
        user_id=UserId(holder.user_id),
        workspace_id=WorkspaceId(holder.bound_id or holder.workspace_id),
        account_id=AccountId(payer) if payer else own_account(holder.user_id),
        email=holder.email,
        name=holder.name,
        role=holder.role,
        plan=holder.plan or DEFAULT_PLAN,
        own_limits=holder.own_limits,
        scopes=narrowed(granted, most),
        credential_kind=cast("CredentialKind", holder.credential_kind),
        credential_id=holder.credential_id,
        external_id=holder.external_id,
        expires_at=holder.expires_at,
        is_bound=holder.bound_id is not None,
        issuer=holder.issuer if serves else None,
        sponsor_id=UserId(holder.sponsor_id) if holder.sponsor_id else None,
    )
