"""Secrets that work once: WebSocket tickets and sign-in links."""

from datetime import datetime, timedelta

from msgspec import Struct

from server.accounts.access import Principal, Scope, require
from server.accounts.secrets import LINK_PREFIX, TICKET_PREFIX, digest, new_secret
from server.domain.clock import Clock
from server.domain.errors import Unauthenticated
from server.domain.ids import UserId, new_id
from server.persistence import credentials
from server.persistence.credentials import NewTicket
from server.persistence.database import Tx

TICKET_LIFETIME = timedelta(seconds=30)
LINK_LIFETIME = timedelta(minutes=15)


class IssuedTicket(Struct, frozen=True, kw_only=True):
    secret: str
    expires_at: datetime


class Tickets:
    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def issue(self, tx: Tx, caller: Principal) -> IssuedTicket:
        """A ticket for one WebSocket handshake, that can do what ``caller`` can.

        Raises:
            Forbidden: a key without the scope for it.
        """
        require(caller, Scope.TICKETS)
        return await self._insert(
            tx, UserId(caller.user_id), "ws", TICKET_PREFIX, TICKET_LIFETIME, caller
        )

    async def issue_link(self, tx: Tx, user: UserId) -> IssuedTicket:
        """The secret of a sign-in link. Whoever has it is that user, once."""
        return await self._insert(tx, user, "link", LINK_PREFIX, LINK_LIFETIME, None)

    async def use_link(self, tx: Tx, secret: str) -> UserId:
        """Raises Unauthenticated: unknown, expired or used."""
        used = await credentials.use_ticket(tx, digest(secret), "link", self._clock())
        if used is None:
            raise Unauthenticated("This sign-in link has expired or was used already.")
        return UserId(used.user_id)

    async def _insert(
        self,
        tx: Tx,
        user: UserId,
        kind: credentials.TicketKind,
        prefix: str,
        lifetime: timedelta,
        caller: Principal | None,
    ) -> IssuedTicket:
        secret, now = new_secret(prefix), self._clock()
        await credentials.forget_expired(tx, user, now)
        ticket = NewTicket(
            id=new_id(),
            user_id=user,
            kind=kind,
            secret_hash=digest(secret),
            credential_kind=caller.credential_kind if caller else None,
            credential_id=caller.credential_id if caller else None,
            expires_at=now + lifetime,
        )
        await credentials.insert_ticket(tx, ticket)
        return IssuedTicket(secret=secret, expires_at=ticket.expires_at)


def sign_in_url(origin: str, secret: str) -> str:
    """The secret rides in the fragment, which browsers keep out of requests, logs and referrers."""
    return f"{origin}/sign-in#{secret}"
