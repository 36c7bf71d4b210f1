"""What a client of ``causerie.v1`` may ask. The same payloads serve REST."""

from typing import Annotated, Any, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

TEXT_MAX = 32_000
"""Characters of one message; longer input is uploaded as a file."""

INSTRUCTIONS_MAX = 16_000
"""Characters of instructions in a preset or a turn: half of the longest message."""

TOOLS_MAX = 16
"""Tools that one turn may name: every one costs input tokens, and models choose badly of many."""

# Python's `$` also matches before a last line feed, that of JSON Schema does not: hence the tail.
CommandId: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.\-]{1,64}$(?!\n)")]
SchemaName: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_\-]{1,64}$(?!\n)")]
ToolName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100)]
Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]
UserName: TypeAlias = (
    Annotated[str, Meta(min_length=1, max_length=255)] | Annotated[int, Meta(ge=-(2**53), le=2**53)]
)
"""A user by id, or by what their host application calls them, a number included."""


class TextPart(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", tag="text"
):
    text: Text


class MediaPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    media_id: UUID


class ImagePart(MediaPart, frozen=True, kw_only=True, tag="image"):
    """An uploaded picture."""


class AudioPart(MediaPart, frozen=True, kw_only=True, tag="audio"):
    """An uploaded recording."""


class FilePart(MediaPart, frozen=True, kw_only=True, tag="file"):
    """An uploaded text file."""


InputPart: TypeAlias = TextPart | ImagePart | AudioPart | FilePart


class TextFormat(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", tag="text"
):
    """An answer in words, whatever the preset says."""


class JsonSchemaFormat(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", tag="json_schema"
):
    """An answer that is JSON of this schema. ``partial``: tell it while it grows, too."""

    schema: dict[str, Any]
    name: SchemaName = "answer"
    partial: bool = False


ResponseFormat: TypeAlias = TextFormat | JsonSchemaFormat


class TurnParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """How to answer. What is absent is left to the preset, then the agent, then the provider."""

    temperature: Annotated[float, Meta(ge=0, le=2)] | UnsetType = UNSET
    top_p: Annotated[float, Meta(gt=0, le=1)] | UnsetType = UNSET
    max_output_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | UnsetType = UNSET
    instructions: Annotated[str, Meta(max_length=INSTRUCTIONS_MAX)] | UnsetType = UNSET
    response_format: ResponseFormat | UnsetType = UNSET
    tools: Annotated[list[ToolName], Meta(max_length=TOOLS_MAX)] | UnsetType = UNSET
    reasoning: bool | UnsetType = UNSET  # tell the model's summary of its reasoning, if it has one


class TurnRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """One user input and how to answer it; exactly one of text, parts, regenerateOf."""

    text: Text | UnsetType = UNSET
    parts: Annotated[list[InputPart], Meta(min_length=1, max_length=32)] | UnsetType = UNSET
    regenerate_of: UUID | UnsetType = UNSET  # an answer, or a user message that got none
    conversation_id: UUID | UnsetType = UNSET  # absent: a new conversation
    parent_id: UUID | UnsetType | None = UNSET  # absent: the tip; null: the root
    workspace_id: UUID | UnsetType = UNSET
    agent: Name | UnsetType = UNSET
    model: Name | UnsetType = UNSET
    preset_id: UUID | UnsetType | None = UNSET  # null: none, whatever the conversation has
    params: TurnParams | UnsetType = UNSET
    feature: Name | UnsetType = UNSET
    creator_id: UserName | UnsetType = UNSET  # tolerated when it names the caller
    user_id: UserName | UnsetType = UNSET  # likewise


class StartTurnBody(TurnRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payload of ``turn.start`` as a REST body. ``clientMessageId`` makes it idempotent."""

    client_message_id: UUID


class StartTurn(
    StartTurnBody, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="turn.start"
):
    """Say something. Answered by ``turn.started``, deltas, then exactly one outcome."""

    id: CommandId


class EstimateTurn(
    TurnRequest, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="turn.estimate"
):
    """Ask what a turn would probably and at most cost. Nothing is admitted or kept."""

    id: CommandId


class Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Anything else a client may ask. ``id`` is the client's; the answer names it in ``re``."""

    id: CommandId


class CancelTurn(Command, frozen=True, kw_only=True, tag="turn.cancel"):
    """Stop a turn. What was delivered is charged, the rest released."""

    turn_id: UUID


class AttachTurn(Command, frozen=True, kw_only=True, tag="turn.attach"):
    """Replay what came after ``afterSeq``, then follow live."""

    turn_id: UUID
    after_seq: Annotated[int, Meta(ge=0, le=2**53)]


class SubscribeConversation(Command, frozen=True, kw_only=True, tag="conversation.subscribe"):
    """Follow every turn started in a conversation by any session."""

    conversation_id: UUID


class UnsubscribeConversation(Command, frozen=True, kw_only=True, tag="conversation.unsubscribe"):
    """Stop following a conversation."""

    conversation_id: UUID


class Ping(Command, frozen=True, kw_only=True, tag="ping"):
    """Ask for a ``pong``."""


ClientCommand: TypeAlias = Annotated[
    StartTurn
    | EstimateTurn
    | CancelTurn
    | AttachTurn
    | SubscribeConversation
    | UnsubscribeConversation
    | Ping,
    Meta(title="ClientCommand"),
]
