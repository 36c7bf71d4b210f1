"""Who said what: the words that prompts, messages and answers are made of."""

import enum
from typing import Any
from uuid import UUID

from msgspec import Struct


class Role(enum.StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    """What a tool answered. Lives within one turn, never in storage."""


class Image(Struct, frozen=True, kw_only=True, gc=False):
    """A picture in a message. ``media_type`` as in ``image/png``; size in pixels, for counting.
    ``data`` is its file's bytes, read when the turn runs: empty until then."""

    media_id: UUID
    media_type: str
    width: int
    height: int
    data: bytes = b""


class ToolCall(Struct, frozen=True, kw_only=True, gc=False):
    """A model asks for a tool. ``arguments`` is JSON as the model wrote it: hostile until checked.

    ``signature`` is a provider's own, opaque; some want it back with the tool's answer.
    """

    id: str
    name: str
    arguments: str
    signature: str | None = None


class ChatMessage(Struct, frozen=True, kw_only=True, gc=False):
    """One message of a dialogue as an agent or a provider sees it: no ids, no storage.

    ``images`` come with a user's text; ``tool_calls`` are what an assistant's message asks for;
    a tool's message answers the one that ``tool_call_id`` names.
    """

    role: Role
    text: str
    images: tuple[Image, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


class OutputSchema(Struct, frozen=True, kw_only=True):
    """JSON Schema (2020-12) that an answer must fulfil. ``name`` as providers take it: letters,
    digits, ``_`` and ``-``."""

    name: str
    schema: dict[str, Any]


class ToolSpec(Struct, frozen=True, kw_only=True):
    """A tool as a model is told of it. ``parameters`` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


class Params(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What a caller may set about an answer. ``None`` leaves it to preset, agent or provider."""

    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    instructions: str | None = None
