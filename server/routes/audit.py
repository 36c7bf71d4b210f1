"""The audit log over HTTP: who changed what, newest first; and how handlers add to it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, convert, field

from server.accounts.access import Scope
from server.accounts.naming import EXTERNAL, ISSUER_MAX, find_user
from server.domain.errors import Forbidden, Invalid, NotFound
from server.persistence import audit
from server.persistence.database import Tx
from server.routes import cursors
from server.routes.calls import Call
from server.routes.costranges import Moment
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Access, Operation


class AuditQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Every filter that is given must fit. ``targetId`` of a user may also be written as
    ``external:<externalId>``, and ``issuer`` then says whose. From ``from`` up to and without
    ``to``."""

    actor_id: UUID | None = None
    target_id: Annotated[str, Meta(min_length=1, max_length=300)] | None = None
    issuer: Annotated[str, Meta(min_length=1, max_length=ISSUER_MAX)] | None = None
    action: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    start: Moment | None = field(default=None, name="from")
    end: Moment | None = field(default=None, name="to")


class AuditEntryView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``actorId`` null: somebody at the command line. ``before``, ``after``: what was changed, as
    far as there was something and is something."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    action: str
    target_kind: str
    target_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str
    request_id: str


class AuditPage(Page, frozen=True, kw_only=True):
    items: list[AuditEntryView]


async def record(
    tx: Tx,
    call: Call,
    *,
    action: str,
    target_kind: str,
    target_id: UUID | str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """``audit.note`` for what the caller of ``call`` does in ``tx``."""
    await audit.note(
        tx,
        actor=call.caller.user_id,
        action=action,
        target_kind=target_kind,
        target_id=target_id,
        before=before,
        after=after,
        address=call.address,
        request_id=call.request_id,
    )


async def list_audit(call: Call) -> AuditPage:
    query = call.query(AuditQuery)
    before = cursors.read(query.cursor, UUID)
    if query.start and query.end and query.start >= query.end:
        raise Invalid("The range ends before it begins.", path="$query.to")
    async with call.services.database.snapshot() as tx:
        target = query.target_id
        if target is not None and target.startswith(EXTERNAL):
            target = str(await find_user(tx, target, issuer=query.issuer))
        found = await audit.list_entries(
            tx,
            actor=query.actor_id,
            target=target,
            action=query.action,
            begin=query.start,
            end=query.end,
            before=before,
            limit=query.limit + 1,
        )
    shown, last = cursors.page(found, query.limit)
    return AuditPage(
        items=[convert(entry, AuditEntryView, from_attributes=True) for entry in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/admin/audit",
        handler=list_audit,
        scope=Scope.ADMIN_READ,
        summary="What admins, operators and owners of shared workspaces changed; newest first.",
        tag="admin",
        access=Access.ADMIN,
        query=AuditQuery,
        response=AuditPage,
        errors=(Forbidden, NotFound),
    ),
)
