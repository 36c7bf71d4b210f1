"""Where in a conversation's tree a turn continues, and whether it may."""

from uuid import UUID

from msgspec import UnsetType

from server.accounts.access import Principal
from server.domain.content import Role
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.ids import MessageId
from server.persistence import messages, turns
from server.persistence.database import Snapshot
from server.persistence.messages import Place
from server.protocol.commands import TurnRequest


async def find_place(tx: Snapshot, caller: Principal, request: TurnRequest) -> Place | None:
    """The conversation that the request names; None: a new one.

    Raises:
        NotFound: no such conversation of this user.
        Invalid: it names messages, and no conversation.
    """
    if isinstance(request.conversation_id, UnsetType):
        if not isinstance(request.parent_id, UnsetType) and request.parent_id is not None:
            raise Invalid("parentId needs its conversationId.", path="$.parentId")
        if not isinstance(request.regenerate_of, UnsetType):
            raise Invalid("regenerateOf needs its conversationId.", path="$.regenerateOf")
        return None
    place = await messages.find_place(tx, request.conversation_id, caller.user_id)
    if place is None:
        raise NotFound("There is no such conversation.", path="$.conversationId")
    return place


async def find_tip(
    tx: Snapshot, place: Place | None, request: TurnRequest
) -> tuple[MessageId | None, bool, MessageId | None]:
    """The message to continue, whether that is the conversation's tip, and for a regeneration
    the user message that is answered again."""
    if place is None:
        return None, False, None
    if not isinstance(request.regenerate_of, UnsetType):
        user_message = await _answered(tx, place.id, request.regenerate_of)
        return user_message, False, user_message
    if isinstance(request.parent_id, UnsetType):
        tip = place.leaf_message_id
        if tip is not None:
            await _not_live(tx, place.id, tip)
        return tip, True, None
    if request.parent_id is not None:
        await _not_live(tx, place.id, request.parent_id)
        if await messages.find_link(tx, place.id, request.parent_id) is None:
            raise NotFound("There is no such message here.", path="$.parentId")
    return MessageId(request.parent_id) if request.parent_id else None, False, None


async def _answered(tx: Snapshot, conversation: UUID, message: UUID) -> MessageId:
    await _not_live(tx, conversation, message)
    link = await messages.find_link(tx, conversation, message)
    if link is None:
        raise NotFound("There is no such message here.", path="$.regenerateOf")
    if link.role is Role.USER:
        return link.id
    if link.parent_id is None:
        raise Invalid("That answer has no question.", path="$.regenerateOf")
    return link.parent_id


async def _not_live(tx: Snapshot, conversation: UUID, message: UUID) -> None:
    live = await turns.find_live_on(tx, conversation, message)
    if live is not None:
        raise Conflict(
            "A turn is still running there; wait for its end, or cancel it.",
            metadata={"turnId": str(live)},
        )
