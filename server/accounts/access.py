"""Who is asking, and what they may do: the one place where that is decided.

A ``Principal`` is made by ``server.accounts.tokens`` only. Every query behind it is scoped by its
``user_id``, so that somebody else's thing is not found instead of forbidden.
"""

import enum
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from server.domain.errors import Forbidden
from server.domain.ids import AccountId, UserId, WorkspaceId
from server.domain.limits import NO_OWN_LIMITS, OwnLimits

CredentialKind: TypeAlias = Literal["cookie", "key", "jwt", "authjs"]
"""A cookie session or an API key of ours; a token or a session cookie of a host application."""


class UserRole(enum.StrEnum):
    USER = "user"
    ADMIN = "admin"


class Scope(enum.StrEnum):
    """What a key can be narrowed to. Accounts and keys themselves need an unnarrowed credential."""

    READ = "read"
    """Read what is one's own: conversations, uploads, turns, presets, usage, credits."""
    TURNS = "turns"
    """Start, follow and cancel turns."""
    WRITE = "write"
    """Create, change and delete conversations, uploads and presets."""
    TICKETS = "tickets:write"
    """Ask for WebSocket tickets, which may do no more than the key itself; by a service key also
    for users of its issuer, which may do what ``EMBEDDED`` says."""
    ADMIN_READ = "admin:read"
    """Watch live costs; only for admins."""
    PLANS = "plans:write"
    """Set the plans of users; only for admins."""
    CREDITS = "credits:write"
    """Grant credits to users, and book packs that they bought; only for admins."""
    INTEGRATIONS = "integrations:write"
    """Keep the integrations of users; only for admins."""


EMBEDDED: Final = frozenset[str]({Scope.READ, Scope.TURNS, Scope.WRITE})
"""What a page that embeds us gets at most: by the bearer that it exchanged a ticket for, and by the
ticket that a service key asked for in somebody's name."""


class Principal(Struct, frozen=True, kw_only=True):
    """An authenticated caller. ``scopes`` None: everything that the user may do.

    ``credential_id`` is the cookie session, API key or token that proves it. A ticket, and the
    bearer it is exchanged for, stand for the credential that asked for it: they may do no more, and
    end with it. ``expires_at``: when the credential ends by itself. ``external_id``: what a host
    application calls this user. ``is_bound``: a key's that was made for ``workspace_id`` alone;
    else that is the user's personal one. ``issuer``: whose users a service key may name.
    ``sponsor_id``: the owner of the service key that answers for this user. ``own_limits``: what
    the user has set below the plan's.
    """

    user_id: UserId
    workspace_id: WorkspaceId
    account_id: AccountId
    email: str | None
    name: str
    role: str
    plan: str
    scopes: frozenset[str] | None
    credential_kind: CredentialKind
    credential_id: UUID
    external_id: str | None = None
    expires_at: datetime | None = None
    is_bound: bool = False
    issuer: str | None = None
    sponsor_id: UserId | None = None
    own_limits: OwnLimits = NO_OWN_LIMITS

    @property
    def is_admin(self) -> bool:
        return self.role == UserRole.ADMIN


def own_account(user: UUID) -> AccountId:
    """The credit account of a user: it carries the user's own id, so that no lookup is needed."""
    return AccountId(user)


def allows(principal: Principal, scope: str) -> bool:
    return principal.scopes is None or scope in principal.scopes


def narrowed(scopes: frozenset[str] | None, to: frozenset[str] | None) -> frozenset[str] | None:
    """What both allow; None allows everything."""
    if scopes is None or to is None:
        return to if scopes is None else scopes
    return scopes & to


def require(principal: Principal, scope: str) -> None:
    """Raises Forbidden: the key was not given ``scope``."""
    if not allows(principal, scope):
        raise Forbidden(f"This key lacks the scope {str(scope)!r}.", metadata={"scope": str(scope)})


ANY_SCOPE: Final = "any"
"""What any valid credential may do, however narrowed."""

Need: TypeAlias = Scope | Literal["any"] | None
"""What a key with scopes must have been given; None: no such key may, nor one for a workspace."""


def check(principal: Principal, need: Need, *, admin: bool) -> None:
    """Whether a caller may do what needs that: asked before anything else is looked at.

    Raises:
        Forbidden: not an admin where one is needed, or a key without the scope.
    """
    if admin and not principal.is_admin:
        raise Forbidden("Only an admin may do that.")
    if need is None and (principal.scopes is not None or principal.is_bound):
        raise Forbidden("A key with scopes, or for one workspace, cannot do that; sign in.")
    if isinstance(need, Scope):
        require(principal, need)
