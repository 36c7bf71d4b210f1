"""Tickets for embedded parts: exchanged for a bearer that serves HTTP and sessions for a while."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from billing.windows import Window
from server.accounts.addresses import network_of
from server.accounts.secrets import SECRET_MAX
from server.domain.errors import RateLimited, Unauthenticated
from server.domain.ids import new_id
from server.protocol.events import UserInfo
from server.routes.calls import Call
from server.routes.operations import Access, Operation

HOUR_S = 3_600


class Exchange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    ticket: Annotated[str, Meta(min_length=1, max_length=SECRET_MAX)]


class BearerView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``token`` goes into ``Authorization: Bearer`` or the subprotocol ``bearer.<token>``, as often
    as wanted until ``expiresAt``. It may read, write and run turns, as far as the ticket could, and
    ends with the credential that asked for the ticket."""

    token: str
    expires_at: datetime
    user: UserInfo


async def exchange_ticket(call: Call) -> BearerView:
    body, services = call.body(Exchange), call.services
    await services.accounts.exchange_limits.admit(
        member=str(new_id()),
        windows=[
            Window(
                scope="address",
                name=f"exchange:{network_of(call.address)}",
                limit=services.settings.rate_address_per_hour,
                seconds=HOUR_S,
            )
        ],
    )
    async with services.database.transaction() as tx:
        made = await services.accounts.tickets.exchange(tx, body.ticket)
    user = made.principal
    return BearerView(
        token=made.bearer.secret,
        expires_at=made.bearer.expires_at,
        user=UserInfo(
            id=user.user_id,
            email=user.email,
            name=user.name,
            role=user.role,
            plan=services.plans.of(user.plan).name,
        ),
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/auth/exchange",
        handler=exchange_ticket,
        summary="Exchange a ticket for a bearer token that is good for 15 minutes.",
        tag="auth",
        access=Access.PUBLIC,
        request=Exchange,
        response=BearerView,
        errors=(Unauthenticated, RateLimited),
    ),
)
