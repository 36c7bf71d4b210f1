"""Workspaces over HTTP: one's own, and those that one shares with others."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from server.accounts import membership
from server.accounts.access import Scope
from server.accounts.membership import WorkspaceRole
from server.accounts.provisioning import shown_name
from server.domain.errors import Conflict, Forbidden, NotFound
from server.domain.ids import new_id
from server.persistence import workspaces
from server.persistence.database import Tx
from server.persistence.members import EndedKey
from server.persistence.workspaces import Workspace
from server.protocol.commands import Name
from server.routes import audit, cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation
from server.routes.services import Services
from server.turns.shared import close_workspace, found_workspace

TAG = "workspaces"
PATH = "/api/workspaces/{workspace_id:uuid}"

PerHour = Annotated[int, Meta(ge=1, le=1_000_000_000)]


class WorkspaceView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``role`` is the caller's, ``members`` how many there are. ``pays``: turns in it bill its own
    credits instead of those of whoever starts them. ``requestsPerHour``: of all members together;
    null, or above what the deployment allows: as much as that."""

    id: UUID
    name: str
    personal: bool
    role: WorkspaceRole
    pays: bool
    requests_per_hour: int | None
    members: int
    created_at: datetime


class WorkspacePage(Page, frozen=True, kw_only=True):
    items: list[WorkspaceView]


class CreateWorkspace(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    name: Name
    pays: bool = False
    requests_per_hour: PerHour | None = None


class ChangeWorkspace(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What is absent stays as it is."""

    name: Name | UnsetType = UNSET
    pays: bool | UnsetType = UNSET
    requests_per_hour: PerHour | UnsetType | None = UNSET


class DeleteWorkspace(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """``forfeit``: also with the credits that it has left, which nobody can spend any more."""

    forfeit: bool = False


async def list_workspaces(call: Call) -> WorkspacePage:
    caller, query = call.caller, call.query(ListQuery)
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await workspaces.list_workspaces(
            tx,
            caller.user_id,
            only=caller.workspace_id if caller.is_bound else None,
            before=before,
            limit=query.limit + 1,
        )
    shown, last = cursors.page(found, query.limit)
    return WorkspacePage(
        items=[_view(item) for item in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


async def create_workspace(call: Call) -> WorkspaceView:
    body, services = call.body(CreateWorkspace), call.services
    settings = {"pays": body.pays, "requests_per_hour": body.requests_per_hour}
    async with services.database.transaction() as tx:
        made = await found_workspace(
            tx, services.ledger, call.caller, new_id(), shown_name(body.name), settings
        )
    return _view(made)


async def read_workspace(call: Call) -> WorkspaceView:
    async with call.services.database.snapshot() as tx:
        return _view(await membership.seen(tx, call.caller, call.id("workspace_id")))


async def change_workspace(call: Call) -> WorkspaceView:
    caller, workspace = call.caller, call.id("workspace_id")
    changes = {
        name: value
        for name, value in structs.asdict(call.body(ChangeWorkspace)).items()
        if value is not UNSET
    }
    if "name" in changes:
        changes["name"] = shown_name(changes["name"])
    # A personal one has a name: whoever is in it pays for themselves, and has limits of their own.
    may_change = membership.taken if changes.keys() <= {"name"} else membership.shared
    async with call.services.database.transaction() as tx:
        before = await may_change(tx, caller, workspace)
        if changes:
            await workspaces.change(tx, workspace, changes)
        after = await membership.seen(tx, caller, workspace)
        if after.pays != before.pays:
            await note(
                tx, call, "workspace.pays", before={"pays": before.pays}, after={"pays": after.pays}
            )
    return _view(after)


async def delete_workspace(call: Call) -> None:
    services = call.services
    async with services.database.transaction() as tx:
        ended = await close_workspace(
            tx,
            services.ledger,
            call.caller,
            call.id("workspace_id"),
            services.clock(),
            forfeit=call.query(DeleteWorkspace).forfeit,
        )
        await note(tx, call, "workspace.delete")
    tell_ended(services, ended)


async def note(
    tx: Tx,
    call: Call,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Whoever decides about others and their money in a workspace is on record, admin or not."""
    await audit.record(
        tx,
        call,
        action=action,
        target_kind="workspace",
        target_id=call.id("workspace_id"),
        before=before,
        after=after,
    )


def tell_ended(services: Services, ended: list[EndedKey]) -> None:
    """Sessions that were opened with these keys end, in every process."""
    for key in ended:
        services.accounts.endings.tell(key.user_id, key.key_id)


def _view(found: Workspace) -> WorkspaceView:
    return WorkspaceView(
        id=found.id,
        name=found.name,
        personal=found.personal,
        role="owner" if found.is_owned else "member",
        pays=found.pays,
        requests_per_hour=found.requests_per_hour,
        members=found.members,
        created_at=found.created_at,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/workspaces",
        handler=list_workspaces,
        scope=Scope.READ,
        summary="The workspaces that one is in, newest first; one's own is among them.",
        tag=TAG,
        query=ListQuery,
        response=WorkspacePage,
    ),
    Operation(
        method="POST",
        path="/api/workspaces",
        handler=create_workspace,
        summary="Make a workspace to share, and be its owner.",
        tag=TAG,
        request=CreateWorkspace,
        response=WorkspaceView,
        status=201,
        errors=(Conflict,),
    ),
    Operation(
        method="GET",
        path=PATH,
        handler=read_workspace,
        scope=Scope.READ,
        summary="One workspace.",
        tag=TAG,
        response=WorkspaceView,
        errors=(NotFound,),
    ),
    Operation(
        method="PATCH",
        path=PATH,
        handler=change_workspace,
        summary="Change a workspace that one owns; what is absent stays.",
        tag=TAG,
        request=ChangeWorkspace,
        response=WorkspaceView,
        errors=(NotFound, Forbidden, Conflict),
    ),
    Operation(
        method="DELETE",
        path=PATH,
        handler=delete_workspace,
        summary="Delete a workspace that one owns; refused while it has credits, unless forfeited.",
        tag=TAG,
        query=DeleteWorkspace,
        errors=(NotFound, Forbidden, Conflict),
    ),
)
