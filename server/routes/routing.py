"""Which agents were asked, and why, for admins: newest first."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

from server.accounts.access import Scope
from server.accounts.naming import ISSUER_MAX, find_user
from server.domain.errors import Invalid, NotFound
from server.persistence import routing
from server.persistence.routing import Chosen
from server.protocol.commands import Name
from server.routes import cursors
from server.routes.calls import Call
from server.routes.costranges import Moment
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Access, Operation


class RoutingQuery(
    ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """Every filter that is given must fit. ``creatorId``: an id, or ``external:<externalId>``
    (``issuer``: whose, where several host applications have one). ``agent``: among those chosen.
    From ``from`` up to and without ``to``."""

    creator_id: Annotated[str, Meta(min_length=1, max_length=300)] | None = None
    issuer: Annotated[str, Meta(min_length=1, max_length=ISSUER_MAX)] | None = None
    agent: Name | None = None
    start: Moment | None = field(default=None, name="from")
    end: Moment | None = field(default=None, name="to")


class RoutingView(Struct, frozen=True, kw_only=True, rename="camel"):
    """One turn: ``request`` is what was asked for, the ``kind`` of its generation, or ``chat``;
    ``agents`` who was chosen, the best first."""

    turn_id: UUID
    creator_id: UUID
    request: str
    agents: tuple[Chosen, ...]
    at: datetime


class RoutingPage(Page, frozen=True, kw_only=True):
    items: list[RoutingView]


async def list_routing(call: Call) -> RoutingPage:
    query = call.query(RoutingQuery)
    before = cursors.read(query.cursor, UUID)
    if query.start and query.end and query.start >= query.end:
        raise Invalid("The range ends before it begins.", path="$query.to")
    async with call.services.database.snapshot() as tx:
        creator = None
        if query.creator_id is not None:
            try:
                creator = await find_user(tx, query.creator_id, issuer=query.issuer)
            except NotFound as error:
                raise Invalid(error.message, path="$query.creatorId") from error
        found = await routing.list_decisions(
            tx,
            user=creator,
            agent=query.agent,
            begin=query.start,
            end=query.end,
            before=before,
            limit=query.limit + 1,
        )
    shown, last = cursors.page(found, query.limit)
    return RoutingPage(
        items=[
            RoutingView(
                turn_id=one.turn_id,
                creator_id=one.user_id,
                request=one.request,
                agents=one.agents,
                at=one.decided_at,
            )
            for one in shown
        ],
        next_cursor=cursors.write(last.turn_id) if last else None,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/admin/routing",
        handler=list_routing,
        scope=Scope.ADMIN_READ,
        summary="Which agents were asked in which turn, and why; newest first.",
        tag="admin",
        access=Access.ADMIN,
        query=RoutingQuery,
        response=RoutingPage,
    ),
)
