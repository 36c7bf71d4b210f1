"""From a credential to a ``Principal``: the only way in, for HTTP and WebSocket alike."""

import logging
from datetime import timedelta

from server.accounts.access import CredentialKind, Principal, own_account
from server.accounts.keys import scopes_of
from server.accounts.secrets import KEY_PREFIX, SECRET_MAX, TICKET_PREFIX, digest
from server.domain.clock import Clock
from server.domain.errors import ServiceUnavailable, Unauthenticated
from server.domain.ids import UserId, WorkspaceId
from server.persistence import credentials, holders
from server.persistence.database import Database, Tx
from server.persistence.holders import Holder
from server.telemetry.logs import fields

DEFAULT_PLAN = "starter"
KEY_USE_NOTED_EVERY = timedelta(minutes=1)
"""A key's last use is for people to read; a write per request would cost more than the request."""

_log = logging.getLogger(__name__)


class Authenticator:
    """Answers who a credential belongs to, as it stands in the database at this moment."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def by_cookie(self, value: str) -> Principal:
        """The holder of a cookie session. The caller has checked the ``Origin``.

        Raises:
            Unauthenticated: unknown, expired or signed out.
        """
        _check_shape(value)
        async with self._database.glances() as tx:
            holder = await holders.find_cookie_session(tx, digest(value), self._clock())
        if holder is None:
            raise Unauthenticated("You are not signed in, or no longer.")
        return _principal(holder, "cookie")

    async def by_bearer(self, token: str) -> Principal:
        """The holder of an API key.

        Raises:
            Unauthenticated: no key of ours, expired or revoked.
        """
        _check_shape(token)
        if not token.startswith(KEY_PREFIX):
            raise Unauthenticated("That bearer token is not one of ours.")
        now = self._clock()
        async with self._database.glances() as tx:
            holder = await holders.find_key(tx, digest(token), now)
        if holder is None:
            raise Unauthenticated("This API key is unknown, expired or revoked.")
        if holder.last_used_at is None or holder.last_used_at <= now - KEY_USE_NOTED_EVERY:
            await self._note_use(holder)
        return _principal(holder, "key")

    async def by_ticket(self, token: str) -> Principal:
        """Spend a WebSocket ticket: the holder of the credential that asked for it.

        Raises:
            Unauthenticated: unknown, expired, used, or that credential has ended meanwhile.
        """
        _check_shape(token)
        now = self._clock()
        async with self._database.transaction() as tx:
            ticket = await credentials.use_ticket(tx, digest(token), "ws", now)
            if ticket is None or ticket.credential_id is None:
                raise Unauthenticated("This ticket is unknown, expired or was used already.")
            kind: CredentialKind = "cookie" if ticket.credential_kind == "cookie" else "key"
            holder = await holders.find_holder(tx, kind, ticket.credential_id, now)
        if holder is None:
            raise Unauthenticated("What this ticket was issued for has ended.")
        return _principal(holder, kind)

    async def by_token(self, token: str) -> Principal:
        """A ticket or a bearer token, told apart by their prefixes."""
        if token.startswith(TICKET_PREFIX):
            return await self.by_ticket(token)
        return await self.by_bearer(token)

    async def refresh(self, principal: Principal) -> Principal | None:
        """The same caller as of now, role and plan included; None: the credential has ended."""
        async with self._database.glances() as tx:
            holder = await holders.find_holder(
                tx, principal.credential_kind, principal.credential_id, self._clock()
            )
        return None if holder is None else _principal(holder, principal.credential_kind)

    async def still_valid(self, principal: Principal) -> bool:
        """Whether the credential is valid and its user has the same role. One query."""
        now = await self.refresh(principal)
        return now is not None and now.role == principal.role

    async def _note_use(self, holder: Holder) -> None:
        now = self._clock()

        async def note(tx: Tx) -> None:
            await credentials.note_key_use(tx, holder.credential_id, now, now - KEY_USE_NOTED_EVERY)

        try:
            await self._database.single(note)
        except ServiceUnavailable as error:  # the key is good; only the note is lost
            _log.warning("keys.use_not_noted", extra=fields(error=error.message))


def _check_shape(secret: str) -> None:
    if not secret or len(secret) > SECRET_MAX:
        raise Unauthenticated("That is no credential of ours.")


def _principal(holder: Holder, kind: CredentialKind) -> Principal:
    return Principal(
        user_id=UserId(holder.user_id),
        workspace_id=WorkspaceId(holder.workspace_id),
        account_id=own_account(holder.user_id),
        email=holder.email,
        name=holder.name,
        role=holder.role,
        plan=holder.ai_plan or DEFAULT_PLAN,
        scopes=scopes_of(holder.scopes),
        credential_kind=kind,
        credential_id=holder.credential_id,
    )
