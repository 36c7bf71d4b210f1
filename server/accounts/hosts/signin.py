"""Sign-in by what a host application gave its users: tokens, and its session cookies.

A host vouches for users of its own and for nothing else: they are never admins, and an e-mail
address that it tells leads to nobody's account here.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from msgspec import structs

from server.accounts.access import CredentialKind, Principal, UserRole, own_account
from server.accounts.hosts.authjs import SessionCookies
from server.accounts.hosts.claims import Claimed, email_of, external_id_of, name_of
from server.accounts.hosts.jwt import TokenReader
from server.accounts.principals import DEFAULT_PLAN
from server.accounts.provisioning import NAME_MAX
from server.domain.errors import Forbidden, ServiceUnavailable, Unauthenticated
from server.domain.ids import UserId, WorkspaceId, new_id
from server.persistence import hostusers
from server.persistence.database import Database, Tx
from server.persistence.hostusers import HostUser, NewHostUser

Create: TypeAlias = Callable[[NewHostUser], Callable[[Tx], Awaitable[bool]]]
"""The transaction that makes a user with all that belongs to one; run again, it writes the same.
It answers False where somebody else has just made that user."""


class HostSignIn:
    """``tokens``, ``cookies``: None where the settings trust none. ``issuer``: of both."""

    def __init__(
        self,
        database: Database,
        create: Create,
        *,
        issuer: str,
        tokens: TokenReader | None,
        cookies: SessionCookies | None,
    ) -> None:
        self._database = database
        self._create = create
        self._issuer = issuer
        self._tokens = tokens
        self._cookies = cookies

    @property
    def is_asked(self) -> bool:
        """Whether anything of a host's may prove something here."""
        return self._tokens is not None or self._cookies is not None

    async def by_token(self, token: str) -> Principal:
        """The user whom a JSON web token names, made when never seen before.

        Raises:
            Unauthenticated: it does not hold, or that user may not sign in.
            ServiceUnavailable: the host does not tell the keys to check it with.
        """
        if self._tokens is None:
            raise Unauthenticated("Tokens of other applications are not taken here.")
        return await self._admit(await self._tokens.read(token), "jwt")

    async def by_cookies(self, cookies: Mapping[str, str]) -> Principal | None:
        """The user whose session the host's cookies are; None: there are none. The caller has
        checked the ``Origin``.

        Raises:
            Unauthenticated: they do not hold, or that user may not sign in.
        """
        claimed = self._cookies.read(cookies) if self._cookies is not None else None
        return None if claimed is None else await self._admit(claimed, "authjs")

    async def arrive(
        self,
        issuer: str,
        external_id: str | int,
        *,
        name: str | None = None,
        email: str | None = None,
    ) -> UserId:
        """The user whom a service of ``issuer`` names, made when never seen before.

        Raises:
            Invalid: that is no name of a user.
            Forbidden: that user may not sign in.
        """
        user = await self._meet(issuer, external_id_of(external_id), name_of(name), email_of(email))
        if user.is_barred:
            raise Forbidden("That user is suspended or leaving.")
        return UserId(user.id)

    async def _admit(self, claimed: Claimed, kind: CredentialKind) -> Principal:
        user = await self._meet(self._issuer, claimed.external_id, claimed.name, claimed.email)
        if user.is_barred:
            raise Unauthenticated("This user cannot sign in any more.")
        return Principal(
            user_id=UserId(user.id),
            workspace_id=WorkspaceId(user.workspace_id),
            account_id=own_account(user.id),
            email=user.email,
            name=user.name,
            role=UserRole.USER,
            plan=user.plan or DEFAULT_PLAN,
            own_limits=user.own_limits,
            scopes=None,
            credential_kind=kind,
            credential_id=claimed.credential_id,
            external_id=claimed.external_id,
            expires_at=claimed.expires_at,
        )

    async def _meet(
        self, issuer: str, external_id: str, name: str | None, email: str | None
    ) -> HostUser:
        """As they are now; what is not said of them stays as it was."""
        user = await self._find(issuer, external_id)
        if user is None:
            newcomer = NewHostUser(
                id=new_id(),
                workspace_id=new_id(),
                issuer=issuer,
                external_id=external_id,
                name=(name or email or external_id)[:NAME_MAX],
                email=email,
                role=UserRole.USER,
            )
            await self._database.run(self._create(newcomer))
            user = await self._find(issuer, external_id)
        if user is None:  # made and deleted since
            raise ServiceUnavailable("This user is just being deleted; try again.", retry_after=1)
        return await self._describe(user, name or user.name, email or user.email)

    async def _find(self, issuer: str, external_id: str) -> HostUser | None:
        async with self._database.glances() as tx:
            return await hostusers.find(tx, issuer, external_id)

    async def _describe(self, user: HostUser, name: str, email: str | None) -> HostUser:
        if user.is_barred or (name, email) == (user.name, user.email):
            return user

        async def describe(tx: Tx) -> None:
            await hostusers.describe(tx, user.id, name, email)

        await self._database.single(describe)
        return structs.replace(user, name=name, email=email)
