"""Where one is signed in: cookie sessions of the caller, and ending them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from server.accounts.access import Principal
from server.domain.errors import NotFound
from server.persistence import cookiesessions
from server.persistence.cookiesessions import CookieSession
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.entering import tell_ended
from server.routes.envelope import Page
from server.routes.operations import Operation

TAG = "auth"


class SessionView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``userAgent`` is what the browser says of itself, ``address`` where it signed in from.
    ``lastSeenAt`` is good to a minute. ``current``: this request's own."""

    id: UUID
    user_agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime | None
    expires_at: datetime
    current: bool


class SessionPage(Page, frozen=True, kw_only=True):
    items: list[SessionView]


async def list_sessions(call: Call) -> SessionPage:
    caller, query = call.caller, call.query(ListQuery)
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await cookiesessions.list_open(
            tx, caller.user_id, call.services.clock(), before=before, limit=query.limit + 1
        )
    shown, last = cursors.page(found, query.limit)
    current = _current(caller)
    return SessionPage(
        items=[_view(session, current) for session in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


async def end_session(call: Call) -> None:
    caller, services, session = call.caller, call.services, call.id("session_id")
    async with services.database.transaction() as tx:
        if not await cookiesessions.revoke(tx, session, caller.user_id, services.clock()):
            raise NotFound("There is no such session.")
    tell_ended(call, caller.user_id, (session,))


async def end_other_sessions(call: Call) -> None:
    caller, services = call.caller, call.services
    async with services.database.transaction() as tx:
        ended = await cookiesessions.revoke_all(
            tx, caller.user_id, services.clock(), but=_current(caller)
        )
    tell_ended(call, caller.user_id, tuple(ended))


def _current(caller: Principal) -> UUID | None:
    return caller.credential_id if caller.credential_kind == "cookie" else None


def _view(session: CookieSession, current: UUID | None) -> SessionView:
    return SessionView(
        id=session.id,
        user_agent=session.user_agent,
        address=session.address,
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        expires_at=session.expires_at,
        current=session.id == current,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/auth/sessions",
        handler=list_sessions,
        summary="Where one is signed in, newest first.",
        tag=TAG,
        query=ListQuery,
        response=SessionPage,
    ),
    Operation(
        method="DELETE",
        path="/api/auth/sessions",
        handler=end_other_sessions,
        summary="Sign out everywhere else.",
        tag=TAG,
    ),
    Operation(
        method="DELETE",
        path="/api/auth/sessions/{session_id:uuid}",
        handler=end_session,
        summary="Sign out one browser, and every WebSocket session that it opened.",
        tag=TAG,
        errors=(NotFound,),
    ),
)
