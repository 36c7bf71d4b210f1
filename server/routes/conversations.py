"""Conversations over HTTP: list, search, make, rename, delete."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from server.accounts import membership
from server.accounts.access import Scope
from server.domain.errors import Invalid, NotFound
from server.domain.ids import new_id
from server.persistence import conversations, presets, turns
from server.persistence.conversations import NEW_TITLE, Position
from server.protocol.commands import Name
from server.protocol.events import ConversationUpdated
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.operations import Operation
from server.routes.views import (
    ConversationPage,
    ConversationView,
    conversation_view,
)
from server.turns import casting

TAG = "conversations"
TITLE_MAX = 200
NOT_FOUND = "There is no such conversation."


class ListConversations(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``q`` is looked for in titles and in what was said."""

    q: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


Title = Annotated[str, Meta(min_length=1, max_length=TITLE_MAX)]


class CreateConversation(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What its turns use where they say nothing themselves."""

    title: Title | UnsetType = UNSET
    agent: Name | None = None
    model: Name | None = None
    preset_id: UUID | None = None
    workspace_id: UUID | UnsetType = UNSET  # absent: one's own


class RenameConversation(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    title: Title


async def list_conversations(call: Call) -> ConversationPage:
    caller, query = call.caller, call.query(ListConversations)
    place = cursors.read(query.cursor, tuple[datetime, UUID])
    async with call.services.database.snapshot() as tx:
        found = await conversations.list_conversations(
            tx,
            caller.user_id,
            search=query.q,
            after=Position(*place) if place else None,
            limit=query.limit + 1,
        )
    shown, last = cursors.page(found, query.limit)
    return ConversationPage(
        items=[conversation_view(item) for item in shown],
        next_cursor=cursors.write((last.updated_at, last.id)) if last else None,
    )


async def create_conversation(call: Call) -> ConversationView:
    caller, body, services = call.caller, call.body(CreateConversation), call.services
    if body.model is not None:
        services.registry.get(body.model)
    async with services.database.transaction() as tx:
        if body.agent is not None:
            await casting.check(tx, caller.user_id, body.agent)
        if body.preset_id is not None:
            preset = await presets.find(tx, body.preset_id, caller.user_id)
            if preset is None:
                raise NotFound("There is no such preset.", path="$.presetId")
        made = await conversations.insert_conversation(
            tx,
            new_id(),
            caller.user_id,
            await membership.home(tx, caller, body.workspace_id, "$.workspaceId"),
            title=_title(body.title) if isinstance(body.title, str) else NEW_TITLE,
            agent=body.agent,
            model=body.model,
            preset=body.preset_id,
        )
    return conversation_view(made)


async def rename_conversation(call: Call) -> ConversationView:
    caller, title = call.caller, _title(call.body(RenameConversation).title)
    async with call.services.database.transaction() as tx:
        renamed = await conversations.rename(tx, call.id("conversation_id"), caller.user_id, title)
    if renamed is None:
        raise NotFound(NOT_FOUND)
    _tell(call, renamed.id, "title")
    return conversation_view(renamed)


async def delete_conversation(call: Call) -> None:
    caller, services, conversation = call.caller, call.services, call.id("conversation_id")
    async with services.database.transaction() as tx:
        if not await conversations.remove(tx, conversation, caller.user_id, services.clock()):
            raise NotFound(NOT_FOUND)
        # From here on none can be admitted; those of other processes hear of it by this.
        for turn in await turns.live_of(tx, caller.user_id, conversation):
            await turns.request_cancel(tx, turn.id, caller.user_id)
    _tell(call, conversation, "deleted")
    await services.engine.cancel_conversation(caller.user_id, conversation)


def _tell(call: Call, conversation: UUID, change: Literal["title", "deleted"]) -> None:
    """Other pages of the user show it at once."""
    event = ConversationUpdated(conversation_id=conversation, change=change)
    call.services.engine.feed.tell_user(call.caller.user_id, event)


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title:
        raise Invalid("A title has letters in it.", path="$.title")
    return title


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/conversations",
        handler=list_conversations,
        scope=Scope.READ,
        summary="The caller's conversations, last changed first; q searches titles and text.",
        tag=TAG,
        query=ListConversations,
        response=ConversationPage,
    ),
    Operation(
        method="POST",
        path="/api/conversations",
        handler=create_conversation,
        scope=Scope.WRITE,
        summary="Make an empty conversation.",
        tag=TAG,
        request=CreateConversation,
        response=ConversationView,
        status=201,
        errors=(NotFound,),
    ),
    Operation(
        method="PATCH",
        path="/api/conversations/{conversation_id:uuid}",
        handler=rename_conversation,
        scope=Scope.WRITE,
        summary="Rename a conversation.",
        tag=TAG,
        request=RenameConversation,
        response=ConversationView,
        errors=(NotFound,),
    ),
    Operation(
        method="DELETE",
        path="/api/conversations/{conversation_id:uuid}",
        handler=delete_conversation,
        scope=Scope.WRITE,
        summary="Delete a conversation; turns that run in it are cancelled.",
        tag=TAG,
        errors=(NotFound,),
    ),
)
