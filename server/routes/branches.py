"""What was said in a conversation: pages of one branch, in both directions; a message deleted."""

from uuid import UUID

from msgspec import Struct, structs

from server.accounts.access import Scope
from server.domain.errors import Conflict, NotFound
from server.persistence import branches, conversations, turns
from server.persistence.branches import Below
from server.persistence.database import Snapshot
from server.protocol.events import ConversationUpdated
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.operations import Operation
from server.routes.views import ConversationRead, conversation_view, message_view

TAG = "conversations"
NO_CONVERSATION = "There is no such conversation."
NO_MESSAGE = "There is no such message here."


class ReadConversation(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``leaf``: show the branch of this message, down to its newest leaf. ``around``: show the page
    in the middle of which this message stands."""

    leaf: UUID | None = None
    around: UUID | None = None


class Stretch(Struct, frozen=True, kw_only=True):
    """Of the branch down to ``leaf``: ``count`` messages, of which ``end`` is the last."""

    leaf: UUID
    end: UUID
    count: int


async def read_conversation(call: Call) -> ConversationRead:
    caller, query = call.caller, call.query(ReadConversation)
    async with call.services.database.snapshot() as tx:
        found = await conversations.find(tx, call.id("conversation_id"), caller.user_id)
        if found is None:
            raise NotFound(NO_CONVERSATION)
        shown = await _stretch(tx, found.id, found.leaf_message_id, query)
        said = await branches.branch_page(tx, found.id, shown.end, shown.count + 1) if shown else []
    page = said[: shown.count] if shown else []
    # Read upwards, newest first; what is beyond the page is where the one before begins.
    older = (said[-1].id, shown.leaf, False) if shown and len(said) > shown.count else None
    newer = (page[0].id, shown.leaf, True) if shown and page and shown.end != shown.leaf else None
    return ConversationRead(
        **structs.asdict(conversation_view(found)),
        messages=[message_view(message) for message in reversed(page)],
        next_cursor=cursors.write(older) if older else None,
        newer_cursor=cursors.write(newer) if newer else None,
    )


async def _stretch(
    tx: Snapshot, conversation: UUID, tip: UUID | None, query: ReadConversation
) -> Stretch | None:
    """What the caller asks for; None: nothing has been said."""
    place = cursors.read(query.cursor, tuple[UUID, UUID, bool])
    if place is not None:
        message, leaf, goes_on = place
        if not goes_on:
            return Stretch(leaf=leaf, end=message, count=query.limit)
        end = await branches.below(tx, conversation, leaf, message, query.limit)
        if end is None:
            raise NotFound(NO_MESSAGE, path="$query.cursor")
        return Stretch(leaf=leaf, end=end.id, count=end.steps)
    if query.leaf is not None:
        tip = await branches.newest_leaf(tx, conversation, query.leaf)
        if tip is None:
            raise NotFound(NO_MESSAGE, path="$query.leaf")
    if query.around is not None:
        leaf, end = await _around(tx, conversation, tip, query.around, query.limit // 2)
        return Stretch(leaf=leaf, end=end.id, count=query.limit)
    return Stretch(leaf=tip, end=tip, count=query.limit) if tip else None


async def _around(
    tx: Snapshot, conversation: UUID, tip: UUID | None, message: UUID, steps: int
) -> tuple[UUID, Below]:
    """A leaf under ``message``, the one that is shown if it can be, and the end of its page."""
    end = await branches.below(tx, conversation, tip, message, steps) if tip else None
    if tip is None or end is None:
        tip = await branches.newest_leaf(tx, conversation, message)
        end = await branches.below(tx, conversation, tip, message, steps) if tip else None
    if tip is None or end is None:
        raise NotFound(NO_MESSAGE, path="$query.around")
    return tip, end


async def delete_message(call: Call) -> None:
    caller, services, conversation = call.caller, call.services, call.id("conversation_id")
    async with services.database.transaction() as tx:
        if not await branches.lock(tx, conversation, caller.user_id):
            raise NotFound(NO_CONVERSATION)
        if await turns.live_of(tx, caller.user_id, conversation):
            raise Conflict("An answer is being written here.")
        if not await branches.cut(tx, conversation, call.id("message_id")):
            raise NotFound(NO_MESSAGE)
    event = ConversationUpdated(conversation_id=conversation, change="message")
    services.engine.feed.tell_user(caller.user_id, event)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/conversations/{conversation_id:uuid}",
        handler=read_conversation,
        scope=Scope.READ,
        summary="A conversation with the messages of one branch, newest page first.",
        tag=TAG,
        query=ReadConversation,
        response=ConversationRead,
        errors=(NotFound,),
    ),
    Operation(
        method="DELETE",
        path="/api/conversations/{conversation_id:uuid}/messages/{message_id:uuid}",
        handler=delete_message,
        scope=Scope.WRITE,
        summary="Delete a message and what follows it; what it cost stays charged.",
        tag=TAG,
        errors=(NotFound, Conflict),
    ),
)
