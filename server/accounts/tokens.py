"""From a credential to a ``Principal``: the only way in, for HTTP and WebSocket alike."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from server.accounts.access import EMBEDDED, Principal
from server.accounts.hosts.signin import HostSignIn
from server.accounts.principals import principal_of
from server.accounts.secrets import (
    BEARER_PREFIX,
    KEY_PREFIX,
    LINK_PREFIX,
    SECRET_MAX,
    TICKET_PREFIX,
    digest,
)
from server.domain.clock import Clock
from server.domain.errors import ServiceUnavailable, Unauthenticated
from server.persistence import cookiesessions, credentials, holders
from server.persistence.database import Database, Tx
from server.persistence.holders import Holder
from server.telemetry.logs import fields

USE_NOTED_EVERY = timedelta(minutes=1)
"""The last use of a key or cookie is for people to read; a write per request would cost more than
the request."""

_log = logging.getLogger(__name__)


class Authenticator:
    """Answers who a credential belongs to, as it stands in the database at this moment. ``host``:
    asked about what none of ours is."""

    def __init__(self, database: Database, *, clock: Clock, host: HostSignIn | None = None) -> None:
        self._database = database
        self._clock = clock
        self._host = host

    @property
    def has_host(self) -> bool:
        """Whether cookies other than our own may prove something."""
        return self._host is not None

    async def by_cookie(self, value: str) -> Principal:
        """The holder of a cookie session. The caller has checked the ``Origin``.

        Raises:
            Unauthenticated: unknown, expired or signed out.
        """
        _check_shape(value)
        now = self._clock()
        async with self._database.glances() as tx:
            holder = await holders.find_cookie_session(tx, digest(value), now)
        if holder is None:
            raise Unauthenticated("You are not signed in, or no longer.")
        await self._note_use(holder, now, cookiesessions.note_seen)
        return principal_of(holder)

    async def by_cookies(self, own: str | None, others: Mapping[str, str]) -> Principal:
        """Who a page belongs to: by our own cookie where it holds, else by the host application's.
        The caller has checked the ``Origin``.

        Raises:
            Unauthenticated: by neither.
            ServiceUnavailable: what proves the host application's cookie does not answer.
        """
        if own is not None:
            try:
                return await self.by_cookie(own)
            except Unauthenticated:
                if self._host is None:
                    raise
        found = None if self._host is None else await self._host.by_cookies(others)
        if found is None:
            raise Unauthenticated("You are not signed in, or no longer.")
        return found

    async def by_bearer(self, token: str) -> Principal:
        """The holder of an API key, of a bearer that a ticket was exchanged for, or of a token of
        the host application.

        Raises:
            Unauthenticated: none of these, expired or revoked.
            ServiceUnavailable: what proves the host application's token does not answer.
        """
        if token.startswith(KEY_PREFIX):
            return await self._by_key(token)
        if token.startswith(BEARER_PREFIX):
            return await self._by_exchanged(token)
        if not token or self._host is None or token.startswith((TICKET_PREFIX, LINK_PREFIX)):
            raise Unauthenticated("That bearer token is not one of ours.")
        return await self._host.by_token(token)

    async def _by_key(self, token: str) -> Principal:
        _check_shape(token)
        now = self._clock()
        async with self._database.glances() as tx:
            holder = await holders.find_key(tx, digest(token), now)
        if holder is None:
            raise Unauthenticated("This API key is unknown, expired or revoked.")
        await self._note_use(holder, now, credentials.note_key_use)
        return principal_of(holder)

    async def _by_exchanged(self, token: str) -> Principal:
        _check_shape(token)
        async with self._database.glances() as tx:
            holder = await holders.find_bearer(tx, digest(token), self._clock())
        if holder is None:
            raise Unauthenticated("This token is unknown, or has ended.")
        return principal_of(holder, EMBEDDED)

    async def by_ticket(self, token: str) -> Principal:
        """Spend a WebSocket ticket: whoever it was issued for.

        Raises:
            Unauthenticated: unknown, expired, used, or what asked for it has ended meanwhile.
        """
        _check_shape(token)
        now = self._clock()
        holder = await self._database.single(
            lambda tx: holders.spend_ticket(tx, digest(token), now)
        )
        if holder is None:
            raise Unauthenticated("This ticket is unknown, was used already, or has ended.")
        return principal_of(holder)

    async def by_token(self, token: str) -> Principal:
        """A ticket or a bearer token, told apart by their prefixes."""
        if token.startswith(TICKET_PREFIX):
            return await self.by_ticket(token)
        return await self.by_bearer(token)

    async def refresh(self, principal: Principal) -> Principal | None:
        """The same caller as of now, role and plan included; None: the credential has ended."""
        async with self._database.glances() as tx:
            holder = await holders.find_holder(
                tx,
                principal.credential_kind,
                principal.credential_id,
                principal.user_id,
                self._clock(),
                until=principal.expires_at,
            )
        return None if holder is None else principal_of(holder, principal.scopes)

    async def still_valid(self, principal: Principal) -> bool:
        """Whether the credential is valid and its user has the same role. One query."""
        now = await self.refresh(principal)
        return now is not None and now.role == principal.role

    async def _note_use(
        self,
        holder: Holder,
        now: datetime,
        note: Callable[[Tx, UUID, datetime, datetime], Awaitable[None]],
    ) -> None:
        before = now - USE_NOTED_EVERY
        if holder.last_used_at is not None and holder.last_used_at > before:
            return

        async def write(tx: Tx) -> None:
            await note(tx, holder.credential_id, now, before)

        try:
            await self._database.single(write)
        except ServiceUnavailable as error:  # the credential is good; only the note is lost
            _log.warning("accounts.use_not_noted", extra=fields(error=error.message))


def _check_shape(secret: str) -> None:
    if not secret or len(secret) > SECRET_MAX:
        raise Unauthenticated("That is no credential of ours.")
