"""Who is in a workspace, over HTTP."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from server.accounts import membership
from server.accounts.membership import WorkspaceRole
from server.domain.errors import Conflict, Forbidden, NotFound
from server.persistence import members
from server.persistence.members import Member
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation
from server.routes.workspaces import PATH, TAG, note, tell_ended

MEMBER_PATH = PATH + "/members/{user_id:uuid}"


class MemberView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``email`` null: a host application's user of whom it has told none."""

    user_id: UUID
    name: str
    email: str | None
    role: WorkspaceRole
    joined_at: datetime


class MemberPage(Page, frozen=True, kw_only=True):
    items: list[MemberView]


class ChangeMember(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    role: WorkspaceRole


async def list_members(call: Call) -> MemberPage:
    query, workspace = call.query(ListQuery), call.id("workspace_id")
    after = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        await membership.seen(tx, call.caller, workspace)
        found = await members.list_members(tx, workspace, after=after, limit=query.limit + 1)
    shown, last = cursors.page(found, query.limit)
    return MemberPage(
        items=[_view(item) for item in shown],
        next_cursor=cursors.write(last.user_id) if last else None,
    )


async def change_member(call: Call) -> MemberView:
    services, role = call.services, call.body(ChangeMember).role
    workspace, user = call.id("workspace_id"), call.id("user_id")
    async with services.database.transaction() as tx:
        was = await membership.set_role(tx, call.caller, workspace, user, role, services.clock())
        if was.role != role:
            who = {"userId": str(user)}
            await note(
                tx,
                call,
                "workspace.role",
                before={**who, "role": was.role},
                after={**who, "role": role},
            )
    return _view(structs.replace(was, role=role))


async def remove_member(call: Call) -> None:
    services, caller = call.services, call.caller
    workspace, user = call.id("workspace_id"), call.id("user_id")
    async with services.database.transaction() as tx:
        ended = await membership.remove(tx, caller, workspace, user, services.clock())
        if user != caller.user_id:
            await note(tx, call, "workspace.remove", before={"userId": str(user)})
    tell_ended(services, ended)


def _view(found: Member) -> MemberView:
    return MemberView(
        user_id=found.user_id,
        name=found.name,
        email=found.email,
        role="owner" if found.role == "owner" else "member",
        joined_at=found.joined_at,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH + "/members",
        handler=list_members,
        summary="Who is in a workspace.",
        tag=TAG,
        query=ListQuery,
        response=MemberPage,
        errors=(NotFound,),
    ),
    Operation(
        method="PATCH",
        path=MEMBER_PATH,
        handler=change_member,
        summary="Make a member an owner, or an owner a member.",
        tag=TAG,
        request=ChangeMember,
        response=MemberView,
        errors=(NotFound, Forbidden, Conflict),
    ),
    Operation(
        method="DELETE",
        path=MEMBER_PATH,
        handler=remove_member,
        summary="Leave a workspace, or remove somebody from one that one owns.",
        tag=TAG,
        errors=(NotFound, Forbidden, Conflict),
    ),
)
