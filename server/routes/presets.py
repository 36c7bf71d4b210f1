"""Presets: named ways of answering, one's own or shared in a workspace."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, convert, structs, to_builtins

from server.accounts import membership
from server.accounts.access import Principal, Scope
from server.domain.errors import Conflict, ModelUnavailable, NotFound
from server.domain.ids import new_id
from server.persistence import presets
from server.persistence.database import Tx
from server.persistence.presets import Preset, PresetContent
from server.protocol.commands import INSTRUCTIONS_MAX, Name, TurnParams
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation
from server.routes.services import Services
from server.turns import casting, form

TAG = "presets"
NOT_FOUND = "There is no such preset."

PRESETS_MAX = 500
"""Of one author, those that are shared among them: nobody finds one of more in a list, and each
may have instructions and a schema of many pages."""

Description = Annotated[str, Meta(max_length=1_000)]
Instructions = Annotated[str, Meta(max_length=INSTRUCTIONS_MAX)]


class PresetView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``own`` False: somebody in a workspace shares it; only its author can change it."""

    id: UUID
    workspace_id: UUID
    name: str
    category: str
    description: str
    agent: str | None
    model: str | None
    params: TurnParams
    instructions: str
    shared: bool
    own: bool
    created_at: datetime
    updated_at: datetime


class PresetPage(Page, frozen=True, kw_only=True):
    items: list[PresetView]


class Category(Struct, frozen=True, kw_only=True):
    name: str
    count: int


class Categories(Struct, frozen=True, kw_only=True):
    items: list[Category]


class ListPresets(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    category: Name | None = None


class CreatePreset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    name: Name
    category: Name = "General"
    description: Description = ""
    agent: Name | None = None
    model: Name | None = None
    params: TurnParams = TurnParams()
    instructions: Instructions = ""
    shared: bool = False
    workspace_id: UUID | UnsetType = UNSET  # absent: one's own


class ChangePreset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What is absent stays as it is."""

    name: Name | UnsetType = UNSET
    category: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    agent: Name | UnsetType | None = UNSET
    model: Name | UnsetType | None = UNSET
    params: TurnParams | UnsetType = UNSET
    instructions: Instructions | UnsetType = UNSET
    shared: bool | UnsetType = UNSET


async def list_presets(call: Call) -> PresetPage:
    caller, query = call.caller, call.query(ListPresets)
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await presets.list_presets(
            tx,
            caller.user_id,
            category=query.category,
            before=before,
            limit=query.limit + 1,
        )
    shown, last = cursors.page(found, query.limit)
    return PresetPage(
        items=[_view(item, caller) for item in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


async def list_categories(call: Call) -> Categories:
    caller = call.caller
    async with call.services.database.snapshot() as tx:
        found = await presets.categories(tx, caller.user_id)
    return Categories(items=[Category(name=name, count=count) for name, count in found])


async def create_preset(call: Call) -> PresetView:
    caller, body, services = call.caller, call.body(CreatePreset), call.services
    _check_model(services, body.model)
    form.check(body.params)
    fields = structs.asdict(body) | {"params": to_builtins(body.params)}
    del fields["workspace_id"]
    preset, content = new_id(), PresetContent(**fields)

    async def make(tx: Tx) -> Preset:
        if body.agent is not None:
            await casting.check(tx, caller.user_id, body.agent)
        await presets.make_room(tx, caller.user_id, most=PRESETS_MAX)
        workspace = await membership.home(tx, caller, body.workspace_id, "$.workspaceId")
        return await presets.insert_preset(tx, preset, caller.user_id, workspace, content)

    return _view(await services.database.run(make), caller)


async def read_preset(call: Call) -> PresetView:
    caller = call.caller
    async with call.services.database.snapshot() as tx:
        found = await presets.find(tx, call.id("preset_id"), caller.user_id)
    if found is None:
        raise NotFound(NOT_FOUND)
    return _view(found, caller)


async def change_preset(call: Call) -> PresetView:
    caller, body, services = call.caller, call.body(ChangePreset), call.services
    if isinstance(body.model, str):
        _check_model(services, body.model)
    if isinstance(body.params, TurnParams):
        form.check(body.params)
    changes: dict[str, Any] = {
        name: value for name, value in structs.asdict(body).items() if value is not UNSET
    }
    if "params" in changes:
        changes["params"] = to_builtins(changes["params"])
    async with services.database.transaction() as tx:
        if isinstance(body.agent, str):
            await casting.check(tx, caller.user_id, body.agent)
        changed = await presets.update(tx, call.id("preset_id"), caller.user_id, changes)
    if changed is None:
        raise NotFound(NOT_FOUND)
    return _view(changed, caller)


async def delete_preset(call: Call) -> None:
    caller = call.caller
    async with call.services.database.transaction() as tx:
        if not await presets.remove(tx, call.id("preset_id"), caller.user_id):
            raise NotFound(NOT_FOUND)


def _check_model(services: Services, model: str | None) -> None:
    """Raises ModelUnavailable: better now than when somebody uses the preset."""
    if model is not None:
        services.registry.get(model)


def _view(stored: Preset, caller: Principal) -> PresetView:
    return PresetView(
        id=stored.id,
        workspace_id=stored.workspace_id,
        name=stored.name,
        category=stored.category,
        description=stored.description,
        agent=stored.agent,
        model=stored.model,
        params=convert(stored.params, TurnParams),
        instructions=stored.instructions,
        shared=stored.shared,
        own=stored.user_id == caller.user_id,
        created_at=stored.created_at,
        updated_at=stored.updated_at,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/presets",
        handler=list_presets,
        scope=Scope.READ,
        summary="One's own presets and those shared in one's workspaces, newest first.",
        tag=TAG,
        query=ListPresets,
        response=PresetPage,
    ),
    Operation(
        method="POST",
        path="/api/presets",
        handler=create_preset,
        scope=Scope.WRITE,
        summary="Make a preset.",
        tag=TAG,
        request=CreatePreset,
        response=PresetView,
        status=201,
        errors=(NotFound, Conflict, ModelUnavailable),
    ),
    Operation(
        method="GET",
        path="/api/presets/categories",
        handler=list_categories,
        scope=Scope.READ,
        summary="Every category in use, and how many presets it has.",
        tag=TAG,
        response=Categories,
    ),
    Operation(
        method="GET",
        path="/api/presets/{preset_id:uuid}",
        handler=read_preset,
        scope=Scope.READ,
        summary="One preset.",
        tag=TAG,
        response=PresetView,
        errors=(NotFound,),
    ),
    Operation(
        method="PATCH",
        path="/api/presets/{preset_id:uuid}",
        handler=change_preset,
        scope=Scope.WRITE,
        summary="Change a preset of one's own; what is absent stays.",
        tag=TAG,
        request=ChangePreset,
        response=PresetView,
        errors=(NotFound, ModelUnavailable),
    ),
    Operation(
        method="DELETE",
        path="/api/presets/{preset_id:uuid}",
        handler=delete_preset,
        scope=Scope.WRITE,
        summary="Delete a preset of one's own.",
        tag=TAG,
        errors=(NotFound,),
    ),
)
