"""Secrets for a short time: WebSocket tickets, bearers that they are exchanged for, and sign-in
links."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from server.accounts.access import EMBEDDED, Principal, Scope, require
from server.accounts.principals import principal_of
from server.accounts.secrets import (
    BEARER_PREFIX,
    LINK_PREFIX,
    TICKET_PREFIX,
    digest,
    new_secret,
)
from server.domain.clock import Clock
from server.domain.errors import Forbidden, Unauthenticated
from server.domain.ids import UserId, new_id
from server.persistence import credentials, holders
from server.persistence.credentials import NewTicket
from server.persistence.database import Tx

TICKET_LIFETIME = timedelta(seconds=30)
BEARER_LIFETIME = timedelta(minutes=15)
LINK_LIFETIME = timedelta(minutes=15)


class IssuedTicket(Struct, frozen=True, kw_only=True):
    secret: str
    expires_at: datetime


class Exchanged(Struct, frozen=True, kw_only=True):
    """A bearer, and whom it stands for."""

    bearer: IssuedTicket
    principal: Principal


class Tickets:
    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def issue(self, tx: Tx, caller: Principal) -> IssuedTicket:
        """A ticket for one WebSocket handshake, that can do what ``caller`` can.

        Raises:
            Forbidden: a key without the scope for it.
        """
        require(caller, Scope.TICKETS)
        return await self._issue(tx, caller, caller.user_id)

    async def issue_for(self, tx: Tx, caller: Principal, user: UserId) -> IssuedTicket:
        """A ticket by a service key for ``user`` of its issuer: it can do what ``EMBEDDED`` says.

        Raises:
            Forbidden: no service key, or somebody whom it may not or cannot bring in.
        """
        check_sponsor(caller)
        kind, key = caller.credential_kind, caller.credential_id
        holder = await holders.find_holder(tx, kind, key, user, self._clock())
        if holder is None or holder.sponsor_id is None:
            raise Forbidden("This user may not be here, or is none of this key's issuer.")
        return await self._issue(tx, caller, user)

    async def exchange(self, tx: Tx, secret: str) -> Exchanged:
        """Spend a ticket for a bearer, which can do what the ticket could and ``EMBEDDED`` says,
        and ends with the credential that asked for the ticket.

        Raises:
            Unauthenticated: unknown, expired, used, or that credential has ended meanwhile.
        """
        now = self._clock()
        holder = None
        if secret.startswith(TICKET_PREFIX):
            holder = await holders.spend_ticket(tx, digest(secret), now)
        if holder is None:
            raise Unauthenticated("This ticket is unknown, was used already, or has ended.")
        principal = principal_of(holder, EMBEDDED)
        ends = min(now + BEARER_LIFETIME, principal.expires_at or now + BEARER_LIFETIME)
        bearer = await self._insert(
            tx, principal.user_id, "bearer", BEARER_PREFIX, ends, by=principal
        )
        return Exchanged(bearer=bearer, principal=principal)

    async def issue_link(self, tx: Tx, user: UserId) -> IssuedTicket:
        """The secret of a sign-in link. Whoever has it is that user, once."""
        return await self._insert(tx, user, "link", LINK_PREFIX, self._clock() + LINK_LIFETIME)

    async def use_link(self, tx: Tx, secret: str) -> UserId:
        """Raises Unauthenticated: unknown, expired or used."""
        user = await credentials.use_link(tx, digest(secret), self._clock())
        if user is None:
            raise Unauthenticated("This sign-in link has expired or was used already.")
        return UserId(user)

    async def _issue(self, tx: Tx, caller: Principal, user: UUID) -> IssuedTicket:
        ends = self._clock() + TICKET_LIFETIME
        return await self._insert(tx, user, "ws", TICKET_PREFIX, ends, by=caller)

    async def _insert(
        self,
        tx: Tx,
        user: UUID,
        kind: credentials.TicketKind,
        prefix: str,
        expires_at: datetime,
        *,
        by: Principal | None = None,
    ) -> IssuedTicket:
        secret = new_secret(prefix)
        await credentials.forget_expired(tx, user, self._clock())
        ticket = NewTicket(
            id=new_id(),
            user_id=user,
            kind=kind,
            secret_hash=digest(secret),
            credential_kind=by.credential_kind if by else None,
            credential_id=by.credential_id if by else None,
            credential_expires_at=by.expires_at if by else None,
            expires_at=expires_at,
        )
        await credentials.insert_ticket(tx, ticket)
        return IssuedTicket(secret=secret, expires_at=expires_at)


def check_sponsor(caller: Principal) -> str:
    """Whose users ``caller`` may bring in.

    Raises:
        Forbidden: not the service key of an admin, or one without the scope for tickets.
    """
    require(caller, Scope.TICKETS)
    if caller.issuer is None:
        raise Forbidden("Only a service key may ask for somebody else's ticket.")
    return caller.issuer


def sign_in_url(origin: str, secret: str) -> str:
    """The secret rides in the fragment, which browsers keep out of requests, logs and referrers."""
    return f"{origin}/sign-in#{secret}"
