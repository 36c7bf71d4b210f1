"""Tickets for WebSocket handshakes, for pages that hold no cookie of ours."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from server.accounts.access import Scope
from server.accounts.tickets import IssuedTicket, check_sponsor
from server.domain.errors import Forbidden, Invalid
from server.routes.calls import Call
from server.routes.operations import Operation


class CreateTicket(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Without ``externalId`` a ticket for the caller. With it, which a service key may say, one for
    that user of its issuer, who need not be known here; ``name`` and ``email`` are for people."""

    external_id: str | int | UnsetType = UNSET
    name: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    email: Annotated[str, Meta(max_length=320)] | UnsetType = UNSET


class TicketView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``ticket`` goes into the subprotocol ``bearer.<ticket>``, or to ``/api/auth/exchange``: once,
    until ``expiresAt``."""

    ticket: str
    expires_at: datetime


async def create_ticket(call: Call) -> TicketView:
    body, services = call.body(CreateTicket), call.services
    if not isinstance(body.external_id, UnsetType):
        issued = await _for_somebody(call, body, body.external_id)
    elif body.name is not UNSET or body.email is not UNSET:
        raise Invalid("Needed together with name or email.", path="$.externalId")
    else:
        async with services.database.transaction() as tx:
            issued = await services.accounts.tickets.issue(tx, call.caller)
    return TicketView(ticket=issued.secret, expires_at=issued.expires_at)


async def _for_somebody(call: Call, body: CreateTicket, external_id: str | int) -> IssuedTicket:
    caller, services = call.caller, call.services
    issuer = check_sponsor(caller)
    user = await services.accounts.host.arrive(
        issuer,
        external_id,
        name=None if isinstance(body.name, UnsetType) else body.name,
        email=None if isinstance(body.email, UnsetType) else body.email,
    )
    async with services.database.transaction() as tx:
        return await services.accounts.tickets.issue_for(tx, caller, user)


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/ws-tickets",
        handler=create_ticket,
        scope=Scope.TICKETS,
        summary="A ticket for one WebSocket handshake, or one exchange, within 30 seconds.",
        tag="auth",
        request=CreateTicket,
        optional=True,
        response=TicketView,
        status=201,
        errors=(Forbidden,),
    ),
)
