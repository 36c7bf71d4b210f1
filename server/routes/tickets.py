"""Tickets for WebSocket handshakes, for pages that hold no cookie of ours."""

from datetime import datetime

from msgspec import Struct

from server.accounts.access import Scope
from server.domain.errors import Forbidden
from server.routes.calls import Call
from server.routes.operations import Operation


class TicketView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``ticket`` goes into the subprotocol ``bearer.<ticket>``, once, until ``expiresAt``."""

    ticket: str
    expires_at: datetime


async def create_ticket(call: Call) -> TicketView:
    services = call.services
    async with services.database.transaction() as tx:
        issued = await services.accounts.tickets.issue(tx, call.caller)
    return TicketView(ticket=issued.secret, expires_at=issued.expires_at)


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/ws-tickets",
        handler=create_ticket,
        scope=Scope.TICKETS,
        summary="A ticket for one WebSocket handshake within 30 seconds.",
        tag="auth",
        response=TicketView,
        status=201,
        errors=(Forbidden,),
    ),
)
