"""Where in a conversation's tree a turn continues, whether it may, and by which preset."""

from datetime import date
from uuid import UUID

from msgspec import UnsetType

from billing.figures import Figures
from server.domain.content import Role
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.ids import AccountId, MessageId, UserId
from server.domain.money import MicroCredits, NanoUsd
from server.persistence import messages, presets
from server.persistence.database import Snapshot
from server.persistence.messages import Place
from server.persistence.opening import Opening, look
from server.protocol.commands import TurnRequest
from server.turns.request import PresetSettings


async def look_for(
    tx: Snapshot,
    user: UserId,
    account: AccountId,
    request: TurnRequest,
    month: date,
    client_message_id: UUID | None,
) -> Opening:
    """What the request finds, in one statement; ``account`` is whose figures it tells."""
    is_again = not isinstance(request.regenerate_of, UnsetType)
    return await look(
        tx,
        user=user,
        account=account,
        month=month,
        client_message=client_message_id,
        conversation=_set(request.conversation_id),
        message=_set(request.regenerate_of if is_again else request.parent_id),
    )


def figures_of(opening: Opening, limit: NanoUsd | None) -> Figures:
    """What can be spent, under the ``limit`` of the month.

    Raises:
        NotFound: there is no such account.
    """
    if opening.balance is None or opening.held is None:
        raise NotFound("There is no such account.")
    return Figures(
        balance=MicroCredits(opening.balance),
        held=MicroCredits(opening.held),
        quota_spent=NanoUsd(opening.spent),
        quota_held=NanoUsd(opening.quota_held),
        quota_limit=limit,
    )


def place_of(request: TurnRequest, opening: Opening) -> Place | None:
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
    if opening.place is None:
        raise NotFound("There is no such conversation.", path="$.conversationId")
    return opening.place


async def find_preset(
    tx: Snapshot, user: UserId, request: TurnRequest, place: Place | None
) -> PresetSettings | None:
    """The preset that the request names, else the conversation's; none where it asks for none.

    Raises:
        NotFound: the request names one that this user does not see.
    """
    if request.preset_id is None:
        return None
    named = _set(request.preset_id)
    chosen = named or (place.preset_id if place else None)
    if chosen is None:
        return None
    found = await presets.find(tx, chosen, user)
    if found is None:
        if named is None:
            return None  # the conversation's preset has been deleted since
        raise NotFound("There is no such preset.", path="$.presetId")
    return PresetSettings(
        agent=found.agent,
        model=found.model,
        params=found.params,
        instructions=found.instructions,
    )


async def find_tip(
    tx: Snapshot, request: TurnRequest, opening: Opening
) -> tuple[MessageId | None, bool, MessageId | None]:
    """The message to continue, whether that is the conversation's tip, and for a regeneration
    the user message that is answered again."""
    place = opening.place
    if place is None:
        return None, False, None
    is_root = request.parent_id is None and isinstance(request.regenerate_of, UnsetType)
    if opening.live is not None and not is_root:
        raise Conflict(
            "A turn is still running there; wait for its end, or cancel it.",
            metadata={"turnId": str(opening.live)},
        )
    if not isinstance(request.regenerate_of, UnsetType):
        user_message = await _answered(tx, place.id, request.regenerate_of)
        return user_message, False, user_message
    if isinstance(request.parent_id, UnsetType):
        return place.leaf_message_id, True, None
    if request.parent_id is None:
        return None, False, None
    if await messages.find_link(tx, place.id, request.parent_id) is None:
        raise NotFound("There is no such message here.", path="$.parentId")
    return MessageId(request.parent_id), False, None


async def _answered(tx: Snapshot, conversation: UUID, message: UUID) -> MessageId:
    link = await messages.find_link(tx, conversation, message)
    if link is None:
        raise NotFound("There is no such message here.", path="$.regenerateOf")
    if link.role is Role.USER:
        return link.id
    if link.parent_id is None:
        raise Invalid("That answer has no question.", path="$.regenerateOf")
    return link.parent_id


def _set(value: UUID | UnsetType | None) -> UUID | None:
    return None if isinstance(value, UnsetType) else value
