"""Agents to ask: those that are built in, and those of the caller's own making (A5)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, convert, structs

from agents.providers.registry import Registry
from agents.team.roster import ROSTER
from agents.tools.catalogue import TOOLS, first_unknown
from server.accounts.access import Scope
from server.domain.errors import Conflict, Invalid, ModelUnavailable, NotFound
from server.domain.ids import new_id
from server.domain.texts import SAYS_SOMETHING, Line
from server.persistence import customagents
from server.persistence.customagents import CustomAgent, CustomAgentContent
from server.protocol.commands import INSTRUCTIONS_MAX, TOOLS_MAX, Name, ToolName
from server.routes.calls import Call
from server.routes.operations import Operation

TAG = "agents"
NOT_FOUND = "There is no such agent of yours."

AGENTS_MAX = 50
"""Of one creator: all of them fit into one list for people to choose from."""

Description = Annotated[str, Meta(max_length=1_000)]
Instructions = Annotated[
    str, Meta(min_length=1, max_length=INSTRUCTIONS_MAX, pattern=SAYS_SOMETHING)
]
Tools = Annotated[list[ToolName], Meta(max_length=TOOLS_MAX)]


class BuiltIn(Struct, frozen=True, kw_only=True):
    """``name`` is what a turn's ``agent`` says."""

    name: str
    description: str


class CustomAgentView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``id`` is what a turn's ``agent`` says. ``model`` null: the one that the assistant has."""

    id: UUID
    name: str
    description: str
    instructions: str
    model: str | None
    tools: list[str]
    created_at: datetime
    updated_at: datetime


class AgentList(Struct, frozen=True, kw_only=True, rename="camel"):
    """``items`` are the caller's own, all of them by name: ``nextCursor`` is always null."""

    built_in: list[BuiltIn]
    items: list[CustomAgentView]
    next_cursor: None = None


class CreateAgent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Line
    instructions: Instructions
    description: Description = ""
    model: Name | None = None
    tools: Tools = []


class ChangeAgent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays as it is."""

    name: Line | UnsetType = UNSET
    instructions: Instructions | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    model: Name | UnsetType | None = UNSET
    tools: Tools | UnsetType = UNSET


BUILT_IN = [BuiltIn(name=name, description=description) for name, description in ROSTER.items()]


async def list_agents(call: Call) -> AgentList:
    async with call.services.database.snapshot() as tx:
        found = await customagents.list_agents(tx, call.caller.user_id)
    return AgentList(built_in=BUILT_IN, items=[_view(one) for one in found])


async def create_agent(call: Call) -> CustomAgentView:
    user, agent, body = call.caller.user_id, new_id(), call.body(CreateAgent)
    fields = structs.asdict(body)
    _check(call.services.registry, fields)
    content = CustomAgentContent(**fields)
    made = await call.services.database.run(
        lambda tx: customagents.add(tx, agent, user, content, most=AGENTS_MAX)
    )
    return _view(made)


async def read_agent(call: Call) -> CustomAgentView:
    async with call.services.database.snapshot() as tx:
        found = await customagents.find(tx, call.id("agent_id"), call.caller.user_id)
    if found is None:
        raise NotFound(NOT_FOUND)
    return _view(found)


async def change_agent(call: Call) -> CustomAgentView:
    user, agent, body = call.caller.user_id, call.id("agent_id"), call.body(ChangeAgent)
    changes = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    _check(call.services.registry, changes)
    changed = await call.services.database.run(
        lambda tx: customagents.update(tx, agent, user, changes)
    )
    if changed is None:
        raise NotFound(NOT_FOUND)
    return _view(changed)


async def delete_agent(call: Call) -> None:
    user, agent = call.caller.user_id, call.id("agent_id")
    if not await call.services.database.run(lambda tx: customagents.remove(tx, agent, user)):
        raise NotFound(NOT_FOUND)


def _check(registry: Registry, fields: dict[str, Any]) -> None:
    """Better now than when somebody asks the agent.

    Raises:
        Invalid: there is no such tool.
        ModelUnavailable: there is no such model.
    """
    if fields.get("model") is not None:
        registry.get(fields["model"])
    unknown = first_unknown(fields.get("tools", []))
    if unknown is not None:
        raise Invalid(
            f"There is no such tool; known: {', '.join(TOOLS)}.", path=f"$.tools[{unknown}]"
        )


def _view(stored: CustomAgent) -> CustomAgentView:
    return convert(stored, CustomAgentView, from_attributes=True)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/agents",
        handler=list_agents,
        scope=Scope.READ,
        summary="Who may be asked: built-in agents, and those of the caller's own.",
        tag=TAG,
        response=AgentList,
    ),
    Operation(
        method="POST",
        path="/api/agents",
        handler=create_agent,
        scope=Scope.WRITE,
        summary="Make an agent of one's own.",
        tag=TAG,
        request=CreateAgent,
        response=CustomAgentView,
        status=201,
        errors=(Conflict, ModelUnavailable),
    ),
    Operation(
        method="GET",
        path="/api/agents/{agent_id:uuid}",
        handler=read_agent,
        scope=Scope.READ,
        summary="One agent of one's own.",
        tag=TAG,
        response=CustomAgentView,
        errors=(NotFound,),
    ),
    Operation(
        method="PATCH",
        path="/api/agents/{agent_id:uuid}",
        handler=change_agent,
        scope=Scope.WRITE,
        summary="Change an agent of one's own; what is absent stays.",
        tag=TAG,
        request=ChangeAgent,
        response=CustomAgentView,
        errors=(NotFound, Conflict, ModelUnavailable),
    ),
    Operation(
        method="DELETE",
        path="/api/agents/{agent_id:uuid}",
        handler=delete_agent,
        scope=Scope.WRITE,
        summary="Delete an agent; conversations with it go on with the assistant.",
        tag=TAG,
        errors=(NotFound,),
    ),
)
