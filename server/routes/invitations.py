"""Invitations into workspaces over HTTP: made by owners, accepted by whoever has the link."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, structs

from server.accounts import invitations as inviting
from server.accounts import membership
from server.accounts.emails import EMAIL_MAX, normalise
from server.accounts.membership import WorkspaceRole
from server.accounts.secrets import SECRET_MAX
from server.domain.errors import Conflict, Forbidden, NotFound, RateLimited
from server.persistence import invitations
from server.routes import cursors, letters, mailing
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation
from server.routes.workspaces import PATH, TAG

PER_DAY = 100
"""Invitations of one user: each may be a mail to a stranger."""


class InvitationView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``email``: where it was sent. ``role``: what whoever accepts it will be."""

    id: UUID
    email: str
    role: WorkspaceRole
    invited_by: UUID
    created_at: datetime
    expires_at: datetime


class InvitationCreated(InvitationView, frozen=True, kw_only=True):
    """``link`` is told here and never again; it works once."""

    link: str


class InvitationPage(Page, frozen=True, kw_only=True):
    items: list[InvitationView]


class CreateInvitation(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    email: Annotated[str, Meta(min_length=3, max_length=EMAIL_MAX)]
    role: WorkspaceRole = "member"


class AcceptInvitation(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """``secret``: what follows the ``#`` of the link."""

    secret: Annotated[str, Meta(min_length=1, max_length=SECRET_MAX)]


class Joined(Struct, frozen=True, kw_only=True, rename="camel"):
    workspace_id: UUID


async def list_invitations(call: Call) -> InvitationPage:
    query, services, workspace = call.query(ListQuery), call.services, call.id("workspace_id")
    before = cursors.read(query.cursor, UUID)
    async with services.database.snapshot() as tx:
        await membership.owned(tx, call.caller, workspace)
        found = await invitations.list_open(
            tx, workspace, services.clock(), before=before, limit=query.limit + 1
        )
    shown, last = cursors.page(found, query.limit)
    return InvitationPage(
        items=[InvitationView(**structs.asdict(item)) for item in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


async def create_invitation(call: Call) -> InvitationCreated:
    body, services, workspace = call.body(CreateInvitation), call.services, call.id("workspace_id")
    email = normalise(body.email)
    async with services.database.snapshot() as tx:  # whoever may not invite uses up nobody's limit
        await membership.owned(tx, call.caller, workspace)
    asker = mailing.by_user(call, "invitation", PER_DAY, mailing.DAY_S)
    async with (
        mailing.counted(call, "invitation", email, asker),
        services.database.transaction() as tx,
    ):
        made = await inviting.invite(
            tx, call.caller, workspace, email=email, role=body.role, now=services.clock()
        )
    origin = services.settings.origin
    link = inviting.invitation_url(origin, made.secret)
    if services.mail is not None:
        services.mail.post(letters.invited(email, origin, link))
    return InvitationCreated(link=link, **structs.asdict(made.invitation))


async def delete_invitation(call: Call) -> None:
    services, workspace = call.services, call.id("workspace_id")
    async with services.database.transaction() as tx:
        await membership.taken(tx, call.caller, workspace)
        if not await invitations.revoke(tx, workspace, call.id("invitation_id"), services.clock()):
            raise NotFound("There is no such invitation.")


async def accept_invitation(call: Call) -> Joined:
    services, secret = call.services, call.body(AcceptInvitation).secret
    async with services.database.transaction() as tx:
        workspace = await inviting.accept(tx, call.caller, secret, services.clock())
    return Joined(workspace_id=workspace)


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH + "/invitations",
        handler=list_invitations,
        summary="Invitations that can still be accepted, newest first; for owners.",
        tag=TAG,
        query=ListQuery,
        response=InvitationPage,
        errors=(NotFound, Forbidden),
    ),
    Operation(
        method="POST",
        path=PATH + "/invitations",
        handler=create_invitation,
        summary="Invite somebody into a workspace one owns; the link is told once, and mailed.",
        tag=TAG,
        request=CreateInvitation,
        response=InvitationCreated,
        status=201,
        errors=(NotFound, Forbidden, Conflict, RateLimited),
    ),
    Operation(
        method="DELETE",
        path=PATH + "/invitations/{invitation_id:uuid}",
        handler=delete_invitation,
        summary="Take an invitation back.",
        tag=TAG,
        errors=(NotFound, Forbidden),
    ),
    Operation(
        method="POST",
        path="/api/invitations/accept",
        handler=accept_invitation,
        summary="Accept an invitation, and be a member of its workspace.",
        tag=TAG,
        request=AcceptInvitation,
        response=Joined,
        errors=(NotFound, Conflict),
    ),
)
